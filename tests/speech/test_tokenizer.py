"""Text and times in numbers; and that the model that is checked in was made with the same ones."""

import json

import pytest
from tokenizers import Tokenizer

from tests.clients.speech.sounds import MODEL
from tests.speech.grammar import sentences
from tests.speech.tokenizer import Ids, load, tokenizer_json, words_of


@pytest.fixture(scope="module")
def loaded() -> tuple[Tokenizer, Ids]:
    return load(tokenizer_json())


@pytest.mark.parametrize("text", [" Set the ratio to ten.", " sidechain, Überschall 808 ♪", "\n"])
def test_any_text_comes_back(loaded: tuple[Tokenizer, Ids], text: str) -> None:
    tokenizer, ids = loaded
    written = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(written) == text
    assert all(number < ids.text_count for number in written)


def test_a_word_of_the_grammar_is_one_number_and_its_full_stop_another(
    loaded: tuple[Tokenizer, Ids],
) -> None:
    for text in sentences(50, 1, never_trained_on=False):
        *before, last = words_of(loaded[0], text)
        assert {len(word) for word in before} == {1}
        assert len(last) == 2


def test_times_are_steps_of_two_hundredths_up_to_thirty_seconds(
    loaded: tuple[Tokenizer, Ids],
) -> None:
    tokenizer, ids = loaded
    assert tokenizer.id_to_token(ids.time(1.234)) == "<|1.24|>"
    assert (
        tokenizer.id_to_token(ids.time(99.0)) == "<|30.00|>" == tokenizer.id_to_token(ids.count - 1)
    )


def test_the_checked_in_model_was_made_with_these_numbers() -> None:
    assert json.loads((MODEL / "tokenizer.json").read_text()) == tokenizer_json()
    names = json.loads((MODEL / "vocabulary.json").read_text())
    assert len(names) == load(tokenizer_json())[1].count
