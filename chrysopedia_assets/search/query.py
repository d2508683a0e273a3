"""What a query means: its words, and for each the ways in which it may be written. Whatever is typed is words, never syntax.

What belongs here: reading a query. What does not: how a database is asked.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chrysopedia_assets.search.words import MAX_TERM_CHARS, UNIT_TERMS, term, terms

MAX_QUERY_CHARS, MAX_WORDS = 1_000, 24
"""Nobody types more; what follows is not looked at."""
MIN_PART_CHARS = 3
"""Of a word that may be written as two."""
_PIECE = re.compile(r'"([^"]+)"|([^\s,;|"]+)')

Phrase = tuple[str, ...]
"""Terms that stand beside each other; mostly one."""
Known = Callable[[Collection[str]], Mapping[str, int]]
"""In how many documents each of some terms is; without those that are in none."""


@dataclass(frozen=True)
class QueryWord:
    """A word as it was typed, and the phrases each of which is it: "side-chain" is "side chain" and "sidechain"."""

    text: str
    phrases: tuple[Phrase, ...]
    documents: int = 0
    """At most so many have it."""


def read_query(text: str, known: Known) -> tuple[QueryWord, ...]:
    """The words that say something, each once, in order."""
    once = {word.phrases: word for word in _numbers_with_units(list(_pieces(text)))}
    written = [_ways(word) for word in list(once.values())[:MAX_WORDS]]
    together = _neighbours(written)
    wanted = {term for word in written for phrase in word.phrases for term in phrase}
    found = known(wanted | {joined for _, _, joined in together})
    ways = {word: list(word.phrases) for word in written}
    for first, second, joined in together:
        ways[first].append((joined,))
        ways[second].append((joined,))
    return tuple(_counted(word, ways[word], found) for word in written)


def _pieces(text: str) -> Iterator[QueryWord]:
    readable = unicodedata.normalize("NFC", text[:MAX_QUERY_CHARS])
    for match in _PIECE.finditer(readable):
        typed = " ".join((match[1] or match[2]).split())
        if phrase := tuple(terms(typed)):
            yield QueryWord(typed.strip("'?!.:()[]{}*^~+<>&"), (phrase,))


def _numbers_with_units(pieces: Sequence[QueryWord]) -> Iterator[QueryWord]:
    """ "110 Hz" is one word: 110 of something else is not meant."""
    waiting: QueryWord | None = None
    for piece in pieces:
        [phrase] = piece.phrases
        if waiting and phrase[0] in UNIT_TERMS:
            yield QueryWord(f"{waiting.text} {piece.text}", (waiting.phrases[0] + phrase,))
            waiting = None
            continue
        if waiting:
            yield waiting
        waiting = piece if phrase[-1].isdecimal() else None
        if waiting is None:
            yield piece
    if waiting:
        yield waiting


def _ways(word: QueryWord) -> QueryWord:
    """Also in one, and in two: "sidechain" for "side-chain", and the other way round."""
    [phrase] = word.phrases
    ways = [phrase]
    letters = word.text.replace("-", "")
    if len(phrase) == 2 and "-" in word.text and letters.isalpha():
        ways.append((term(letters),))
    if len(phrase) == 1 and letters.isalpha() and len(letters) <= MAX_TERM_CHARS:
        cuts = range(MIN_PART_CHARS, len(letters) - MIN_PART_CHARS + 1)
        parts = ((term(letters[:cut]), term(letters[cut:])) for cut in cuts)
        ways += [pair for pair in parts if all(pair)]
    return replace(word, phrases=tuple(dict.fromkeys(ways)))


def _neighbours(words: Sequence[QueryWord]) -> list[tuple[QueryWord, QueryWord, str]]:
    """Words that stand beside each other, and what they are when written in one."""
    return [
        (one, other, term(one.text + other.text))
        for one, other in pairwise(words)
        if one.text.isalpha() and other.text.isalpha()
    ]


def _counted(word: QueryWord, ways: Sequence[Phrase], found: Mapping[str, int]) -> QueryWord:
    """Without the ways that no document has; the first stays, as what was asked."""
    there = [phrase for phrase in dict.fromkeys(ways) if all(term in found for term in phrase)]
    documents = sum(min(found[term] for term in phrase) for phrase in there)
    return QueryWord(word.text, tuple(there) or word.phrases[:1], documents)
