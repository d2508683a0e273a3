"""Words of speech in any script."""

import itertools

import pytest

from chrysopedia_assets.engines.text import stem, stems


@pytest.mark.parametrize("said", ["人々の声", "ตัดที่", "ກອງໃຫຍ່", "ស្គរធំ", "ဒရမ်"])
def test_in_scripts_without_spaces_every_two_characters_are_a_word(said: str) -> None:
    assert stems(said) == [a + b for a, b in itertools.pairwise(said)]


@pytest.mark.parametrize(("word", "shorter"), [("bars", "bar"), ("tension", "tens"), ("compressors", "compress"), ("bass", "bass")])  # fmt: skip
def test_endings_are_cut_but_a_plural_only_of_a_whole_word(word: str, shorter: str) -> None:
    assert stem(word) == shorter
