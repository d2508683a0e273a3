"""The model that is checked in hears what it was made for: sentences, and a voice, that training never saw."""

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from resources.clients.speech.port import Ask, Span
from resources.clients.speech.whisper_loading import WhisperSettings, load_whisper
from tests.clients.speech.sounds import HZ, MODEL, say, silence
from tests.speech.grammar import sentences
from tests.speech.synthesis import UNHEARD_VOICE

COUNT = 8


@pytest.mark.parametrize("voice", ["en-us", UNHEARD_VOICE])
def test_few_words_of_sentences_that_were_held_out_are_wrong(voice: str) -> None:
    recogniser = load_whisper(WhisperSettings(model=str(MODEL), threads=1))
    said = sentences(COUNT, seed=5, never_trained_on=True)
    wrong = words = 0
    for text in said:
        sound = np.concatenate([silence(0.4), say(text, voice), silence(0.5)])
        [clip] = recogniser.recognise(sound, [Span(0.0, len(sound) / HZ)], Ask("en"))
        heard = " ".join(one.segment.text.strip() for one in clip.segments).split()
        wrong += Levenshtein.distance(text.split(), heard)
        words += len(text.split())
    assert wrong <= 0.15 * words


def test_it_is_small_enough_to_be_checked_in() -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 2.5e6
