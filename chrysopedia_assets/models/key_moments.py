"""The teachable moments of a video, each with a verbatim quote."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chrysopedia_assets.models.records import (
    Record,
    Seconds,
    SegmentIndex,
    StageRecord,
    Text,
    Title,
)

# A moment must fit a synthesis group whatever its language, so its texts are bounded.
MAX_MOMENT_CHARS = 6_000
Brief = Annotated[Text, Field(max_length=2_000)]

MomentKind = Literal["technique", "settings", "reasoning", "workflow"]


class KeyMoment(Record):
    """One thing worth keeping; `quote` is a part of what is said in it, `transcript` the first 6,000 characters of that."""

    moment_id: Text
    first_segment: SegmentIndex
    last_segment: SegmentIndex
    start_s: Seconds
    end_s: Seconds
    title: Title
    summary: Brief
    kind: MomentKind
    quote: Brief = Field(min_length=1)
    plugins: tuple[Text, ...] = ()
    transcript: Text = Field(max_length=MAX_MOMENT_CHARS)

    @model_validator(mode="after")
    def _spans_forward(self) -> Self:
        if self.last_segment < self.first_segment or self.end_s < self.start_s:
            raise ValueError(f"moment {self.moment_id} ends before it starts")
        return self


class KeyMoments(StageRecord):
    moments: tuple[KeyMoment, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({m.moment_id for m in self.moments}) != len(self.moments):
            raise ValueError("a moment is listed twice")
        return self
