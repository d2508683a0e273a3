"""What every parser hands to `tidy`: what the file says, not yet checked.

What belongs here: the shapes and the way an unchecked JSON value becomes seconds.
What does not: rules (they are in `tidy`) and formats (one module each).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chrysopedia_assets.models.library_files import TranscriptFormat

MISSING_S = math.nan
"""Stands for a time that is not there or not a number; `tidy` refuses it by name."""


class RawWord(NamedTuple):
    """A tuple, not a dataclass: an hour of speech makes ten thousand of them."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class RawSegment:
    start_s: float
    end_s: float
    text: str
    place: str
    """Where a person finds it in the file: "line 12", or "segment 3" counted from 1."""
    words: Sequence[RawWord] = ()


@dataclass(frozen=True, slots=True)
class RawTranscript:
    format: TranscriptFormat
    segments: list[RawSegment]
    title: str | None = None
    url: str | None = None
    language: str | None = None
    duration_s: float | None = None
    chapters: object = None
    doubts: object = None
    minutes: object = None
    """These three are JSON values as they stand in the file."""


@dataclass(slots=True)
class Notes:
    """What was mended, one sentence per kind with its count and first place, never a list per segment."""

    _counts: dict[str, int] = field(default_factory=dict)
    _first_places: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, place: str = "") -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._first_places.setdefault(kind, place)

    def sentences(self) -> tuple[str, ...]:
        return tuple(self._sentence(kind) for kind in self._counts)

    def _sentence(self, kind: str) -> str:
        place = self._first_places[kind]
        return f"{kind}: {self._counts[kind]} (first at {place})" if place else kind


def seconds(value: object) -> float:
    """The JSON number as seconds; `MISSING_S` for what is no number, infinite for what no float can hold."""
    if type(value) is float:  # nearly always
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return MISSING_S
    try:
        return float(value)
    except OverflowError:
        return math.inf


def milliseconds(value: object) -> float:
    """The JSON number of milliseconds as seconds."""
    return seconds(value) / 1000
