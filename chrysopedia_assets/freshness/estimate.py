"""What running a plan will cost, before it runs: a range, from what the ledger says of calls that were made before.

The low end is what has to run for sure, less what the ledger may answer; the high end is everything below it too, if
every result comes out different. A video without history is measured by its length, between the most sparing and the
most talkative of the others. What there is no history of is unknown, never zero. The embedded engine makes no calls, and
that is known.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from chrysopedia_assets.freshness.plan import ToRun
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.stage_defs import STAGE_DEFS

UsdOf = Callable[[Task, float, float], float | None]
"""What so many tokens in and out of a task cost at the price in force; None where that is not known."""


class Spent(NamedTuple):
    """By one stage of one video, the last time that it ran."""

    calls: float
    tokens_in: float
    tokens_out: float
    latency_s: float

    def times(self, factor: float) -> "Spent":
        return Spent(*(value * factor for value in self))


class Asked(NamedTuple):
    """Who is asked now; without a model it is the embedded engine."""

    model: str | None
    prompt_version: str


@dataclass(frozen=True)
class History:
    """From the ledger. `answered` has the (task, video, prompt version, model) of which replies are kept."""

    spent: Mapping[tuple[Task, str], Spent] = field(default_factory=dict)
    minutes: Mapping[str, float] = field(default_factory=dict)
    """How long each video is."""
    answered: Set[tuple[Task, str, str, str]] = frozenset()

    def range_of(self, task: Task, video_id: str) -> tuple[Spent, Spent] | None:
        """The video's own; else between the least and the most of any video, for its length; None without any."""
        own = self.spent.get((task, video_id))
        if own is not None:
            return own, own
        if task not in self._a_minute:
            return None
        minutes = max(self.minutes.get(video_id, 0.0), 1.0)
        least, most = (one.times(minutes) for one in self._a_minute[task])
        return _whole_calls(least, math.floor), _whole_calls(most, math.ceil)

    @cached_property
    def _a_minute(self) -> Mapping[Task, tuple[Spent, Spent]]:
        """Looked for once: a budget asks for each of thousands of videos."""
        found: dict[Task, tuple[Spent, Spent]] = {}
        for (task, video_id), spent in self.spent.items():
            one = spent.times(1 / max(self.minutes.get(video_id, 0.0), 1.0))
            least, most = found.get(task, (one, one))
            found[task] = Spent(*map(min, least, one)), Spent(*map(max, most, one))
        return found


def _whole_calls(spent: Spent, rounded: Callable[[float], int]) -> Spent:
    return spent._replace(calls=max(rounded(spent.calls), 1))


class Range(NamedTuple):
    low: float
    high: float

    def __str__(self) -> str:
        low, high = _short(self.low), _short(self.high)
        return low if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class Estimate:
    """`None` is unknown; `unknown` names the tasks that are to blame. `stages` counts runs of stages, free ones too."""

    stages: Range
    calls: Range | None
    tokens_in: Range | None
    tokens_out: Range | None
    usd: Range | None
    minutes: Range | None
    unknown: tuple[Task, ...] = ()

    def as_dict(self) -> dict[str, list[float] | None]:
        """For JSON: [low, high], or null where it is not known."""
        names = ("stages", "calls", "tokens_in", "tokens_out", "usd", "minutes")
        found = {name: getattr(self, name) for name in names}
        return {name: list(value) if value is not None else None for name, value in found.items()}

    def __str__(self) -> str:
        """In words."""
        if self.calls is not None and self.calls.high == 0:
            return f"{self.stages} stages, no calls of a language model"
        usd = "money unknown" if self.usd is None else f"US$ {self.usd}"
        tokens = "tokens unknown"
        if self.tokens_in is not None:
            tokens = f"{self.tokens_in} tokens in, {self.tokens_out} out"
        time = "time unknown" if self.minutes is None else _time(self.minutes)
        calls = "calls unknown" if self.calls is None else f"{self.calls} calls"
        return f"{self.stages} stages: {calls}, {tokens}, {usd}, {time}"


def estimate(
    plans: Iterable[ToRun],
    history: History,
    asked: Mapping[Task, Asked],
    usd_of: UsdOf,
    *,
    at_once: int = 1,
) -> Estimate:
    """`asked` lacks the tasks whose prompt cannot be read; `at_once` calls are in flight at a time."""
    low, high = _Sum(), _Sum()
    unknown: set[Task] = set()
    for entry in plans:
        low.stages += len(entry.surely)
        high.stages += len(entry.at_most)
        for stage in entry.at_most:
            task = STAGE_DEFS[stage].task
            if task is None or (task in asked and asked[task].model is None):
                continue
            spent = history.range_of(task, entry.video_id) if task in asked else None
            if spent is None:
                unknown.add(task)
                continue
            high.add(task, spent[1], usd_of)
            model, version = asked[task]
            if (
                stage in entry.surely
                and (task, entry.video_id, version, model) not in history.answered
            ):
                low.add(task, spent[0], usd_of)
    return Estimate(
        stages=Range(low.stages, high.stages),
        calls=None if unknown else Range(low.calls, high.calls),
        tokens_in=None if unknown else Range(low.tokens_in, high.tokens_in),
        tokens_out=None if unknown else Range(low.tokens_out, high.tokens_out),
        usd=None if unknown or high.unpriced else Range(low.usd, high.usd),
        minutes=None if unknown else Range(low.latency_s / at_once / 60, high.latency_s / at_once / 60),
        unknown=tuple(sorted(unknown)),
    )  # fmt: skip


class _Sum:
    """One end of the range."""

    def __init__(self) -> None:
        self.stages = 0
        self.calls = self.tokens_in = self.tokens_out = self.latency_s = self.usd = 0.0
        self.unpriced = False

    def add(self, task: Task, spent: Spent, usd_of: UsdOf) -> None:
        self.calls += spent.calls
        self.tokens_in += spent.tokens_in
        self.tokens_out += spent.tokens_out
        self.latency_s += spent.latency_s
        usd = usd_of(task, spent.tokens_in, spent.tokens_out)
        self.usd += usd or 0.0
        self.unpriced = self.unpriced or usd is None


def _time(minutes: Range) -> str:
    if minutes.high >= 1:
        return f"{minutes} minutes"
    return f"{Range(math.ceil(minutes.low * 60), math.ceil(minutes.high * 60))} s"


def _short(number: float) -> str:
    if number == 0 or number >= 100:
        return f"{number:,.0f}"
    return f"{number:.2g}"
