"""What a hit shows of a document: which words of the query it has and where, and the part of its text that says most of them.

What belongs here: looking at one text. What does not: which documents, in which order.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from chrysopedia_assets.models.search import Reason, Snippet
from chrysopedia_assets.search.query import Phrase, QueryWord
from chrysopedia_assets.search.words import terms, tokens

SNIPPET_CHARS = 220
LEAD_CHARS = 60
"""Shown before the first word that matched."""


class Place(NamedTuple):
    """Where a word of the query is in a text."""

    word: int
    start: int
    end: int


def said(text: str, words: Sequence[QueryWord]) -> set[int]:
    """Which of the words a text has, by their number."""
    cut = terms(text)
    return {number for number, _, _ in _found(cut, words)}


def places(text: str, words: Sequence[QueryWord]) -> list[Place]:
    """Where the words are, in order of the text."""
    cut = list(tokens(text))
    found = _found([token.term for token in cut], words)
    return [Place(number, cut[first].start, cut[last].end) for number, first, last in found]


def _found(cut: Sequence[str], words: Sequence[QueryWord]) -> Iterator[tuple[int, int, int]]:
    """Number of the word, and its first and last place among the terms."""
    beginning: dict[str, list[tuple[int, Phrase]]] = {}
    for number, word in enumerate(words):
        for phrase in word.phrases:
            beginning.setdefault(phrase[0], []).append((number, phrase))
    if beginning.keys().isdisjoint(cut):
        return
    for at, one in enumerate(cut):
        for number, phrase in beginning.get(one, ()):
            if tuple(cut[at : at + len(phrase)]) == phrase:
                yield number, at, at + len(phrase) - 1


def reasons(texts: Iterable[tuple[str, str]], words: Sequence[QueryWord]) -> tuple[Reason, ...]:
    """Each word at the first place that has it; `texts` are names of places with their texts, and one name may come again."""
    left, told = set(range(len(words))), dict[str, list[str]]()
    for where, text in texts:
        if not left:
            break
        here = sorted(left & said(text, words))
        left.difference_update(here)
        if here:
            told.setdefault(where, []).extend(words[number].text for number in here)
    return tuple(Reason(where, tuple(found)) for where, found in told.items())


def snippet(body: str, words: Sequence[QueryWord]) -> Snippet:
    """The part with most different words, the earliest of those; the beginning where there is none."""
    text = " ".join(body.split())
    found = places(text, words)
    start, end = _part(text, _best(found))
    marks = sorted({(p.start - start, p.end - start) for p in found if start <= p.start and p.end <= end})  # fmt: skip
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    moved = tuple((a + len(before), b + len(before)) for a, b in _apart(marks))
    return Snippet(f"{before}{text[start:end]}{after}", moved)


def _best(found: Sequence[Place]) -> int:
    """Where the part should begin to be shown."""
    most, best = 0, 0
    for number, first in enumerate(found):
        near = {p.word for p in found[number:] if p.end - first.start <= SNIPPET_CHARS - LEAD_CHARS}
        if len(near) > most:
            most, best = len(near), first.start
    return best


def _part(text: str, at: int) -> tuple[int, int]:
    """Of whole words where there are any."""
    start = max(0, at - LEAD_CHARS)
    if start:
        space = text.find(" ", start, at)
        start = space + 1 if space >= 0 else at
    end = min(len(text), start + SNIPPET_CHARS)
    if end < len(text):
        space = text.rfind(" ", start + SNIPPET_CHARS // 2, end)
        end = space if space > 0 else end
    return start, end


def _apart(marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """No mark in another."""
    found: list[tuple[int, int]] = []
    for start, end in marks:
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
