"""Find the teachable moments of each chunk. The engine picks segments and words; code writes times and checks quotes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from chrysopedia_assets.models.key_moments import (
    MAX_MOMENT_CHARS,
    Brief,
    KeyMoment,
    KeyMoments,
    MomentKind,
)
from chrysopedia_assets.models.quotes import verbatim
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

MAX_OVERLAP = 5
"""How many moments may lie over each segment on average: more is a model that has lost itself, and long to check."""


class ExtractionInput(Given):
    """One chunk, or a part of it; its first segment has the number `first_segment`."""

    label: Title
    summary: Text
    first_segment: SegmentIndex
    segments: tuple[Segment, ...] = Field(min_length=1)

    @property
    def last_segment(self) -> int:
        return self.first_segment + len(self.segments) - 1


class FoundMoment(Record):
    """Segments by their numbers; `quote` is a verbatim part of what those segments say."""

    first_segment: SegmentIndex
    last_segment: SegmentIndex
    title: Title
    summary: Brief
    kind: MomentKind
    quote: Brief = Field(min_length=1)
    plugins: tuple[Text, ...] = ()


class ExtractionReply(Record):
    moments: tuple[FoundMoment, ...]


@dataclass(frozen=True)
class ExtractionQuestion(Question[ExtractionReply]):
    given: ExtractionInput
    task = "extraction"
    reply = ExtractionReply

    @property
    def subject(self) -> str:
        return f"segments {self.given.first_segment} to {self.given.last_segment}"

    def complaints(self, reply: ExtractionReply) -> list[str]:
        first, last = self.given.first_segment, self.given.last_segment
        wrong = []
        spanned = sum(min(m.last_segment, last) - m.first_segment + 1 for m in reply.moments)
        if spanned > MAX_OVERLAP * (last - first + 1):
            return [
                f"{len(reply.moments)} moments lie over each other: together {spanned} segments"
            ]
        for number, found in enumerate(reply.moments):
            if not first <= found.first_segment <= found.last_segment <= last:
                wrong.append(
                    f"moment {number} spans segments {found.first_segment} to {found.last_segment};"
                    f" there are {first} to {last}"
                )
            elif not verbatim(found.quote, spoken(_cut(self.given.segments, found, first))):
                wrong.append(f"the quote of moment {number} is not said in its segments")
        return wrong

    def halves(self) -> tuple["ExtractionQuestion", ...]:
        middle = len(self.given.segments) // 2
        return (self._part(0, middle), self._part(middle, None)) if middle else ()

    def joined(self, replies: Sequence[ExtractionReply]) -> ExtractionReply:
        return ExtractionReply(moments=tuple(m for reply in replies for m in reply.moments))

    def _part(self, start: int, end: int | None) -> "ExtractionQuestion":
        given = self.given
        return ExtractionQuestion(
            ExtractionInput(
                video=given.video,
                label=given.label,
                summary=given.summary,
                first_segment=given.first_segment + start,
                segments=given.segments[start:end],
            )
        )


def find_key_moments(transcript: Transcript, chunks: TopicChunks, ask: Ask) -> KeyMoments:
    """Ask once per chunk and give all moments in order of their start, none twice."""
    questions = [ExtractionQuestion(_given(transcript, chunk)) for chunk in chunks.chunks]
    found = answers(ask, questions)
    moments = {
        moment.moment_id: moment
        for reply in found.replies
        for seen in reply.moments
        for moment in [_moment(transcript, seen)]
    }
    in_order = sorted(moments.values(), key=lambda m: (m.start_s, m.first_segment, m.moment_id))
    return KeyMoments(video=transcript.video, made_by=found.made_by, moments=tuple(in_order))


def spoken(segments: tuple[Segment, ...]) -> str:
    """What the segments say, as one line with single spaces."""
    return " ".join(" ".join(s.text for s in segments).split())


def _given(transcript: Transcript, chunk: TopicChunk) -> ExtractionInput:
    return ExtractionInput(
        video=transcript.video,
        label=chunk.label,
        summary=chunk.summary,
        first_segment=chunk.first_segment,
        segments=transcript.segments[chunk.first_segment : chunk.last_segment + 1],
    )


def _cut(segments: tuple[Segment, ...], found: FoundMoment, first: int) -> tuple[Segment, ...]:
    return segments[found.first_segment - first : found.last_segment - first + 1]


def _moment(transcript: Transcript, found: FoundMoment) -> KeyMoment:
    covered = _cut(transcript.segments, found, 0)
    quote = verbatim(found.quote, spoken(covered))
    where = f"{found.first_segment}-{found.last_segment}"
    return KeyMoment(
        moment_id=content_hash(transcript.video.video_id, where, found.title, quote),
        first_segment=found.first_segment,
        last_segment=found.last_segment,
        start_s=covered[0].start_s,
        end_s=max(s.end_s for s in covered),
        title=found.title,
        summary=found.summary,
        kind=found.kind,
        quote=quote,
        plugins=tuple(dict.fromkeys(found.plugins)),
        transcript=spoken(covered)[:MAX_MOMENT_CHARS],
    )
