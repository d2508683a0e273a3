"""What counts as said: the words in their order, whole, whatever the casing and punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrysopedia_assets.models.quotes import is_verbatim, verbatim


@pytest.mark.parametrize(
    ("quote", "said", "expected"),
    [
        ("cut at 300", "so cut at 300 hertz", "cut at 300"),
        ("Cut at 300.", "so, cut at 300 hertz", "cut at 300"),
        ("SO CUT", "so cut at 300 hertz", "so cut"),
        ("don't boost it", "don\u2019t boost it", "don\u2019t boost it"),
        ('he said "no" twice', "he said: no, twice", "he said: no, twice"),
        ("low end", "the low-end rumble", "low-end"),
        ("  cut \n at\t300 ", "so cut at 300 hertz", "cut at 300"),
        ("cut... at 300", "cut at 300", "cut at 300"),
        ("STRASSE", "an der Straße", "Straße"),
        ("Ça, c'est", "ça c'est la compression", "ça c'est"),
        ("低い音を", "まず低い音を切る", "低い音を"),
        ("低い音を、切る", "まず低い音を切る", "低い音を切る"),
        ("压缩器", "把压缩器放在最后", "压缩器"),
        ("50Hz 以下", "約 50Hz 以下を切る", "50Hz 以下"),
        ("ตัดที่ 300", "เราตัดที่ 300 เฮิรตซ์", "ตัดที่ 300"),
        ("режем на 300", "Тут РЕЖЕМ на 300 герц", "РЕЖЕМ на 300"),
        ("minus 3 dB", "at minus 3 dB", "minus 3 dB"),
        ("-3 DB", "a -3 dB cut", "-3 dB"),
        ("the the the end", "the the the the end", "the the the end"),
    ],
)
def test_a_quote_may_have_other_casing_punctuation_and_spaces_and_is_kept_as_it_was_said(
    quote: str, said: str, expected: str
) -> None:
    assert verbatim(quote, said) == expected


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("", "cut at 300"),
        (" \n ", "cut at 300"),
        ("...", "cut at 300"),
        ("\u2019", "cut at 300"),
        ("cut", ""),
        ("cut at 400", "cut at 300"),
        ("at cut 300", "cut at 300"),
        ("cut 300", "cut at 300"),
        ("cut at 300 hertz now", "cut at 300 hertz"),
        ("高い音", "まず低い音を切る"),
    ],
)
def test_words_that_nobody_said_in_that_order_are_no_quote(quote: str, said: str) -> None:
    assert verbatim(quote, said) == ""


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("art", "the start of it"),
        ("Art", "the start of it"),
        ("start of i", "the start of it"),
        ("cut at 30", "cut at 300 hertz"),
        ("boost 1", "boost 10 dB"),
        ("00 hertz", "cut at 300 hertz"),
        ("5 dB", "boost 1.5 dB"),
        ("3 dB", "a -3 dB shelf"),
        ("+3 dB", "a -3 dB shelf"),
        ("ratio of 4", "a ratio of 4.5"),
    ],
)
def test_a_part_of_a_word_or_of_a_number_is_no_quote(quote: str, said: str) -> None:
    """Else a wrong value is on the page as the creator's own."""
    assert verbatim(quote, said) == ""


@given(
    st.lists(st.sampled_from(["cut", "Cut", "3", "-3", "1.3", "dB", "“", "…", "切", "る", " ", "it's"]), max_size=5),
    st.lists(st.sampled_from(["cut", "Cut", "3", "-3", "1.3", "dB", ",", "切", "る", " ", "it's"]), max_size=9),
)  # fmt: skip
def test_whether_a_quote_is_said_and_where_go_together(quote: list[str], said: list[str]) -> None:
    for gap in ("", " "):
        one, other = gap.join(quote), gap.join(said)
        assert is_verbatim(one, other) == bool(verbatim(one, other))
