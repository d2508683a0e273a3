"""What a refresh was expected to cost and what became of it. Whatever ledger and runs know is told by them, and only the rest by
the refresh's own record: a process that was killed has remembered nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.runs import Run, RunState

State = Literal["done", "under way", "stopped", "no end"]
"""What has no end and no run under way is just between two runs, or its process was stopped."""

BACKFILL_OVER = frozenset({"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED"})
BACKFILL_STOPPED = frozenset({"FAILED", "FAILING", "CANCELED", "CANCELING"})


@dataclass(frozen=True)
class RefreshRecord:
    """As it is stored; `outcome` is empty until it has ended by itself. Ranges are [low, high], None where unknown."""

    refresh_id: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    choices: Mapping[str, Any]
    estimate: Mapping[str, Any]
    outcome: Mapping[str, Any]

    @property
    def planned(self) -> tuple[str, ...] | None:
        """Its videos; None where that was not recorded yet."""
        found = self.estimate.get("videos")
        return None if found is None else tuple(found)


@dataclass(frozen=True)
class RefreshAccount:
    """`spared` is how many runs of stages the early cut-off has spared; None where nobody has said so any more."""

    record: RefreshRecord
    state: State
    used: Usage
    videos: int
    spared: int | None
    failed: tuple[str, ...]
    left: tuple[str, ...]
    """Videos: failed, not begun, over the budget, or in other hands."""

    @property
    def expected_calls(self) -> tuple[float, float] | None:
        return _range(self.record.estimate.get("calls"))

    @property
    def expected_usd(self) -> tuple[float, float] | None:
        return _range(self.record.estimate.get("usd"))

    @property
    def difference_usd(self) -> float | None:
        """By how much it cost more than the high end, or less (below zero) than the low end."""
        if self.expected_usd is None or self.used.unpriced:
            return None
        low, high = self.expected_usd
        return max(self.used.cost_usd - high, 0.0) + min(self.used.cost_usd - low, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        ended_at = self.record.ended_at
        return {
            "refresh": self.record.refresh_id,
            "trigger": self.record.trigger,
            "state": self.state,
            "started_at": self.record.started_at.isoformat(),
            "ended_at": ended_at.isoformat() if ended_at else None,
            "videos": self.videos,
            "expected_calls": self.expected_calls,
            "expected_usd": self.expected_usd,
            "calls": self.used.calls,
            "reused": self.used.reused,
            "cost_usd": self.used.cost_usd,
            "unpriced": self.used.unpriced,
            "difference_usd": self.difference_usd,
            "spared": self.spared,
            "failed": list(self.failed),
            "left": list(self.left),
        }


@dataclass(frozen=True)
class Spared:
    """By early cut-off, in refreshes that ended: runs of stages, and what those would have cost, as it was estimated."""

    stages: int = 0
    calls: tuple[float, float] | None = None
    usd: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: [low, high], or null where nothing is known."""
        return {"stages": self.stages, "calls": self.calls, "usd": self.usd}


def spared_by(records: Iterable[RefreshRecord]) -> Spared:
    """By all of these together. Where the cost of some is not known, it is not in the sums."""
    ended = [record.outcome for record in records if record.outcome.get("spared")]
    saved = [outcome.get("saved") or {} for outcome in ended]
    return Spared(
        sum(len(outcome["spared"]) for outcome in ended),
        _sum(_range(one.get("calls")) for one in saved),
        _sum(_range(one.get("usd")) for one in saved),
    )


def _sum(ranges: Iterable[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [one for one in ranges if one is not None]
    return (sum(low for low, _ in known), sum(high for _, high in known)) if known else None


def account(
    record: RefreshRecord, runs: Sequence[Run], used: Usage, backfill: str | None = None
) -> RefreshAccount:
    """`runs` are of single videos, the oldest first; `backfill` is how Dagster's backfill of that id stands, if it is one."""
    newest = {str(run.video_id): run.state for run in runs}
    planned = record.planned if record.planned is not None else tuple(newest)
    failed = [video for video, state in newest.items() if state in ("error", "cancelled")]
    left = [video for video in planned if newest.get(video) != "complete"]
    outcome = record.outcome
    if record.ended_at is not None:
        failed = [row["video"] for row in outcome.get("failed", ())]
        others = (outcome.get(name, ()) for name in ("over_budget", "not_begun", "busy"))
        left = [*failed, *(video for videos in others for video in videos)]
    return RefreshAccount(
        record=record,
        state=_state(record, newest, backfill),
        used=used,
        videos=len(planned),
        spared=len(outcome["spared"]) if "spared" in outcome else None,
        failed=tuple(failed),
        left=tuple(left),
    )


def _state(record: RefreshRecord, newest: Mapping[str, RunState], backfill: str | None) -> State:
    if record.ended_at is not None or backfill in BACKFILL_OVER:
        return "done"
    if backfill is not None:
        return "stopped" if backfill in BACKFILL_STOPPED else "under way"
    goes_on = any(state in ("queued", "running") for state in newest.values())
    return "under way" if goes_on else "no end"


def _range(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = value
    return float(low), float(high)
