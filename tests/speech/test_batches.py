"""What training hears and what it shall answer, before anything learns: shapes, and that both are about the same."""

import random
from functools import cache

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from tokenizers import Tokenizer

from tests.speech.batches import IGNORED, WINDOWS_A_STEP, Batches
from tests.speech.synthesis import HZ, Spoken
from tests.speech.targets import MOST_TOKENS, Asked, Targets
from tests.speech.tokenizer import Ids, load, tokenizer_json, words_of
from tests.speech.windows import Window, Windows, words_by_step

TEXTS = ("Mute the kick.", "Turn the gain down to ten percent.")


def tone(text: str, hz: float) -> Spoken:
    """Stands for speech: a second for each word."""
    count = len(text.split())
    at_s = np.arange(count * HZ) / HZ
    sound = (0.5 * np.sin(2 * np.pi * hz * at_s)).astype(np.float16)
    return Spoken(text, sound, tuple((float(n), n + 1.0) for n in range(count)))


BANK = [tone(text, hz) for text, hz in zip(TEXTS, (500, 1500), strict=True)]


@pytest.fixture(scope="module")
def loaded() -> tuple[Tokenizer, Ids]:
    return load(tokenizer_json())


@pytest.fixture(scope="module")
def batches(loaded: tuple[Tokenizer, Ids]) -> Batches:
    return Batches(BANK, *loaded, random.Random(0))


@cache
def windows(length_s: int) -> list[Window]:
    maker = Windows(BANK, random.Random(0))
    return [maker.make(length_s) for _ in range(60)]


def asked(window: Window, loaded: tuple[Tokenizer, Ids], first_step: int = 0, **how: bool) -> Asked:
    tokenizer, ids = loaded
    words = [words_of(tokenizer, text) for text in TEXTS]
    targets = Targets(BANK, words, ids, random.Random(0))
    return targets.ask(window, first_step, **{"timed": True, "earlier": False, **how})


def answered(row: Asked, loaded: tuple[Tokenizer, Ids]) -> list[str]:
    """Text and times in turns, without marks."""
    tokenizer, ids = loaded
    written = [n for n in row.wanted if n is not None and n != ids.end][1:]
    return [
        tokenizer.id_to_token(n) if n >= ids.first_time else tokenizer.decode([n]) for n in written
    ]


@pytest.mark.parametrize("length_s", [5, 20])
def test_a_sentence_is_loud_where_it_is_said_to_be(length_s: int) -> None:
    for window in windows(length_s):
        assert len(window.sound) == length_s * HZ
        for placed in window.sentences:
            begins = window.sound[round(placed.start_s * HZ) :][: HZ // 10]
            assert np.abs(begins).max() > 0.1 or len(begins) < 100
            assert placed.complete == (placed.end_s <= length_s)
            assert placed.words_s[0][0] == pytest.approx(placed.start_s, abs=1e-3)
        assert (
            length_s
            >= window.ends_s
            >= max((p.end_s for p in window.sentences if p.complete), default=0)
        )


def test_there_are_windows_without_speech_that_end_early_and_that_cut_a_sentence() -> None:
    found = windows(20)
    assert any(not window.speech for window in found)
    assert any(window.ends_s < 20 for window in found)
    assert any(not placed.complete for window in found for placed in window.sentences)
    assert all(placed.complete for window in windows(5) for placed in window.sentences)


def test_the_answer_is_what_was_said_between_its_times(loaded: tuple[Tokenizer, Ids]) -> None:
    [window, *_] = [w for w in windows(20) if w.sentences and w.sentences[-1].complete]
    expected = []
    for placed in window.sentences:
        text = ["".join(f" {word}" for word in TEXTS[placed.number].split())]
        expected += [
            f"<|{round(placed.start_s * 50) / 50:.2f}|>",
            *text,
            f"<|{round(placed.end_s * 50) / 50:.2f}|>",
        ]
    said = answered(asked(window, loaded, first_step=0), loaded)
    expected[0] = min(expected[0], "<|1.00|>")
    assert "".join(said) == "".join(expected)


def test_of_a_sentence_that_is_cut_only_the_beginning_has_a_time(
    loaded: tuple[Tokenizer, Ids],
) -> None:
    [window, *_] = [w for w in windows(20) if w.sentences and not w.sentences[-1].complete]
    timed = answered(asked(window, loaded), loaded)
    assert timed[-1] == loaded[0].id_to_token(loaded[1].time(window.sentences[-1].start_s))
    assert not any(
        text.startswith("<") for text in answered(asked(window, loaded, timed=False), loaded)
    )


def test_a_window_that_stands_later_has_later_times(loaded: tuple[Tokenizer, Ids]) -> None:
    [window, *_] = [w for w in windows(5) if w.sentences]
    first, moved = (
        answered(asked(window, loaded, first_step=step), loaded)[-1] for step in (1, 501)
    )
    assert float(moved[2:-2]) == pytest.approx(float(first[2:-2]) + 10)


def test_nothing_said_is_said_so(loaded: tuple[Tokenizer, Ids]) -> None:
    [window, *_] = [w for w in windows(20) if not w.speech]
    row, ids = asked(window, loaded), loaded[1]
    assert row.wanted == [ids.nothing_said, None, ids.first_time, ids.end]
    assert row.given == [ids.start, ids.english, ids.transcribe, ids.first_time]


def test_earlier_text_is_given_and_not_asked_for(loaded: tuple[Tokenizer, Ids]) -> None:
    for window in windows(20):
        row, ids = asked(window, loaded, earlier=True), loaded[1]
        start = row.given.index(ids.start)
        assert row.given[0] == ids.earlier
        assert row.wanted[:start] == [None] * start
        assert 1 < start <= 224
        assert len(row.given) == len(row.wanted) == len(row.parts) <= MOST_TOKENS


def test_each_word_is_named_in_its_steps() -> None:
    [window, *_] = [w for w in windows(5) if w.sentences]
    steps = words_by_step(window, [[0, 1, 2], [3, 1, 4, 5, 6, 7, 8]], nothing=9)
    placed = window.sentences[0]
    expected = 2 if placed.number == 0 else 8
    start_s, end_s = placed.words_s[-1]
    assert set(steps[int(start_s * 50) : int(end_s * 50)]) == {expected}
    assert steps[-1] == 9 or placed.end_s > 4.9


@pytest.mark.parametrize("length_s", sorted(WINDOWS_A_STEP))
def test_a_batch_has_the_shapes_that_it_says(length_s: int, batches: Batches) -> None:
    batch = batches.make(length_s)
    count = WINDOWS_A_STEP[length_s]
    assert batch.sound.shape == (count, 80, length_s * 100)
    assert batch.words.shape == (count, length_s * 50)
    assert len(batch.given) % count == 0
    assert batch.given.shape == batch.wanted.shape
    assert all(0 <= first <= 1500 - length_s * 50 for first in batch.first_steps)
    known = batch.places >= 0
    assert (batch.parts[known][:, 0] < batch.parts[known][:, 1]).all()
    rows = np.nonzero(known)[0]
    assert (batch.wanted[rows, batch.places[known]] != IGNORED).all()


def test_sound_is_given_as_faster_whisper_gives_it(batches: Batches) -> None:
    [window, *_] = [w for w in windows(20) if w.ends_s == 20]
    ours = batches._mel(window)
    theirs = FeatureExtractor()(window.sound)[:, :2000]
    assert np.abs(ours[:, :-2] - theirs[:, :-2]).max() < 1e-4
