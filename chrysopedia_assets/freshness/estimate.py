"""What running a plan will cost, before it runs: a range, from what the ledger says of calls that were made before.

The low end is what has to run for sure; the high end is everything below it too, if every result comes out different.
What there is no history of is unknown, never zero. The embedded engine makes no calls, and that is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from chrysopedia_assets.freshness.plan import ToRun
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.records import StageName
from chrysopedia_assets.models.stage_defs import STAGE_DEFS


class PerCall(NamedTuple):
    """Averages over the calls of one task by one model; `usd` is None where their price is not known."""

    tokens_in: float
    tokens_out: float
    usd: float | None
    latency_s: float


@dataclass(frozen=True)
class History:
    """From the ledger: how many calls a video took when its stage last ran, and what calls are like."""

    calls: Mapping[tuple[Task, str], int] = field(default_factory=dict)
    per_call: Mapping[tuple[Task, str], PerCall] = field(default_factory=dict)
    """By task and model."""

    def calls_of(self, task: Task, video_id: str) -> tuple[int, int] | None:
        """The video's own number; else the fewest and the most of any video, None where there is none."""
        own = self.calls.get((task, video_id))
        return (own, own) if own is not None else self._of_any.get(task)

    @cached_property
    def _of_any(self) -> Mapping[Task, tuple[int, int]]:
        """Looked for once: a budget asks for each of thousands of videos."""
        found: dict[Task, tuple[int, int]] = {}
        for (task, _), number in self.calls.items():
            fewest, most = found.get(task, (number, number))
            found[task] = min(fewest, number), max(most, number)
        return found


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
        minutes = "time unknown" if self.minutes is None else f"{self.minutes} minutes"
        calls = "calls unknown" if self.calls is None else f"{self.calls} calls"
        return f"{self.stages} stages: {calls}, {tokens}, {usd}, {minutes}"


def estimate(
    plans: Iterable[ToRun],
    history: History,
    models: Mapping[Task, str | None],
    *,
    at_once: int = 1,
) -> Estimate:
    """`models` are those in force (None is the embedded engine); `at_once` calls are in flight at a time."""
    sums = [_Sum(history, models), _Sum(history, models)]
    for entry in plans:
        for total, stages in zip(sums, (entry.surely, entry.at_most), strict=True):
            for stage in stages:
                total.add(stage, entry.video_id)
    low, high = sums
    unknown = tuple(sorted(high.unknown_calls | high.unknown_costs))
    return Estimate(
        stages=Range(low.stages, high.stages),
        calls=None if high.unknown_calls else Range(low.calls_low, high.calls_high),
        tokens_in=None if unknown else Range(low.tokens_in, high.tokens_in),
        tokens_out=None if unknown else Range(low.tokens_out, high.tokens_out),
        usd=None if unknown or high.unpriced else Range(low.usd, high.usd),
        minutes=None if unknown else Range(low.latency_s / at_once / 60, high.latency_s / at_once / 60),
        unknown=unknown,
    )  # fmt: skip


class _Sum:
    """One end of the range."""

    def __init__(self, history: History, models: Mapping[Task, str | None]) -> None:
        self._history, self._models = history, models
        self.stages = 0
        self.calls_low = self.calls_high = self.tokens_in = self.tokens_out = 0.0
        self.usd = self.latency_s = 0.0
        self.unknown_calls: set[Task] = set()
        self.unknown_costs: set[Task] = set()
        self.unpriced = False

    def add(self, stage: StageName, video_id: str) -> None:
        self.stages += 1
        task = STAGE_DEFS[stage].task
        if task is None:
            return
        if task not in self._models:  # its prompt cannot be read: nobody knows who would answer
            self.unknown_calls.add(task)
            return
        model = self._models[task]
        if model is None:
            return
        calls = self._history.calls_of(task, video_id)
        if calls is None:
            self.unknown_calls.add(task)
            return
        fewest, most = calls
        self.calls_low += fewest
        self.calls_high += most
        one = self._history.per_call.get((task, model))
        if one is None:
            self.unknown_costs.add(task)
            return
        typical = (fewest + most) / 2
        self.tokens_in += typical * one.tokens_in
        self.tokens_out += typical * one.tokens_out
        self.latency_s += typical * one.latency_s
        self.usd += typical * (one.usd or 0.0)
        self.unpriced = self.unpriced or one.usd is None


def _short(number: float) -> str:
    if number == 0 or number >= 100:
        return f"{number:,.0f}"
    return f"{number:.2g}"
