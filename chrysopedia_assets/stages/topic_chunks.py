"""Cut a transcript into consecutive teaching units. The engine picks where each begins; code does the rest."""

from functools import partial
from itertools import pairwise

from pydantic import Field

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


class SegmentationInput(Record):
    video: Video
    segments: tuple[Segment, ...]


class Topic(Record):
    """A topic runs from `first_segment` to the segment before the next topic's first."""

    first_segment: SegmentIndex
    label: Title
    summary: Text


class SegmentationReply(Record):
    topics: tuple[Topic, ...] = Field(min_length=1)


def split_topics(transcript: Transcript, ask: Ask) -> TopicChunks:
    """Ask where topics begin and give the chunks: in order, without gap or overlap, covering every segment."""
    segments = transcript.segments
    question = Question(
        task="segmentation",
        video=transcript.video,
        given=SegmentationInput(video=transcript.video, segments=segments),
        reply=SegmentationReply,
        complaints=partial(_complaints, len(segments)),
    )
    [reply] = answers(ask, [question])
    borders = [topic.first_segment for topic in reply.topics[1:]] + [len(segments)]
    chunks = (
        _chunk(transcript, topic, border - 1)
        for topic, border in zip(reply.topics, borders, strict=True)
    )
    return TopicChunks(video=transcript.video, made_by=ask.name, chunks=tuple(chunks))


def _complaints(segments: int, reply: SegmentationReply) -> list[str]:
    firsts = [topic.first_segment for topic in reply.topics]
    wrong = []
    if firsts[0] != 0:
        wrong.append(f"the first topic begins at segment {firsts[0]}, not 0")
    if any(later <= earlier for earlier, later in pairwise(firsts)):
        wrong.append("topics are not in order")
    if firsts[-1] >= segments:
        wrong.append(f"a topic begins at segment {firsts[-1]}; the last one is {segments - 1}")
    return wrong


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
    )
