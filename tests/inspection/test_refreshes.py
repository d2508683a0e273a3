"""The account of a refresh: what the record, the runs and the ledger say of it together, however it ended."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chrysopedia_assets.inspection.refreshes import (
    RefreshRecord,
    Spared,
    account,
    spared_by,
)
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.runs import Run
from tests.models.test_runs import run as run_of

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
RECORD = RefreshRecord(
    "r1",
    "bulk_resynthesis",
    AT,
    None,
    choices={},
    estimate={"videos": ["a", "b", "c"], "calls": [3, 9], "usd": [1.0, 2.0]},
    outcome={},
)
ENDED = replace(
    RECORD,
    ended_at=AT,
    outcome={
        "spared": [["a", "technique_pages"], ["a", "classifications"]],
        "failed": [{"video": "b"}],
        "over_budget": ["c"],
        "not_begun": [],
        "busy": [],
        "saved": {"calls": [1, 2], "usd": [0.5, 1.5]},
    },
)


def run(video_id: str, state: str = "complete") -> Run:
    return run_of(run_id=f"run of {video_id}", video_id=video_id, number=1, state=state)


def test_what_a_refresh_says_of_itself_counts_when_it_has_ended() -> None:
    found = account(ENDED, [run("a"), run("b", "error")], Usage(calls=4, cost_usd=1.2))
    assert (found.state, found.videos, found.spared) == ("done", 3, 2)
    assert (found.failed, found.left) == (("b",), ("b", "c"))
    assert (found.expected_calls, found.expected_usd) == ((3.0, 9.0), (1.0, 2.0))


def test_of_one_that_was_killed_the_runs_say_what_is_left() -> None:
    runs = [run("a", "error"), run("a"), run("b", "running")]
    found = account(RECORD, runs, Usage())
    assert (found.state, found.failed, found.left) == ("under way", (), ("b", "c"))
    found = account(RECORD, [run("a"), run("b", "error")], Usage())
    assert (found.state, found.failed, found.left) == ("no end", ("b",), ("b", "c"))
    assert found.spared is None, "nobody has said so any more"


@pytest.mark.parametrize(("status", "state"), [
    ("REQUESTED", "under way"), ("COMPLETED_SUCCESS", "done"), ("COMPLETED_FAILED", "done"), ("CANCELED", "stopped"), ("FAILED", "stopped"),
])  # fmt: skip
def test_how_a_backfill_stands_is_what_dagster_says(status: str, state: str) -> None:
    assert account(RECORD, [run("a")], Usage(), backfill=status).state == state


@pytest.mark.parametrize(("usd", "difference"), [(1.0, 0.0), (2.0, 0.0), (2.5, 0.5), (0.75, -0.25)])
def test_the_difference_is_what_lies_outside_of_the_estimate(usd: float, difference: float) -> None:
    assert account(RECORD, [], Usage(cost_usd=usd)).difference_usd == difference


def test_no_difference_is_known_where_a_price_is_not() -> None:
    assert account(RECORD, [], Usage(cost_usd=5.0, unpriced=1)).difference_usd is None
    unknown = replace(RECORD, estimate={"usd": None})
    assert account(unknown, [], Usage(cost_usd=5.0)).difference_usd is None


def test_what_was_planned_before_that_was_recorded_is_what_ran() -> None:
    old = replace(RECORD, estimate={"calls": None})
    assert account(old, [run("a"), run("a")], Usage()).videos == 1


def test_spared_adds_up_what_is_known() -> None:
    saved: dict[str, Any] = {"spared": [["b", "technique_pages"]], "saved": None}
    unknown = replace(ENDED, outcome=saved)
    assert spared_by([ENDED, ENDED, unknown, RECORD]) == Spared(5, (2, 4), (1.0, 3.0))
    assert spared_by([unknown]) == Spared(1, None, None)
    assert spared_by([]) == Spared()
