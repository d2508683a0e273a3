"""Chunks cover the transcript in order, whatever an engine says, or nothing is stored."""

import pytest

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.stages.topic_chunks import SegmentationReply, Topic, split_topics
from tests.builders import transcript
from tests.stages.scripted import Scripted

FOUR = transcript("one", "two", "three", "four")


def starting_at(*firsts: int) -> Scripted:
    topics = tuple(Topic(first_segment=n, label=f"Topic {n}", summary="") for n in firsts)
    return Scripted(lambda question: SegmentationReply(topics=topics))


def test_topics_become_chunks_that_cover_every_segment() -> None:
    found = split_topics(FOUR, starting_at(0, 1, 3))
    assert [(c.first_segment, c.last_segment) for c in found.chunks] == [(0, 0), (1, 2), (3, 3)]
    assert [c.start_s for c in found.chunks] == [FOUR.segments[n].start_s for n in (0, 1, 3)]
    assert found.chunks[-1].end_s == FOUR.segments[-1].end_s
    assert found.made_by == "scripted 1"


@pytest.mark.parametrize(
    ("firsts", "complaint"),
    [
        ((1, 2), "the first topic begins at segment 1, not 0"),
        ((0, 2, 1), "topics are not in order"),
        ((0, 2, 2), "topics are not in order"),
        ((0, 4), "a topic begins at segment 4; the last is 3"),
    ],
)
def test_a_reply_that_would_leave_a_gap_or_overlap_is_refused(
    firsts: tuple[int, ...], complaint: str
) -> None:
    with pytest.raises(ReplyRefused) as caught:
        split_topics(FOUR, starting_at(*firsts))
    assert complaint in str(caught.value)
    assert FOUR.video.video_id in str(caught.value)


def test_a_chunks_id_follows_its_words_and_not_its_label() -> None:
    def ids(label: str) -> list[str]:
        topic = Topic(first_segment=0, label=label, summary="")
        found = split_topics(FOUR, Scripted(lambda q: SegmentationReply(topics=(topic,))))
        return [chunk.chunk_id for chunk in found.chunks]

    assert ids("one label") == ids("another label")
