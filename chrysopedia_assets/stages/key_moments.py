"""Find the teachable moments of each chunk. The engine picks segments and words; code writes times and checks quotes."""

from functools import partial

from pydantic import Field

from chrysopedia_assets.models.key_moments import (
    MAX_MOMENT_CHARS,
    Brief,
    KeyMoment,
    KeyMoments,
    MomentKind,
)
from chrysopedia_assets.models.records import (
    Record,
    SegmentIndex,
    Text,
    Title,
    Video,
    content_hash,
)
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.stages.ports import Ask, Question, answers


class ExtractionInput(Record):
    """One chunk; its first segment has the number `first_segment`."""

    video: Video
    label: Title
    summary: Text
    first_segment: SegmentIndex
    segments: tuple[Segment, ...] = Field(min_length=1)


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


def find_key_moments(transcript: Transcript, chunks: TopicChunks, ask: Ask) -> KeyMoments:
    """Ask once per chunk and give all moments in order of their start, none twice."""
    questions = [_question(transcript, chunk) for chunk in chunks.chunks]
    replies = answers(ask, questions)
    moments = {
        moment.moment_id: moment
        for reply in replies
        for found in reply.moments
        for moment in [_moment(transcript, found)]
    }
    in_order = sorted(moments.values(), key=lambda m: (m.start_s, m.first_segment, m.moment_id))
    return KeyMoments(video=transcript.video, made_by=ask.name, moments=tuple(in_order))


def spoken(segments: tuple[Segment, ...]) -> str:
    """What the segments say, as one line with single spaces."""
    return " ".join(" ".join(s.text for s in segments).split())


def _question(transcript: Transcript, chunk: TopicChunk) -> Question[ExtractionReply]:
    segments = transcript.segments[chunk.first_segment : chunk.last_segment + 1]
    given = ExtractionInput(
        video=transcript.video,
        label=chunk.label,
        summary=chunk.summary,
        first_segment=chunk.first_segment,
        segments=segments,
    )
    return Question(
        task="extraction",
        video=transcript.video,
        given=given,
        reply=ExtractionReply,
        complaints=partial(_complaints, given),
    )


def _complaints(given: ExtractionInput, reply: ExtractionReply) -> list[str]:
    first, last = given.first_segment, given.first_segment + len(given.segments) - 1
    wrong = []
    for number, found in enumerate(reply.moments):
        if not first <= found.first_segment <= found.last_segment <= last:
            wrong.append(
                f"moment {number} spans segments {found.first_segment} to {found.last_segment};"
                f" the chunk has {first} to {last}"
            )
        elif not _says(found.quote, _cut(given.segments, found, first)):
            wrong.append(f"the quote of moment {number} is not said in its segments")
    return wrong


def _says(quote: str, segments: tuple[Segment, ...]) -> bool:
    wanted = " ".join(quote.split())
    return bool(wanted) and wanted in spoken(segments)


def _cut(segments: tuple[Segment, ...], found: FoundMoment, first: int) -> tuple[Segment, ...]:
    return segments[found.first_segment - first : found.last_segment - first + 1]


def _moment(transcript: Transcript, found: FoundMoment) -> KeyMoment:
    covered = _cut(transcript.segments, found, 0)
    quote = " ".join(found.quote.split())
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
