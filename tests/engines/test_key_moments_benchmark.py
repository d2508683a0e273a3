"""The benchmark of key moments counts as papers do, and its baselines are what they are called."""

import json
from pathlib import Path

import pytest

from benchmarks.key_moments import (
    Meeting,
    chatters,
    engine,
    interval,
    is_list,
    opens_with,
    read_meetings,
    scores,
    textrank,
    windows,
)
from benchmarks.rouge import rouge_l, rouge_n, words
from chrysopedia_assets.engines.vocabulary import Vocabulary
from tests.builders import moment, small_taxonomy, transcript

SAID = [
    "Good morning to all of you.",
    "The budget pays for the buttons.",
    "Never buy buttons for more than 20% of the budget, because it is small.",
    "Rain fell on Tuesday afternoon.",
]


def meeting() -> Meeting:
    return Meeting(
        transcript(*SAID).segments, [frozenset({1, 2})], "the budget pays for small buttons"
    )


def test_rouge_is_that_of_the_example_in_the_paper() -> None:
    wanted = words("Police killed the gunman.")
    close, reversed_ = words("police kill the gunman"), words("the gunman kill police")
    assert rouge_l(close, wanted) == pytest.approx(0.75)
    assert rouge_l(reversed_, wanted) == pytest.approx(0.5)
    assert rouge_n(close, wanted, 1) == rouge_n(reversed_, wanted, 1) == pytest.approx(0.75)
    assert rouge_n(close, wanted, 2) == rouge_n(reversed_, wanted, 2) == pytest.approx(1 / 3)
    assert rouge_n(words("a a b"), words("a c"), 1) == pytest.approx(2 / 5)
    assert rouge_n([], wanted, 1) == rouge_l([], wanted) == 0.0


def test_a_passage_counts_when_half_of_it_answers_a_question() -> None:
    got = scores(meeting(), [(0, 0), (1, 1), (2, 3)])
    assert got["precision_at_10"] == pytest.approx(0.2)
    assert got["coverage"] == 1.0
    assert scores(meeting(), [(0, 0), (3, 3)])["coverage"] == 0.0


def test_windows_hold_whole_sentences_about_as_long_as_asked_and_the_short_rest_is_none() -> None:
    assert windows(meeting(), [(0, 0)]) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert windows(meeting(), [(0, 1)]) == [(0, 1), (2, 2)]


def test_textrank_prefers_what_others_are_like() -> None:
    parts = [(n, n) for n in range(4)]
    first, second, *rest = textrank(meeting(), parts)
    assert {first, second} == {(1, 1), (2, 2)}
    assert len(rest) == 2


def test_the_engine_takes_part_with_segments_of_the_meeting() -> None:
    [(first, last)] = engine(meeting(), Vocabulary(small_taxonomy()))
    assert first <= 2 <= last < 3


def test_turns_become_sentences_that_keep_their_questions(tmp_path: Path) -> None:
    turns = ["Hello . {vocalsound} How are you ?", "It 's small , I do n't mind ."]
    asked = {"query": "-", "answer": "small", "relevant_text_span": [["1", "1"]]}
    given = {
        "meeting_transcripts": [{"content": turn} for turn in turns],
        "general_query_list": [{"query": "-", "answer": "all"}],
        "specific_query_list": [asked],
    }
    file = tmp_path / "val.jsonl"
    file.write_text(json.dumps(given))
    [read] = read_meetings(file)
    assert [s.text for s in read.segments] == ["Hello.", "How are you?", "It's small, I don't mind."]  # fmt: skip
    assert read.questions == [frozenset({2})]
    assert read.reference == "all small"


def test_what_music_is_measured_by() -> None:
    said = "Set the attack to 3 ms, and subscribe."
    assert opens_with(moment("Set the Attack to 3 ms", said))
    assert not opens_with(moment("Attack: 3 ms", said))
    assert chatters(moment("Attack", said))
    assert not chatters(moment("Attack", "Set the attack to 3 ms."))
    assert is_list("Vocal: Breakdown and Drop")
    assert is_list("Resonance")
    assert not is_list("Pro-Q 3: High Pass at 80 Hz")
    low, high = map(float, interval([0.0, 1.0] * 50).split(" to "))
    assert 0.35 < low < 0.5 < high < 0.65
