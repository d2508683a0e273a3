"""Consecutive blocks of a transcript, each one teaching unit."""

from typing import Self

from pydantic import model_validator

from chrysopedia_assets.models.records import (
    Record,
    Seconds,
    SegmentIndex,
    StageRecord,
    Text,
    Title,
)


class TopicChunk(Record):
    """Segments `first_segment` to `last_segment`, both included; `reason` is why it begins where it does, if it was told."""

    chunk_id: Text
    first_segment: SegmentIndex
    last_segment: SegmentIndex
    start_s: Seconds
    end_s: Seconds
    label: Title
    summary: Text
    reason: Text = ""


class TopicChunks(StageRecord):
    chunks: tuple[TopicChunk, ...]

    @model_validator(mode="after")
    def _without_gap_or_overlap(self) -> Self:
        expected = 0
        for chunk in self.chunks:
            if chunk.first_segment != expected or chunk.last_segment < chunk.first_segment:
                raise ValueError(f"chunk {chunk.chunk_id} should start at segment {expected}")
            expected = chunk.last_segment + 1
        return self
