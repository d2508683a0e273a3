"""What each page that stands has cost: the calls that its video's results came from, divided among the pages they served.

What belongs here: which moments a call was about, and the arithmetic. What does not: which calls those are (the ledger,
`resources.store.page_costs`), printing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chrysopedia_assets.models.prompts import Task

Address = str | None
"""Of a page. None is no page that stands: moments that were left out, earlier versions, try-outs, runs that failed."""

_SEGMENTS = re.compile(r"segments (\d+) to (\d+)")
_MOMENTS = re.compile(r"moments (\d+(?:, \d+)*)")
_GROUP = re.compile(r"group (\S+) moments (\d+(?:, \d+)*)")


@dataclass(frozen=True)
class About:
    """What a call's subject says: these segments, these moments of the video, or these moments of a group."""

    segments: tuple[int, int] | None = None
    numbers: frozenset[int] = frozenset()
    group_id: str | None = None


def about(task: Task, subject: str) -> About | None:
    """As the stages' questions word it; None for other words. The one place that reads them."""
    if task in ("segmentation", "extraction"):
        found = _SEGMENTS.fullmatch(subject)
        return About(segments=(int(found[1]), int(found[2]))) if found else None
    found = (_GROUP if task == "synthesis" else _MOMENTS).fullmatch(subject)
    if found is None:
        return None
    numbers = frozenset(int(number) for number in found[found.lastindex or 1].split(", "))
    return About(numbers=numbers, group_id=found[1] if task == "synthesis" else None)


class Placed(NamedTuple):
    """A moment that a video's pages were written from, and where it went. `place` is None when it was found anew since."""

    address: Address
    place: "Place | None"


class Place(NamedTuple):
    """Where a moment stands: its first segment, its number in the video from 0, its group and number there from 1."""

    first_segment: int
    number: int
    group_id: str
    in_group: int


@dataclass(frozen=True)
class SourceCall:
    """A call that a stage's standing result came from: it was made for it, or its reply was used for it again."""

    call_id: int
    video_id: str
    task: Task
    subject: str


class Figures(NamedTuple):
    """As in `models.calls.Usage`, and in parts of calls."""

    calls: float = 0
    reused: float = 0
    failed: float = 0
    tokens_in: float = 0
    tokens_out: float = 0
    tokens_cached: float = 0
    cost_usd: float = 0
    unpriced: float = 0
    seconds: float = 0

    def plus(self, other: "Figures", parts: int = 1, of: int = 1) -> "Figures":
        """With so many parts of another; exact for exact numbers."""
        return Figures(*(a + b * parts / of for a, b in zip(self, other, strict=True)))

    def less(self, other: "Figures") -> "Figures":
        return Figures(*(a - b for a, b in zip(self, other, strict=True)))


def pages_served(call: SourceCall, moments: Sequence[Placed]) -> Counter[Address]:
    """Which pages a call served, and in how many parts each. Each moment is a part.

    A call that writes pages serves them in equal parts. One that found nothing, or nothing that is on a page, serves none.
    """
    asked = about(call.task, call.subject)
    served = [moment.address for moment in _served(asked, moments)] if asked else []
    if asked and asked.group_id is not None:
        served = list({address for address in served if address is not None})
    return Counter(served or [None])


def _served(asked: About, moments: Sequence[Placed]) -> list[Placed]:
    """Of moments that were found anew since, nobody can say any more where they stood: then all of them were served."""
    placed = [(moment, moment.place) for moment in moments if moment.place is not None]
    if len(placed) < len(moments):
        return list(moments)
    if asked.segments is not None:
        first, last = asked.segments
        return [moment for moment, place in placed if first <= place.first_segment <= last]
    if asked.group_id is None:
        return [moment for moment, place in placed if place.number in asked.numbers]
    return [
        moment
        for moment, place in placed
        if place.group_id == asked.group_id and place.in_group in asked.numbers
    ]


def costs_of_pages(
    calls: Iterable[SourceCall],
    figures: Mapping[int, Figures],
    moments: Mapping[str, Sequence[Placed]],
    total: Figures,
) -> dict[Address, Figures]:
    """By page, and under None what is left of the total: together they are the total.

    A call whose reply several results came from is divided among those first.
    """
    uses: dict[int, set[SourceCall]] = defaultdict(set)
    for call in calls:
        uses[call.call_id].add(call)
    found: dict[Address, Figures] = {}
    for call_id, used_by in uses.items():
        for call in used_by:
            parts = pages_served(call, moments.get(call.video_id, ()))
            of = parts.total() * len(used_by)
            for address in parts.keys() - {None}:
                before = found.get(address, Figures())
                found[address] = before.plus(figures[call_id], parts[address], of)
    rest = total
    for share in found.values():
        rest = rest.less(share)
    return found | {None: rest}
