"""What is said in a video, as timed segments."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.records import Record, Seconds, StageRecord, Text


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Word:
    """One spoken word. Not a Record like all others: six hours hold 100,000 of them, at 950 bytes each as models."""

    start_s: Seconds
    end_s: Seconds
    text: Text


class Segment(Record):
    """A run of speech as the recogniser or captioner cut it: often not a whole sentence."""

    start_s: Seconds
    end_s: Seconds
    text: Text = Field(min_length=1)
    words: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(
                f"segment ends at {self.end_s} s, before it starts at {self.start_s} s"
            )
        return self


def _is_empty(values: tuple[object, ...]) -> bool:
    """What there is none of is not written, so that transcripts from before there was any keep their version."""
    return not values


class Transcript(StageRecord):
    """Segments in order of their start, all inside the video."""

    language: Text | None
    duration_s: Seconds
    segments: tuple[Segment, ...] = Field(min_length=1)
    repairs: tuple[Text, ...] = ()
    """What the importer mended in the file, in words; of what was heard, what was chosen on the way."""
    doubts: tuple[Doubt, ...] = Field((), exclude_if=_is_empty)
    """Where words may be missing or made up, as far as whoever transcribed it tells."""
    minutes: tuple[MinuteHeard, ...] = Field((), exclude_if=_is_empty)
    """Each minute with speech, where speech was looked for."""

    @model_validator(mode="after")
    def _in_order_and_inside(self) -> Self:
        starts = [s.start_s for s in self.segments]
        if starts != sorted(starts):
            raise ValueError("segments are not in order of their start")
        if max(s.end_s for s in self.segments) > self.duration_s:
            raise ValueError(f"a segment ends after the video does ({self.duration_s} s)")
        return self
