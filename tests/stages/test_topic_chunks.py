"""Chunks cover the transcript in order, whatever an engine says, or nothing is stored."""

import pytest

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.stages.topic_chunks import (
    MIN_HALVED_SEGMENTS,
    OVERLAP_SEGMENTS,
    SegmentationInput,
    SegmentationQuestion,
    SegmentationReply,
    Topic,
    split_topics,
)
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


def test_why_a_topic_begins_is_kept_and_nobody_has_to_say_it() -> None:
    told = SegmentationReply.model_validate(
        {
            "topics": [
                {"first_segment": 0, "label": "One", "summary": ""},
                {"first_segment": 2, "reason": "turns to the bass", "label": "Two", "summary": ""},
            ]
        }
    )
    found = split_topics(FOUR, Scripted(lambda question: told))
    assert [chunk.reason for chunk in found.chunks] == ["", "turns to the bass"]


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


# Dividing ----------------------------------------------------------------------------------------


def about(count: int, first: int = 0) -> SegmentationQuestion:
    spoken = transcript(*(f"said {n}" for n in range(count)))
    return SegmentationQuestion(
        SegmentationInput(video=spoken.video, first_segment=first, segments=spoken.segments)
    )


def told(label: str, *firsts: int) -> SegmentationReply:
    topics = tuple(Topic(first_segment=n, label=label, summary="") for n in firsts)
    return SegmentationReply(topics=topics)


@pytest.mark.parametrize("count", [MIN_HALVED_SEGMENTS, 9, 39, 40, 41, 79, 80, 81, 500])
@pytest.mark.parametrize("first", [0, 17])
def test_halves_share_segments_around_the_cut_and_keep_the_numbers(count: int, first: int) -> None:
    question = about(count, first)
    one, two = question.halves()
    spans = [(half.given.first_segment, half.given.last_segment) for half in (one, two)]
    assert spans[0][0] == first and spans[1][1] == first + count - 1
    cut = first + count // 2
    shared = spans[0][1] + 1 - cut
    assert 1 <= shared <= OVERLAP_SEGMENTS
    assert spans[1][0] == cut - shared
    for half in (one, two):
        start = half.given.first_segment - first
        length = len(half.given.segments)
        assert half.given.segments == question.given.segments[start : start + length]
        assert length < count, "a half is less than the whole"


@pytest.mark.parametrize("count", [1, 2, MIN_HALVED_SEGMENTS - 1])
def test_a_few_segments_are_not_divided(count: int) -> None:
    assert about(count).halves() == ()


def test_each_half_tells_the_borders_on_its_own_side_of_the_cut() -> None:
    question = about(20, first=100)
    joined = question.joined(
        [told("one", 100, 104, 109, 110, 113), told("two", 106, 109, 110, 114)]
    )
    assert [(t.first_segment, t.label) for t in joined.topics] == [
        (100, "one"), (104, "one"), (109, "one"), (110, "two"), (114, "two"),
    ]  # fmt: skip
    assert question.complaints(joined) == []


def test_a_topic_that_spans_the_cut_is_the_first_halfs() -> None:
    question = about(20)
    joined = question.joined([told("one", 0), told("two", 5)])
    assert [(t.first_segment, t.label) for t in joined.topics] == [(0, "one")]
    assert question.complaints(joined) == []


def test_borders_have_to_be_those_of_the_part_that_was_asked_about() -> None:
    [one, two] = about(20, first=100).halves()
    assert one.complaints(told("t", 0)) == ["the first topic begins at segment 0, not 100"]
    assert two.complaints(told("t", 108, 120)) == ["a topic begins at segment 120; the last is 119"]
    assert two.subject == "segments 108 to 119"


def test_no_part_of_a_segmentation_is_asked_for_again() -> None:
    assert about(20).rest(told("t", 0)) is None
