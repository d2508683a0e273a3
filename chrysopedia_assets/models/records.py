"""What every record has in common: frozen, strict, safe to store, and versioned by its content."""

import hashlib
import json
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

StageName = Literal[
    "transcripts",
    "topic_chunks",
    "key_moments",
    "classifications",
    "synthesis_groups",
    "technique_pages",
]
STAGES: tuple[StageName, ...] = get_args(StageName)

VERSION_DIGITS = 16


def _storable(text: str) -> str:
    if "\0" in text:  # PostgreSQL has no way to store it
        raise ValueError("text holds a NUL character")
    if not text.isascii():
        text.encode()  # a lone surrogate is a ValueError here, and a crash anywhere later
    return text


Text = Annotated[str, AfterValidator(_storable)]
Title = Annotated[Text, Field(min_length=1, max_length=300)]
Seconds = Annotated[float, Field(ge=0)]
"""Seconds since the start of the video."""
SegmentIndex = Annotated[int, Field(ge=0)]
"""Position of a segment in its transcript, from 0."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Video(Record):
    """Who says it and where: what a page needs to attribute a passage."""

    video_id: Text
    title: Title
    creator: Title
    url: Text | None = None


class StageRecord(Record):
    """One stage's output for one video."""

    video: Video
    made_by: Text
    """The importer or engine, with its version."""


def content_hash(*parts: str) -> str:
    """64 bits of SHA-256 over the parts, as 16 hex digits; the parts' borders count."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:VERSION_DIGITS]


def content_version(record: Record) -> str:
    """The data version: equal for equal content, so that a re-run with the same result changes nothing below it.

    Over the record's JSON, whose fields come in the order in which its class declares them.
    """
    return hashlib.sha256(record.model_dump_json().encode()).hexdigest()[:VERSION_DIGITS]
