"""Which parts of two results belong together, and how a difference between them is told.

What belongs here: what comparing needs whatever is compared. What does not: what differs (`comparing.py`, `regrouping.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeVar

from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Record, Seconds, Text
from chrysopedia_assets.models.technique_pages import Citation

Passage = KeyMoment | Citation
Word = Literal["same", "moved", "changed", "only in A", "only in B"]
PartT = TypeVar("PartT")


class Difference(Record):
    """Of one part: where it is on each side, if it is there, its title, and what differs, in words."""

    word: Word
    a_s: Seconds | None
    b_s: Seconds | None
    title: Text
    told: Text = ""


def pairs(
    a: Sequence[PartT], b: Sequence[PartT], apart: Callable[[PartT, PartT], float | None]
) -> list[tuple[int, int]]:
    """Each part at most once, nearest first; `apart` is None for two that never belong together."""
    near = sorted(
        (distance, i, j)
        for i, one in enumerate(a)
        for j, other in enumerate(b)
        if (distance := apart(one, other)) is not None
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in near:
        if i not in found and j not in taken:
            found[i] = j
            taken.add(j)
    return sorted(found.items())


def paired(
    a: Sequence[PartT], b: Sequence[PartT], apart: Callable[[PartT, PartT], float | None]
) -> Iterator[tuple[PartT | None, PartT | None]]:
    """All parts of both sides: those that belong together, then those that are alone."""
    found = dict(pairs(a, b, apart))
    taken = set(found.values())
    yield from ((a[i], b[j]) for i, j in found.items())
    yield from ((one, None) for i, one in enumerate(a) if i not in found)
    yield from ((None, other) for j, other in enumerate(b) if j not in taken)


def not_shared(one: Passage, other: Passage) -> float | None:
    """The share of their common time that only one of them has; None for two that share nothing."""
    if one.moment_id == other.moment_id:
        return -1.0
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    whole = max(one.end_s, other.end_s) - min(one.start_s, other.start_s)
    return 1 - shared / whole if shared > 0 else None
