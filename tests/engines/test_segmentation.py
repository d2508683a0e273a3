"""Topics are found where the words change, favour pauses and openers, and keep to their bounds."""

import itertools
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from chrysopedia_assets.engines.borders import (
    MAX_TOPIC_S,
    border_scores,
    border_signs,
    find_borders,
    possible_borders,
)
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.topic_chunks import split_topics
from tests.builders import small_taxonomy, transcript

ENGINE = ExtractiveEngine(small_taxonomy())

REVERB = [
    "The reverb tail on this snare is washing over the groove.",
    "Shorten the reverb decay until the tail ends before the next snare.",
    "A plate reverb keeps the snare bright and the tail dense.",
    "Filter the reverb return so the tail stays out of the bass.",
    "Pre-delay moves the reverb tail away from the snare attack.",
    "Compare the plate with a room reverb on the same snare.",
]
CHORDS = [
    "A minor ninth chord opens the harmony of the verse.",
    "Move one finger and the chord becomes a major seventh.",
    "Voice the chord wide so the melody note sits on top.",
    "The melody resolves when the chord returns to the root.",
    "Borrow one chord from the parallel minor scale.",
    "The scale tells the melody which chord tones are safe.",
]


def borders(segments: tuple[Segment, ...]) -> list[int]:
    return [border.first_segment for border in find_borders(segments)]


def test_a_border_is_found_between_two_different_subjects() -> None:
    spoken = transcript(*REVERB * 3, *CHORDS * 3)
    assert borders(spoken.segments) == [0, 18]


def test_one_subject_stays_in_one_piece() -> None:
    assert borders(transcript(*REVERB * 3).segments) == [0]


def test_an_opener_moves_the_border_to_itself() -> None:
    plain = [*REVERB * 3, "Here is a thought about that.", "And more of it.", *CHORDS * 3]
    opened = [*REVERB * 3, "Here is a thought about that.", "Okay, next up, harmony.", *CHORDS * 3]
    assert borders(transcript(*opened).segments) == [0, 19]
    assert borders(transcript(*plain).segments) != [0, 19]


def test_a_pause_makes_a_border_likelier() -> None:
    plain = possible_borders(transcript(*REVERB * 3).segments)
    paused = [replace(b, pause_s=20.0) if n == 9 else b for n, b in enumerate(plain)]
    times = np.arange(19) * 6.0
    changed = border_scores(paused, times) - border_scores(plain, times)
    assert changed[9] > 0.2
    assert not changed[:9].any()


def test_where_speech_goes_on_a_border_is_less_likely_and_after_a_nod_likelier() -> None:
    texts = [*REVERB[2:5], "Okay.", "A room is next.", "And a hall.", *REVERB[2:5]]
    signs = border_signs(possible_borders(transcript(*texts).segments), np.arange(10) * 6.0)
    _, opener, nod_before, nod, goes_on, _ = signs
    assert list(np.flatnonzero(opener)) == [4]
    assert list(np.flatnonzero(nod_before)) == [4]
    assert list(np.flatnonzero(nod)) == [3]
    assert list(np.flatnonzero(goes_on)) == [5]


def in_words(texts: list[str], each_s: float = 0.5) -> tuple[Segment, ...]:
    words = " ".join(texts).lower().replace(".", "").split()
    return transcript(*words, each_s=each_s).segments


def test_word_by_word_captions_are_cut_where_whole_sentences_are() -> None:
    [_, border] = borders(in_words([*REVERB * 3, *CHORDS * 3]))
    before = len(in_words(REVERB * 3))
    assert abs(border - before) <= 8


def test_scripts_without_spaces_are_cut_too() -> None:
    echo, chord = ["残響の長さを短くする", "残響が次の音に重なる"], ["和音を一つ上に移す", "和音と旋律を合わせる"]  # fmt: skip
    assert borders(transcript(*echo * 10, *chord * 10).segments) == [0, 20]


def test_times_that_cannot_be_true_are_not_believed() -> None:
    texts = [*REVERB * 40, *CHORDS * 40]
    still = tuple(Segment(start_s=0, end_s=0, text=text) for text in texts)
    assert len(borders(still)) > 3


@pytest.mark.parametrize("repeats", [4, 40, 400])
def test_no_topic_is_one_segment_or_an_hour(repeats: int) -> None:
    spoken = transcript(*(REVERB * 5 + CHORDS * 3) * (repeats // 4)).segments
    firsts = [*borders(spoken), len(spoken)]
    lengths = [b - a for a, b in itertools.pairwise(firsts)]
    assert min(lengths) >= 2
    assert max(lengths) * 6.0 <= MAX_TOPIC_S


def test_a_topic_is_no_longer_than_the_most_allowed() -> None:
    spoken = transcript(*REVERB * 40)
    firsts = [*borders(spoken.segments), len(spoken.segments)]
    assert len(firsts) > 2
    assert all((b - a) * 6.0 <= MAX_TOPIC_S for a, b in itertools.pairwise(firsts))


def test_labels_and_summaries_come_from_the_speech() -> None:
    first, second = split_topics(transcript(*REVERB * 3, *CHORDS * 3), ENGINE).chunks
    assert "Reverb" in first.label
    assert "Chord" in second.label or "Melody" in second.label
    assert first.summary in REVERB
    assert second.summary in CHORDS


def reasons(*texts: str, gap_s: float = 0.0) -> list[str]:
    return [c.reason for c in split_topics(transcript(*texts, gap_s=gap_s), ENGINE).chunks]


def test_each_topic_after_the_first_says_why_it_begins() -> None:
    opened = [*REVERB * 3, "Okay, next up, harmony.", *CHORDS * 3]
    assert reasons(*REVERB * 3, *CHORDS * 3) == ["", "the words change"]
    assert reasons(*opened) == ["", 'says "okay, next"']
    assert 'says "okay, next", after a pause of 2.5 s' in reasons(*opened, gap_s=2.5)
    assert set(reasons(*REVERB[2:5] * 60)[1:]) == {"the topic before had become long"}


def test_every_label_is_used_once() -> None:
    labels = [c.label for c in split_topics(transcript(*REVERB * 60), ENGINE).chunks]
    assert len(labels) > 1
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    "text", ["um", "🎛️🎛️", "好" * 5_000, "WORD " * 1_000, "<script>[1](javascript:x)</script>", "…"]
)
def test_one_odd_segment_is_one_topic(text: str) -> None:
    [chunk] = split_topics(transcript(text), ENGINE).chunks
    assert (chunk.first_segment, chunk.last_segment) == (0, 0)
    assert chunk.label


def test_a_long_transcript_takes_seconds_and_little_memory() -> None:
    spoken = transcript(*(f"{a} {b}" for a in REVERB * 10 for b in CHORDS * 14), each_s=2.16)
    assert len(spoken.segments) > 5_000
    began = time.perf_counter()
    split_topics(spoken, ENGINE)
    assert time.perf_counter() - began < 30.0  # 2 to 4 s; a table over all pairs takes minutes
    tracemalloc.start()
    borders(spoken.segments)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000  # a table over all pairs would take 200 MB
