"""Which words a text has, as an index holds them: the one way in which documents, queries and snippets are cut.

What belongs here: cutting, folding, units of measure, words that say nothing. What does not: databases, which get terms
that need no cutting any more and so find the same on either.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from chrysopedia_assets.models.quotes import UNSPACED
from chrysopedia_assets.search.stems import stem

INDEX_VERSION = "1"
"""Raise it when a text would be cut differently, or when other documents come of it: then every video is indexed anew."""

MAX_TERM_CHARS = 40
_LETTER, _MARK = rf"[^\W\d_{UNSPACED}]", "[\u0300-\u036f]"
_LETTERS = f"{_LETTER}+(?:{_MARK}+{_LETTER}*)*"
_WORD = re.compile(
    rf"{_LETTERS}(?:['\u2019]{_LETTERS})?|\d{{1,{MAX_TERM_CHARS}}}|[{UNSPACED}%\u266d\u266f]|(?<=\b[A-Ga-g])#"
)
"""Numbers and letters apart, so that "110Hz" is "110 Hz"; single characters in scripts without spaces."""
_TAIL = re.compile("(?:n['\u2019]t|['\u2019](?:s|t|d|m|re|ve|ll))$")
_MARKS = re.compile(_MARK)

STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "if",
        "in",
        "into",
        "is",
        "it",
        "no",
        "not",
        "of",
        "on",
        "or",
        "such",
        "that",
        "the",
        "their",
        "then",
        "there",
        "these",
        "they",
        "this",
        "to",
        "was",
        "will",
        "with",
        "what",
        "how",
        "which",
        "when",
        "where",
        "why",
        "who",
        "do",
        "does",
        "did",
        "can",
        "could",
        "should",
        "would",
        "has",
        "have",
        "had",
        "been",
        "being",
        "were",
        "am",
        "i",
        "you",
        "we",
        "my",
        "your",
        "our",
        "me",
        "us",
        "its",
        "from",
        "than",
        "so",
        "about",
        "any",
        "some",
        "all",
    ]
)
"""English words that no answer is about: what the usual list of search engines has, and what a question begins with."""

UNITS = {
    "hertz": "hz",
    "kilohertz": "khz",
    "decibel": "db",
    "decibels": "db",
    "millisecond": "ms",
    "milliseconds": "ms",
    "second": "sec",
    "seconds": "sec",
    "s": "sec",
    "%": "percent",
    "semitone": "st",
    "semitones": "st",
    "octave": "oct",
    "octaves": "oct",
    "\u266f": "sharp",
    "#": "sharp",
    "\u266d": "flat",
}
"""As they are spoken, written in full or as signs, and as they are indexed."""
UNIT_TERMS = frozenset(
    {"hz", "khz", "db", "ms", "sec", "percent", "st", "oct", "lufs", "bpm", "bit", "bar", "cent"}
)
"""What belongs to the number before it."""


class Token(NamedTuple):
    """A term, and where in the text the word stands that it comes from."""

    term: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """In order; words that say nothing are left out, and their neighbours are neighbours: "4 to 1" is "4:1"."""
    for match in _WORD.finditer(text):
        if found := term(match[0]):
            yield Token(found, match.start(), match.end())


def words_of(text: str) -> list[str]:
    """As they are written, and those that say nothing too."""
    return _WORD.findall(text)


def terms(text: str) -> list[str]:
    return list(filter(None, map(term, _WORD.findall(text))))


@lru_cache(maxsize=100_000)
def term(word: str) -> str:
    """The stem, of a to z and digits alone, so that no database cuts or reads anything into it; empty for a stop word."""
    folded = _TAIL.sub("", word.casefold())
    if not folded.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
        folded = unicodedata.normalize("NFC", bare)  # Korean and Japanese have marks that are none
    folded = folded.replace("'", "").replace("\u2019", "")[:MAX_TERM_CHARS]
    if folded in STOP_WORDS:
        return ""
    cut = UNITS.get(folded) or stem(folded)
    return cut if cut.isascii() and cut.isalnum() else _hex(cut)


def _hex(text: str) -> str:
    """What other scripts become: PostgreSQL and SQLite do not agree on what is a letter there."""
    return f"x{text.encode(errors='ignore').hex()}" if text else ""
