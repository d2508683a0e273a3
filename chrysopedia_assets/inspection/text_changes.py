"""What differs between two texts, line by line and, in lines that were changed, word by word.

What belongs here: finding it. What does not: showing it (the terminal, the reading site), and what texts are compared.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

Word = Literal["same", "gone", "new"]

MAX_COMPARED = 1_500
"""Lines of a text, words of a line. Comparing takes the square of it, and a model may write the same word for ever."""
ALIKE = 0.35
"""Two lines that share less are told as one that is gone and one that is new."""
_WORDS = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True)
class Piece:
    word: Word
    text: str


@dataclass(frozen=True)
class Line:
    """`changed` has pieces of both texts; of the others there is one piece, or none in an empty line."""

    word: Literal[Word, "changed"]
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """All of it, what is gone too."""
        return "".join(piece.text for piece in self.pieces)


def changes(before: str, after: str) -> list[Line]:
    """All lines of both texts, in order."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for kind, a, b, c, d in _opcodes(old, new):
        if kind == "equal":
            found += [_whole("same", line) for line in old[a:b]]
        else:
            found += _replaced(old[a:b], new[c:d])
    return found


def with_context(lines: Iterable[Line]) -> Iterator[Line | None]:
    """What changed, with the line before and after it; None for what is left out beside them. Nothing where nothing did.

    Empty lines are no lines.
    """
    told = [line for line in lines if line.text.strip()]
    near = {at + step for at, line in enumerate(told) if line.word != "same" for step in (-1, 0, 1)}
    left_out = False
    for at, line in enumerate(told):
        if at in near:
            yield line
        elif near and not left_out:
            yield None
        left_out = at not in near


def words_changed(lines: Sequence[Line]) -> tuple[int, int]:
    """How many words are new, and how many are gone."""
    counts = {"new": 0, "gone": 0, "same": 0}
    for piece in (piece for line in lines for piece in line.pieces):
        counts[piece.word] += len(piece.text.split())
    return counts["new"], counts["gone"]


def _opcodes(a: Sequence[str], b: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if max(len(a), len(b)) > MAX_COMPARED:
        return [("equal" if a == b else "replace", 0, len(a), 0, len(b))]
    return SequenceMatcher(None, a, b, autojunk=False).get_opcodes()


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    for one, other in zip_longest(old, new):
        pieces = _pieces(one, other) if one and other else None
        if pieces is not None:
            yield Line("changed", pieces)
            continue
        if one is not None:
            yield _whole("gone", one)
        if other is not None:
            yield _whole("new", other)


def _pieces(old: str, new: str) -> tuple[Piece, ...] | None:
    """None for two that have little in common."""
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    found: list[Piece] = []
    shared = 0
    for kind, i, j, k, m in _opcodes(a, b):
        if kind == "equal":
            shared += j - i
            found.append(Piece("same", "".join(a[i:j])))
            continue
        found += [Piece("gone", "".join(a[i:j]))] * (j > i)
        found += [Piece("new", "".join(b[k:m]))] * (m > k)
    return tuple(found) if 2 * shared >= ALIKE * (len(a) + len(b)) else None


def _whole(word: Word, line: str) -> Line:
    return Line(word, (Piece(word, line),) if line else ())
