"""What each page that stands has cost: the calls that its video's results came from, divided among the pages they served.

What belongs here: which moments a call was about, and the arithmetic. What does not: which calls those are (the ledger,
`resources.store.page_costs`), printing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from chrysopedia_assets.models.prompts import Task

PageId = str | None
"""None is no page that stands: moments that were left out, earlier versions, try-outs, runs that failed."""

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

    page_id: PageId
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


def pages_served(call: SourceCall, moments: Sequence[Placed]) -> Mapping[PageId, Fraction]:
    """Which pages a call served, by how much; together one. Each moment counts as much as any other.

    A call that writes pages serves them in equal parts. One that found nothing, or nothing that is on a page, serves none.
    """
    asked = about(call.task, call.subject)
    served = _served(asked, moments) if asked else []
    if asked and asked.group_id is not None:
        written = {moment.page_id for moment in served if moment.page_id is not None}
        return {page_id: Fraction(1, len(written)) for page_id in written} or {None: Fraction(1)}
    counted = Counter(moment.page_id for moment in served)
    whole = sum(counted.values())
    return {page: Fraction(n, whole) for page, n in counted.items()} or {None: Fraction(1)}


def _served(asked: About, moments: Sequence[Placed]) -> list[Placed]:
    """Of moments that were found anew since, nobody can say any more where they stood: then all of them were served."""
    if any(moment.place is None for moment in moments):
        return list(moments)
    return [moment for moment in moments if moment.place and _is_about(asked, moment.place)]


def _is_about(asked: About, place: Place) -> bool:
    if asked.segments is not None:
        first, last = asked.segments
        return first <= place.first_segment <= last
    if asked.group_id is not None:
        return place.group_id == asked.group_id and place.in_group in asked.numbers
    return place.number in asked.numbers


def costs_of_pages(
    calls: Iterable[SourceCall],
    figures: Mapping[int, Figures],
    moments: Mapping[str, Sequence[Placed]],
    total: Figures,
) -> dict[PageId, Figures]:
    """By page, and under None what is left of the total: together they are the total.

    A call whose reply several results came from is divided among those first.
    """
    uses: dict[int, set[SourceCall]] = defaultdict(set)
    for call in calls:
        uses[call.call_id].add(call)
    found: dict[PageId, Figures] = {}
    for call_id, used_by in uses.items():
        for call in used_by:
            for page_id, part in pages_served(call, moments.get(call.video_id, ())).items():
                if page_id is None:
                    continue
                of = part.denominator * len(used_by)
                before = found.get(page_id, Figures())
                found[page_id] = before.plus(figures[call_id], part.numerator, of)
    rest = total
    for share in found.values():
        rest = rest.less(share)
    return found | {None: rest}
