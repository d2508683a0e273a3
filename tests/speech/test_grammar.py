"""The closed vocabulary, and which of its sentences nobody may train on."""

import random

from tests.clients.speech.sounds import SENTENCES
from tests.speech.grammar import held_out, sentence, sentences, vocabulary


def words(text: str) -> set[str]:
    return {word.rstrip(".") for word in text.split()}


def test_every_sentence_is_of_the_vocabulary_and_no_word_of_it_is_idle() -> None:
    chance = random.Random(1)
    said = {word for _ in range(5000) for word in words(sentence(chance))}
    assert said == set(vocabulary())
    assert 120 <= len(said) <= 180


def test_what_other_tests_say_is_of_the_vocabulary() -> None:
    assert {word for text in SENTENCES for word in words(text)} <= set(vocabulary())


def test_a_tenth_is_never_trained_on() -> None:
    known = sentences(500, 0, never_trained_on=False)
    unknown = sentences(500, 0, never_trained_on=True)
    assert not {*known} & {*unknown}
    assert {word for text in unknown for word in words(text)} == set(vocabulary())
    chance = random.Random(2)
    assert 0.07 < sum(held_out(sentence(chance)) for _ in range(2000)) / 2000 < 0.13
