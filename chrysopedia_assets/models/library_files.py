"""A file of the library as it came in: what its format says, before the stage makes a transcript of it."""

from typing import Literal

from pydantic import Field

from chrysopedia_assets.models.records import Record, Text
from chrysopedia_assets.models.transcripts import Segment

TranscriptFormat = Literal[
    "whisper_json", "whisper_cpp_json", "podcast_json", "json3", "webvtt", "srt"
]


class SourceTranscript(Record):
    """Segments in order, none empty, times finite; `repairs` says in words what was mended to get there."""

    format: TranscriptFormat
    segments: tuple[Segment, ...] = Field(min_length=1)
    title: Text | None = None
    url: Text | None = None
    language: Text | None = None
    duration_s: float | None = None
    repairs: tuple[Text, ...] = ()
