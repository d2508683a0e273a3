"""Cut a transcript into consecutive teaching units. The engine picks where each begins; code does the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydantic import Field

from chrysopedia_assets.models.records import (
    Record,
    SegmentIndex,
    Text,
    Title,
    content_hash,
)
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.stages.ports import Ask, Given, Question, answers

OVERLAP_SEGMENTS = 20
"""Halves of a transcript share up to so many segments on each side of the cut, so that a topic is seen to begin there."""
MIN_HALVED_SEGMENTS = 8


class SegmentationInput(Given):
    """A part of the transcript, mostly all of it; its first segment has the number `first_segment`."""

    first_segment: SegmentIndex = 0
    segments: tuple[Segment, ...] = Field(min_length=1)

    @property
    def last_segment(self) -> int:
        return self.first_segment + len(self.segments) - 1


class Topic(Record):
    """A topic runs from `first_segment` to the segment before the next topic's first.

    `reason` is why it begins there. It decides nothing, so a reply without one is as good.
    """

    first_segment: SegmentIndex
    reason: Text = ""
    label: Title
    summary: Text


class SegmentationReply(Record):
    topics: tuple[Topic, ...] = Field(min_length=1)


@dataclass(frozen=True)
class SegmentationQuestion(Question[SegmentationReply]):
    given: SegmentationInput
    task = "segmentation"
    reply = SegmentationReply

    @property
    def subject(self) -> str:
        return f"segments {self.given.first_segment} to {self.given.last_segment}"

    def complaints(self, reply: SegmentationReply) -> list[str]:
        given = self.given
        firsts = [topic.first_segment for topic in reply.topics]
        wrong = []
        if firsts[0] != given.first_segment:
            wrong.append(
                f"the first topic begins at segment {firsts[0]}, not {given.first_segment}"
            )
        if any(later <= earlier for earlier, later in pairwise(firsts)):
            wrong.append("topics are not in order")
        if firsts[-1] > given.last_segment:
            wrong.append(
                f"a topic begins at segment {firsts[-1]}; the last is {given.last_segment}"
            )
        return wrong

    def halves(self) -> tuple["SegmentationQuestion", ...]:
        count, cut = len(self.given.segments), self._cut - self.given.first_segment
        if count < MIN_HALVED_SEGMENTS:
            return ()
        shared = min(
            OVERLAP_SEGMENTS, max(1, count // 10)
        )  # halves of halves have to get smaller soon
        return self._part(0, cut + shared), self._part(cut - shared, count)

    def joined(self, replies: Sequence[SegmentationReply]) -> SegmentationReply:
        """Before the cut the first half's topics, after it the second's; one that spans it is the first's."""
        first, second = replies
        before = [topic for topic in first.topics if topic.first_segment < self._cut]
        after = [topic for topic in second.topics if topic.first_segment >= self._cut]
        return SegmentationReply(topics=(*before, *after))

    @property
    def _cut(self) -> int:
        return self.given.first_segment + len(self.given.segments) // 2

    def _part(self, start: int, end: int) -> "SegmentationQuestion":
        given = self.given
        return SegmentationQuestion(
            SegmentationInput(
                video=given.video,
                first_segment=given.first_segment + start,
                segments=given.segments[start:end],
            )
        )


def split_topics(transcript: Transcript, ask: Ask) -> TopicChunks:
    """Ask where topics begin and give the chunks: in order, without gap or overlap, covering every segment."""
    segments = transcript.segments
    given = SegmentationInput(video=transcript.video, segments=segments)
    found = answers(ask, [SegmentationQuestion(given)])
    [reply] = found.replies
    borders = [topic.first_segment for topic in reply.topics[1:]] + [len(segments)]
    chunks = (
        _chunk(transcript, topic, border - 1)
        for topic, border in zip(reply.topics, borders, strict=True)
    )
    return TopicChunks(video=transcript.video, made_by=found.made_by, chunks=tuple(chunks))


def _chunk(transcript: Transcript, topic: Topic, last_segment: int) -> TopicChunk:
    covered = transcript.segments[topic.first_segment : last_segment + 1]
    return TopicChunk(
        chunk_id=content_hash(transcript.video.video_id, *(s.text for s in covered)),
        first_segment=topic.first_segment,
        last_segment=last_segment,
        start_s=covered[0].start_s,
        end_s=max(s.end_s for s in covered),
        label=topic.label,
        summary=topic.summary,
        reason=topic.reason,
    )
