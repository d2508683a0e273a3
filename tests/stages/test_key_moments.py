"""The engine picks segments and words; times come from the transcript, and a quote has to be said."""

import pytest

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.key_moments import MAX_MOMENT_CHARS, KeyMoments
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.stages.key_moments import (
    ExtractionInput,
    ExtractionQuestion,
    ExtractionReply,
    FoundMoment,
    find_key_moments,
    spoken,
)
from chrysopedia_assets.stages.topic_chunks import SegmentationReply, Topic, split_topics
from tests.builders import transcript
from tests.stages.scripted import Scripted

SPEECH = transcript("set the attack", "to 10 milliseconds", "and the release", "to 80")


def chunked() -> TopicChunks:
    topics = tuple(Topic(first_segment=n, label=f"T{n}", summary="") for n in (0, 2))
    return split_topics(SPEECH, Scripted(lambda question: SegmentationReply(topics=topics)))


def found_in(first_chunk: list[FoundMoment], second_chunk: list[FoundMoment]) -> KeyMoments:
    replies = {0: first_chunk, 2: second_chunk}
    engine = Scripted(
        lambda question: ExtractionReply(moments=tuple(replies[question.given.first_segment]))
    )
    return find_key_moments(SPEECH, chunked(), engine)


def moment(first: int, last: int, quote: str, title: str = "Attack") -> FoundMoment:
    return FoundMoment(
        first_segment=first,
        last_segment=last,
        title=title,
        summary="s",
        kind="settings",
        quote=quote,
    )


def test_times_and_words_come_from_the_transcript() -> None:
    [made] = found_in([moment(0, 1, "attack to 10")], []).moments
    assert (made.start_s, made.end_s) == (SPEECH.segments[0].start_s, SPEECH.segments[1].end_s)
    assert made.transcript == "set the attack to 10 milliseconds"


def test_a_quote_may_run_over_a_segments_border_and_its_spaces_do_not_count() -> None:
    [made] = found_in([moment(0, 1, " attack  to\n10 ")], []).moments
    assert made.quote == "attack to 10"


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (moment(0, 1, "attack of 10"), "the quote of moment 0 is not said in its segments"),
        (moment(0, 0, "10 milliseconds"), "the quote of moment 0 is not said in its segments"),
        (moment(0, 1, "   "), "the quote of moment 0 is not said in its segments"),
        (moment(0, 2, "attack"), "moment 0 spans segments 0 to 2; there are 0 to 1"),
        (moment(1, 0, "attack"), "moment 0 spans segments 1 to 0; there are 0 to 1"),
        (moment(9, 9, "attack"), "moment 0 spans segments 9 to 9; there are 0 to 1"),
    ],
)
def test_a_moment_outside_its_chunk_or_with_words_nobody_said_is_refused(
    found: FoundMoment, complaint: str
) -> None:
    with pytest.raises(ReplyRefused) as caught:
        found_in([found], [])
    assert complaint in str(caught.value)


def test_moments_of_all_chunks_come_in_order_and_none_twice() -> None:
    twice = moment(0, 1, "attack")
    made = found_in([twice, twice], [moment(2, 3, "release to 80", title="Release")])
    assert [m.title for m in made.moments] == ["Attack", "Release"]


def test_a_video_with_nothing_to_teach_has_no_moments() -> None:
    assert found_in([], []).moments == ()


def test_what_a_moment_keeps_of_a_very_long_segment_is_bounded() -> None:
    long = transcript("word " * MAX_MOMENT_CHARS)
    topics = (Topic(first_segment=0, label="T", summary=""),)
    chunks = split_topics(long, Scripted(lambda question: SegmentationReply(topics=topics)))
    engine = Scripted(lambda question: ExtractionReply(moments=(moment(0, 0, "word"),)))
    [made] = find_key_moments(long, chunks, engine).moments
    assert len(made.transcript) == MAX_MOMENT_CHARS


# Quotes ------------------------------------------------------------------------------------------


def test_a_quote_over_a_segments_border_is_found_whatever_the_casing() -> None:
    [made] = found_in([moment(0, 1, "Attack, to 10 Milliseconds!")], []).moments
    assert made.quote == "attack to 10 milliseconds"
    assert made.quote in made.transcript


def test_what_segments_say_is_one_line() -> None:
    assert spoken(transcript(" a\nb ", "\u2028", "c").segments) == "a b c"


# Dividing ----------------------------------------------------------------------------------------


def about(count: int, first: int = 0) -> ExtractionQuestion:
    said = transcript(*(f"said {n}" for n in range(first, first + count)))
    return ExtractionQuestion(
        ExtractionInput(
            video=said.video, label="L", summary="s", first_segment=first, segments=said.segments
        )
    )


@pytest.mark.parametrize("count", [2, 3, 8, 9])
def test_halves_of_a_chunk_cover_it_without_overlap_under_the_same_numbers(count: int) -> None:
    one, two = about(count, first=50).halves()
    assert one.given.first_segment == 50
    assert two.given.first_segment == one.given.last_segment + 1
    assert two.given.last_segment == 50 + count - 1
    assert (*one.given.segments, *two.given.segments) == about(count, first=50).given.segments
    assert (two.given.label, two.given.summary) == ("L", "s")


def test_one_segment_is_not_divided() -> None:
    assert about(1).halves() == ()


def test_moments_of_both_halves_are_those_of_the_whole() -> None:
    question = about(4, first=50)
    one, two = question.halves()
    first, second = moment(50, 51, "said 50"), moment(53, 53, "said 53")
    assert one.complaints(ExtractionReply(moments=(first,))) == []
    assert one.complaints(ExtractionReply(moments=(second,))) != []
    assert two.complaints(ExtractionReply(moments=(second,))) == []
    joined = question.joined([ExtractionReply(moments=(m,)) for m in (first, second)])
    assert joined.moments == (first, second)
    assert question.complaints(joined) == []
    assert question.rest(joined) is None
