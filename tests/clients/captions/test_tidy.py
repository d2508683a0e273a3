"""The rules every transcript keeps."""

import math

import pytest

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.captions.raw import Notes, RawSegment, RawWord
from resources.clients.captions.tidy import JSON_RULES, SRT_RULES, WEBVTT_RULES, Rules, tidy

Times = tuple[float, float]


def tidied(*times: Times, rules: Rules = JSON_RULES) -> tuple[list[Times], tuple[str, ...]]:
    notes = Notes()
    raw = [
        RawSegment(start_s, end_s, f"said {number}", f"segment {number}")
        for number, (start_s, end_s) in enumerate(times, start=1)
    ]
    return [(one.start_s, one.end_s) for one in tidy(raw, rules, notes)], notes.sentences()


def one_segment(text: str, words: tuple[RawWord, ...] = ()) -> tuple[Segment, tuple[str, ...]]:
    notes = Notes()
    (segment,) = tidy([RawSegment(1.0, 2.0, text, "segment 1", words)], JSON_RULES, notes)
    return segment, notes.sentences()


@pytest.mark.parametrize(
    ("start_s", "end_s", "problem"),
    [
        (math.nan, 1.0, "start time is missing or not a number"),
        (0.0, math.nan, "end time is missing or not a number"),
        (0.0, math.inf, "end time is not finite"),
        (-math.inf, 0.0, "start time is not finite"),
        (-0.5, 1.0, r"start time is negative \(-0.5 s\)"),
        (0.0, 172_800.5, "end time is beyond 48 hours"),
    ],
)
@pytest.mark.parametrize("rules", [JSON_RULES, SRT_RULES, WEBVTT_RULES])
def test_an_impossible_time_is_refused_with_its_segment(
    start_s: float, end_s: float, problem: str, rules: Rules
) -> None:
    with pytest.raises(InputRefused, match=f"segment 2: its {problem}"):
        tidied((0.0, 1.0), (start_s, end_s), rules=rules)


def test_48_hours_are_possible_and_minus_zero_is_zero() -> None:
    times, _ = tidied((-0.0, 172_800.0))
    assert math.copysign(1, times[0][0]) == 1


def test_an_end_a_rounding_before_the_start_becomes_the_start() -> None:
    assert tidied((1.0, 0.96)) == (
        [(1.0, 1.0)],
        ("Segments that end a rounding before they start got zero length: 1 (first at segment 1)",),
    )


@pytest.mark.parametrize("rules", [JSON_RULES, SRT_RULES])
def test_an_end_clearly_before_the_start_is_refused(rules: Rules) -> None:
    with pytest.raises(InputRefused, match=r"segment 1: it ends at 0.9 s, before it starts at 1 s"):
        tidied((1.0, 0.9), rules=rules)


def test_in_json_a_start_before_the_last_start_is_refused() -> None:
    with pytest.raises(InputRefused, match=r"segment 3: it starts at 4 s, .* starts at 5 s"):
        tidied((0.0, 1.0), (5.0, 5.5), (4.0, 6.0))


def test_in_json_an_overlap_of_more_than_a_second_is_refused_with_both_segments() -> None:
    with pytest.raises(InputRefused, match=r"segment 2: it starts at 2 s, 1.50 s before segment 1"):
        tidied((0.0, 3.5), (2.0, 4.0))


def test_in_json_it_is_the_segment_that_reaches_furthest_that_counts() -> None:
    times, _ = tidied((0.0, 3.0), (2.5, 2.6), (2.7, 4.0))
    assert times == [(0.0, 3.0), (2.5, 2.6), (2.7, 4.0)]
    with pytest.raises(
        InputRefused, match=r"segment 4: it starts at 2.8 s, 1.20 s before segment 3"
    ):
        tidied((0.0, 3.0), (2.5, 2.6), (2.7, 4.0), (2.8, 5.0))


def test_in_json_a_small_overlap_is_kept_and_counted() -> None:
    assert tidied((0.0, 10.0), (9.0, 11.0), (11.005, 12.0)) == (
        [(0.0, 10.0), (9.0, 11.0), (11.005, 12.0)],
        (
            "Segments that start before the one before them has ended were kept so: 1 (first at segment 2)",
        ),
    )


def test_captions_may_overlap_and_are_sorted() -> None:
    assert tidied((5.0, 90.0), (1.0, 60.0), (6.0, 7.0), rules=WEBVTT_RULES) == (
        [(1.0, 60.0), (5.0, 90.0), (6.0, 7.0)],
        ("Segments that stood out of order were sorted by their start: 1 (first at segment 2)",),
    )


def test_segments_without_text_are_left_out_whatever_their_times() -> None:
    notes = Notes()
    raw = [
        RawSegment(0.0, 1.0, "said", "segment 1"),
        RawSegment(math.nan, -1.0, " \x00\u200b", "segment 2"),
        RawSegment(5.0, 1.0, "", "segment 3"),
    ]
    assert len(tidy(raw, JSON_RULES, notes)) == 1
    assert notes.sentences() == ("Segments without text were left out: 2 (first at segment 2)",)


def test_nothing_left_is_no_speech_and_says_what_was_left_out() -> None:
    with pytest.raises(InputRefused, match=r"no speech in it \(Segments without text .*: 1 "):
        tidy([RawSegment(0.0, 1.0, "", "segment 1")], JSON_RULES, Notes())
    with pytest.raises(InputRefused, match=r"there is no speech in it\. "):
        tidy([], JSON_RULES, Notes())


def test_words_are_clipped_sorted_and_dropped_where_they_cannot_be_placed() -> None:
    segment, repairs = one_segment(
        "a b c",
        (
            RawWord(1.5, 9.0, "c"),
            RawWord(-3.0, 1.2, " b "),
            RawWord(1.4, 1.1, "a"),
            RawWord(math.nan, 1.1, "x"),
            RawWord(1.0, 1.1, "\u200b"),
        ),
    )
    assert [(word.start_s, word.end_s, word.text) for word in segment.words] == [
        (1.0, 1.2, "b"),
        (1.4, 1.4, "a"),
        (1.5, 2.0, "c"),
    ]
    assert repairs == ("Words without times were kept in the text only: 1 (first at segment 1)",)


def test_too_many_segments_and_too_long_ones_are_refused() -> None:
    many = (RawSegment(0.0, 1.0, "a", f"segment {n}") for n in range(1, 200_002))
    with pytest.raises(InputRefused, match="segment 200001: it has more than 200,000 segments"):
        tidy(many, WEBVTT_RULES, Notes())
    with pytest.raises(InputRefused, match=r"segment 1: it has 100,001 characters"):
        one_segment("a" * 100_001)
