"""One spelling for every text."""

import re
import sys
import time
import unicodedata

import pytest

from resources.clients.captions.clean_text import clean_text


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("  turn\tit \n up  ", "turn it up"),
        ("a\u2028b\u2029c\x85d\u00a0e\u3000f", "a b c d e f"),
        ("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link", "red link"),
        ("a\x00b\x07c\x9dd", "abcd"),
        ("safe\u202egnp.exe\u2066x\u2069", "safegnp.exex"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("half \ud800 pair", "half pair"),
        ("e\u0301", "\u00e9"),
        ("\U0001f469\u200d\U0001f3a4 \u05d0\u200f", "\U0001f469\u200d\U0001f3a4 \u05d0\u200f"),
        ("\x00\u200b \n", ""),
    ],
)
def test_the_unseen_goes_and_the_seen_stays(given: str, clean: str) -> None:
    assert clean_text(given) == clean


def test_a_tower_of_accents_is_cut_instead_of_sorted_for_minutes() -> None:
    started_s = time.process_time()
    text = clean_text("a" + "\u0301\u0323" * 200_000 + "b")
    assert time.process_time() - started_s < 5
    assert len(text) <= 32 and text.endswith("b")


def test_no_mark_that_normalising_sorts_is_a_letter_to_the_search() -> None:
    marks = (chr(code) for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code)))
    assert not [mark for mark in marks if re.match(r"\w", mark)]
