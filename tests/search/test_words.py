"""Which words a text has, and what a query asks for."""

import json

import pytest

from chrysopedia_assets.search.query import MAX_WORDS, QueryWord, read_query
from chrysopedia_assets.search.words import terms, tokens
from tests.conftest import SHARED_DATA, shared


def asked(text: str, *known: str) -> tuple[QueryWord, ...]:
    """Where the index has these words and those of the query."""
    there = {term for word in known for term in terms(word)} | set(terms(text))
    return read_query(text, lambda terms: {term: 3 for term in terms if term in there})


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("110 Hz", "at 110Hz"),
        ("110hz", "110 hertz"),
        ("-6 dB", "minus 6 decibels"),
        ("4:1", "a ratio of 4 to 1"),
        ("30 ms", "30 milliseconds"),
        ("40%", "40 percent"),
        ("Pro-Q 3", "the Pro-Q 3 by FabFilter"),
        ("café", "CAFE\u0301"),
        ("don't", "dont"),
        ("side-chaining", "side chain"),
        ("compressing", "it compresses"),
        ("\u4f4e\u97f3", "\u8fd9\u4e2a\u4f4e\u97f3\u5f88\u597d"),
        ("F# minor", "in F# minor"),
        ("Kick's", "KICKS"),
    ],
)
def test_what_is_written_in_several_ways_is_one_thing(typed: str, written: str) -> None:
    wanted, said = terms(typed), terms(written)
    assert wanted == [term for term in said if term in wanted] or typed == "don't"


def test_a_number_is_not_another_number_and_keeps_its_unit() -> None:
    [word] = asked("110 Hz")
    assert word.text == "110 Hz" and word.phrases == (("110", "hz"),)
    assert [word.text for word in asked("cut 300 hertz by 3 dB")] == ["cut", "300 hertz", "3 dB"]
    assert [word.text for word in asked("100 tracks")] == ["100", "tracks"]


def test_a_compound_may_be_written_in_one_in_two_or_with_a_hyphen() -> None:
    for typed in ("side-chain", "sidechain"):
        [word] = asked(typed, "side chain sidechain")
        assert set(word.phrases) == {("side", "chain"), ("sidechain",)}
    two = asked("side chain", "sidechain")
    assert [set(word.phrases) for word in two] == [
        {("side",), ("sidechain",)},
        {("chain",), ("sidechain",)},
    ]


def test_words_in_quotation_marks_stay_together() -> None:
    assert [word.text for word in asked('"parallel compression" drums')] == [
        "parallel compression",
        "drums",
    ]
    assert [word.text for word in asked('"unclosed quote')] == ["unclosed", "quote"]


def test_words_that_say_nothing_are_none() -> None:
    assert [w.text for w in asked("How do I set the attack?")] == ["set", "attack"]
    assert asked("what is it, and how do you do that") == ()


def test_a_word_that_is_nowhere_is_told_apart() -> None:
    known, unknown = read_query("kick xyzzy", lambda terms: {"kick": 7} if "kick" in terms else {})
    assert (known.documents, unknown.documents) == (7, 0)


HOSTILE = [
    *("", " ", '"', '""', "'", "\\", "\0", "a\0b", "*", "^", "(", ")", ":", "-", "--", "NOT", "AND OR NOT NEAR"),
    *("title : kick", 'kick" OR "1"="1', "kick*", "NEAR(kick snare, 2)", "a <-> b", "a & b | !c", "a:*", "%s %(x)s", "'; DROP TABLE videos; --"),
    *("\U0001f39b\ufe0f", "\u202eevil", "\ud800", "\ufeff", "x" * 10_000, "kick " * 2_000, '"' * 10_000, "a-b-c-d-e-f-" * 800),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_words(text: str) -> None:
    found = asked(text)
    assert len(found) <= MAX_WORDS
    for word in found:
        assert word.text.strip()
        for phrase in word.phrases:
            assert phrase and all(term.isascii() and term.isalnum() for term in phrase)


def test_naughty_strings_are_words_too() -> None:
    for text in json.loads(shared(SHARED_DATA / "badinputs/blns/blns.json").read_text()):
        assert all(t.isascii() and t.isalnum() for word in asked(text) for p in word.phrases for t in p)  # fmt: skip
        assert all(text[token.start : token.end] for token in tokens(text))
