"""Run a plan: exactly its (stage, video) pairs, stage after stage, and no more than a person allows it to cost.

Belongs here: the budget, the account at the end, the record of both. Does not: choosing (`planned.py`), verdicts
(`freshness`), running a video (`process.py`).
"""

import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import Any, Protocol

from chrysopedia_assets.automation.planned import Budget, Planned
from chrysopedia_assets.automation.process import Order, Processed
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.estimate import Estimate
from chrysopedia_assets.freshness.plan import Choice, ToRun
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.records import StageName
from chrysopedia_assets.models.runs import REFRESH
from resources.freshness import Forecast
from resources.store.calls import Which
from resources.store.costs import usage_of
from resources.store.database import Database
from resources.store.refreshes import begin_refresh, end_refresh


def rerun_order(stage: StageName, *, fresh: bool) -> Order:
    """One stage whatever it stands like, and below it only what then has other inputs."""
    return Order("stage_rerun", first=(stage,), choice=Choice.of(("input",)), fresh=fresh)


class ProcessMany(Protocol):
    """As `Processor.process_many`, in one process or in several."""

    def __call__(
        self, video_ids: Sequence[str], order: Order, *, may_begin: Callable[[str], bool]
    ) -> Generator[Processed]: ...


@dataclass
class Refreshed:
    """What became of a plan: (video, stage) pairs; `busy` videos were left to whoever is at work on them."""

    ran: list[tuple[str, str]] = field(default_factory=list)
    spared: list[tuple[str, str]] = field(default_factory=list)
    failed: list[Processed] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    over_budget: list[str] = field(default_factory=list)
    not_begun: list[str] = field(default_factory=list)
    used: Usage = field(default_factory=Usage)
    saved: Estimate | None = None
    run_ids: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.as_record() | {"used": asdict(self.used)}

    def as_record(self) -> dict[str, Any]:
        """For the record of refreshes; what was used is in the ledger."""
        return {
            "ran": [list(pair) for pair in self.ran],
            "spared": [list(pair) for pair in self.spared],
            "failed": [done.as_row() for done in self.failed],
            "busy": self.busy,
            "over_budget": self.over_budget,
            "not_begun": self.not_begun,
            "saved": self.saved.as_dict() if self.saved else None,
        }


def refresh(
    process_many: ProcessMany,
    planned: Planned,
    order: Order,
    forecast: Forecast,
    database: Database,
    *,
    budget: Budget | None = None,
    choices: Mapping[str, Any] | None = None,
    on_video: Callable[[Processed], None] = lambda done: None,
) -> Refreshed:
    """Run the plan; only its stages may run. `choices` are what is recorded of why.

    What a kill or an interrupt leaves undone is out of date still, and in the next plan.
    """
    refresh_id = uuid.uuid4().hex
    purse = _Purse(budget, planned, forecast, database)
    order = replace(
        order,
        wanted={entry.video_id: entry.at_most for entry in planned.entries},
        tags={**order.tags, REFRESH: refresh_id},
    )
    with database.writing(lock="refreshes") as connection:
        begin_refresh(
            connection,
            refresh_id,
            trigger=order.trigger,
            choices=choices or {},
            estimate=planned.as_record(),
        )
    done_with: dict[str, Processed] = {}
    try:
        videos = [entry.video_id for entry in planned.entries]
        with closing(process_many(videos, order, may_begin=purse.may_begin)) as each:
            for done in each:
                done_with[done.video_id] = done
                purse.paid(done)
                on_video(done)
    finally:
        made = _account(planned, done_with, purse, forecast, database)
        with database.writing(lock="refreshes") as connection:
            end_refresh(connection, refresh_id, made.as_record())
    return made


def _account(
    planned: Planned,
    done_with: Mapping[str, Processed],
    purse: "_Purse",
    forecast: Forecast,
    database: Database,
) -> Refreshed:
    made = Refreshed(over_budget=purse.refused)
    spared: list[ToRun] = []
    for entry in planned.entries:
        done = done_with.get(entry.video_id)
        if done is None:
            if entry.video_id not in purse.refused:
                made.not_begun.append(entry.video_id)
            continue
        made.run_ids += done.run_ids
        made.ran += [(entry.video_id, stage) for stage in done.ran]
        if done.left_to:
            made.busy.append(entry.video_id)
        elif done.failed:
            made.failed.append(done)
        else:
            left = tuple(stage for stage in entry.at_most if stage not in done.ran)
            made.spared += [(entry.video_id, stage) for stage in left]
            spared.append(ToRun(entry.video_id, left, left))
    made.used = usage(made.run_ids, database)
    made.saved = forecast(spared)
    return made


def usage(run_ids: Sequence[str], database: Database) -> Usage:
    """What these runs have used, from the ledger."""
    with database.reading() as connection:
        return usage_of(connection, Which(run_ids=run_ids))


class _Purse:
    """Lets a video begin while what is spent, what those under way may cost, and what it may cost are in the budget.

    Where there is no history to foresee the cost of a video, one begins as long as something is left.
    """

    def __init__(
        self, budget: Budget | None, planned: Planned, forecast: Forecast, database: Database
    ) -> None:
        self._budget, self._database, self._lock = budget, database, Lock()
        self._expected: dict[str, float] = {}
        self._under_way: set[str] = set()
        self._run_ids: list[str] = []
        self.refused: list[str] = []
        if budget is None:
            return
        costs = planned.estimate
        if budget.calls is None and costs.usd is None and costs.tokens_in is not None:
            raise ConfigurationError(
                "the price of these calls is not known, so a budget in money cannot be kept",
                cure="Set CHRYSOPEDIA_LLM_PRICE, or give the budget in calls: --budget 200calls",
            )
        for entry in planned.entries:
            costs = forecast([entry])
            expected = costs.usd if budget.calls is None else costs.calls
            self._expected[entry.video_id] = expected.high if expected else 0.0

    def may_begin(self, video_id: str) -> bool:
        if self._budget is None:
            return True
        with self._lock:
            used = usage(self._run_ids, self._database)
            limit, spent = self._budget.usd or 0.0, used.cost_usd
            if self._budget.calls is not None:
                limit, spent = self._budget.calls, used.calls
            elif used.unpriced:  # nobody knows any more what is left
                spent = limit
            taken = spent + sum(self._expected[other] for other in self._under_way)
            if taken >= limit or taken + self._expected[video_id] > limit:
                self.refused.append(video_id)
                return False
            self._under_way.add(video_id)
            return True

    def paid(self, done: Processed) -> None:
        with self._lock:
            self._under_way.discard(done.video_id)
            self._run_ids += done.run_ids
