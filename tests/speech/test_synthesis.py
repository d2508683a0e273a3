"""espeak-ng within the process: what it says, and when each word begins."""

import shutil
from itertools import pairwise

import numpy as np
import pytest

from tests.conftest import need
from tests.speech.grammar import held_out
from tests.speech.synthesis import HZ, Spoken, Voice, speak, training_speech

TEXT = "Set the attack to ten milliseconds."


@pytest.fixture(autouse=True)
def espeak() -> None:
    need(shutil.which("espeak-ng") is not None, "espeak-ng")


def lasts_s(spoken: Spoken) -> float:
    return len(spoken.samples) / HZ


def test_words_follow_each_other_from_the_beginning_to_the_end() -> None:
    spoken = speak(TEXT, Voice())
    assert len(spoken.words_s) == len(TEXT.split())
    assert spoken.words_s[0][0] == pytest.approx(0.0, abs=0.05)
    assert spoken.words_s[-1][1] == pytest.approx(lasts_s(spoken))
    assert all(one[1] == after[0] > one[0] for one, after in pairwise(spoken.words_s))


def test_a_word_begins_where_it_does_in_a_shorter_sentence() -> None:
    """What is said before "milliseconds" lasts as long without it."""
    without = speak(TEXT.replace(" milliseconds.", ""), Voice())
    assert speak(TEXT, Voice()).words_s[-1][0] == pytest.approx(lasts_s(without), abs=0.15)


def test_nothing_is_left_of_the_silence_around() -> None:
    loud = np.abs(speak(TEXT, Voice()).samples) > 0.004
    assert loud[:200].any()
    assert loud[-400:].any()


def test_a_voice_is_as_fast_and_as_high_as_it_is_told() -> None:
    slow, fast = (speak(TEXT, Voice(words_a_minute=speed)) for speed in (130, 195))
    assert 1.2 < lasts_s(slow) / lasts_s(fast) < 1.8
    low, high = (speak(TEXT, Voice(pitch=pitch)).samples for pitch in (35, 65))
    assert len(low) != len(high) or (low != high).any()


def test_a_voice_that_there_is_not_is_told() -> None:
    with pytest.raises(ValueError, match="no voice klingon-1"):
        speak(TEXT, Voice("klingon-1"))


def test_speech_to_learn_from_is_of_many_voices_and_of_known_sentences_only() -> None:
    """The library itself does not say the same twice; what it is told is the same."""
    first, second = training_speech(12, seed=3), training_speech(12, seed=3)
    assert [one.text for one in first] == [one.text for one in second]
    assert not any(held_out(one.text) for one in first)
    a_word_s = [lasts_s(one) / len(one.text.split()) for one in first]
    assert max(a_word_s) > 1.3 * min(a_word_s)
