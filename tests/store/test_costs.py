"""What calls cost, added up on both databases: nothing counted twice, nothing unknown counted as nothing."""

import random
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.calls import (
    Attempt,
    Completion,
    Dialect,
    Label,
    Outcome,
    Result,
    Usage,
)
from chrysopedia_assets.models.records import STAGES
from resources.store import tables as t
from resources.store.calls import ALL, Which
from resources.store.costs import (
    By,
    by_day,
    history,
    saved,
    totals,
    totals_by_page,
    usage_of,
)
from resources.store.database import Database
from resources.store.ledger import Ledger
from resources.store.records import save
from resources.store.videos import put_video
from tests.fakes.calling import request
from tests.records import library_video, record_of

VIDEO = "a--one"
OF_CALLS = [by for by in By if by not in (By.PAGE, By.REFRESH)]


def call(
    database: Database,
    outcome: Outcome = "ok",
    cost_usd: float | None = 0.5,
    *,
    task: Any = "extraction",
    video: str = VIDEO,
    run: str | None = "run-1",
    subject: str = "segments 0 to 9",
    version: str = "prompt-1",
    model: str = "model-1",
    tokens: tuple[int | None, int | None, int | None] = (100, 10, 40),
    key: str = "key",
) -> None:
    ledger = Ledger(database)
    label = Label(task, video, subject, version, 60.0)
    attempt = Attempt(key, run, "host/v1", model, label, Dialect())
    if outcome == "reused":
        ledger.reuse(attempt, request())
        return
    call_id = ledger.begin(attempt, request())
    if outcome != "started":
        completion = Completion("{}", "stop", None, *tokens)
        ledger.end(call_id, Result(outcome, 2.0, None, completion, cost_usd))


def added(database: Database, by: By, video_id: str | None = None) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return totals(connection, by, Which(video_id))


def summed(database: Database, which: Which = ALL) -> dict[str, Any]:
    with database.reading() as connection:
        return asdict(usage_of(connection, which))


def by_page(database: Database, which: Which = ALL) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return totals_by_page(connection, usage_of(connection, which), which)


def added_by_page(database: Database, which: Which = ALL) -> dict[str | None, float]:
    return {row["page"]: row["cost_usd"] for row in by_page(database, which)}


def spared(database: Database, which: Which = ALL) -> dict[str, Any]:
    with database.reading() as connection:
        return saved(connection, which)


def used(database: Database, run_id: str = "run-1", task: str = "extraction") -> Usage:
    with database.reading() as connection:
        return usage_of(connection, Which(VIDEO, run_ids=[run_id], task=task))


def calls_of(database: Database, video: str = VIDEO) -> float | None:
    with database.reading() as connection:
        found = history(connection).spent.get(("extraction", video))
    return found.calls if found else None


def test_a_video_takes_as_many_calls_as_it_took_last_however_often_each_was_tried(
    database: Database,
) -> None:
    assert calls_of(database) is None
    for subject in ("a", "b", "c"):
        call(database, subject=subject)
    assert calls_of(database) == 3
    call(database, "reused", run="run-2", subject="a")
    call(database, "not_json", run="run-2", subject="b")
    call(database, run="run-2", subject="b")
    assert calls_of(database) == 2
    assert calls_of(database, "a--two") is None


def test_a_run_that_was_stopped_half_way_says_less_than_a_whole_one(database: Database) -> None:
    call(database, subject="a")
    call(database, "started", subject="b")
    assert calls_of(database) == 2, "better than nothing"
    for subject in ("a", "b", "c"):
        call(database, run="run-2", subject=subject)
    call(database, run="run-3", subject="a")
    call(database, "started", run="run-3", subject="b")
    assert calls_of(database) == 3


def test_what_a_video_took_is_its_own_calls_at_its_own_average(database: Database) -> None:
    call(database, tokens=(100, 10, 0), subject="a")
    call(database, "timed_out", None, tokens=(None, None, None), subject="b")
    call(database, tokens=(300, 30, 0), subject="b", model="model-2", version="prompt-2")
    call(database, "reused", subject="a")
    call(database, tokens=(9000, 900, 0), video="a--two")
    with database.reading() as connection:
        found = history(connection)
    assert found.spent["extraction", VIDEO] == (2, 400, 40, 4.0)
    assert found.spent["extraction", "a--two"].tokens_in == 9000
    assert ("extraction", VIDEO, "prompt-1", "model-1") in found.answered
    assert ("extraction", VIDEO, "prompt-2", "model-2") in found.answered
    assert ("extraction", VIDEO, "prompt-2", "model-1") not in found.answered


def test_nothing_was_used_where_nobody_asked(database: Database) -> None:
    assert used(database) == Usage()
    assert all(added(database, by) == [] for by in OF_CALLS)
    assert added_by_page(database) == {None: 0.0}
    assert summed(database)["calls"] == 0


def test_a_stage_is_told_what_it_used(database: Database) -> None:
    call(database)
    call(database, "truncated", 0.25)
    call(database, "reused")
    for other in ({"run": "run-2"}, {"task": "synthesis"}, {"video": "a--two"}, {"run": None}):
        call(database, **other)
    assert used(database) == Usage(
        calls=2, reused=1, failed=1, tokens_in=200, tokens_out=20, tokens_cached=80, cost_usd=0.75,
        unpriced=0, seconds=4.0,
    )  # fmt: skip


def test_calls_are_added_up_by_whatever_is_true_of_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.store.database.MAX_IN", 2)
    runs = ("run-1", "run-2", "run-3", None)
    for number, run in enumerate(runs):
        call(database, cost_usd=float(10**number), run=run)
    call(database, "truncated", 0.1, version="prompt-2", model="model-2", task="synthesis")

    def usd(**which: Any) -> float:
        with database.reading() as connection:
            return usage_of(connection, Which(**which)).cost_usd

    assert usd() == 1111.1
    assert usd(run_ids=runs[:3]) == 111.1
    assert usd(run_ids=[None]) == 1000
    assert usd(run_ids=["run-2", None]) == 1010
    assert usd(run_ids=[]) == 0
    assert usd(run="run-") == 111.1
    assert usd(run="_") == 0
    for name, value in (
        ("prompt_version", "prompt-2"),
        ("model", "model-2"),
        ("task", "synthesis"),
    ):
        assert usd(**{name: value}) == usd(outcome="truncated") == 0.1


def test_pages_and_refreshes_are_added_up_elsewhere(database: Database) -> None:
    for by in (By.PAGE, By.REFRESH):
        with pytest.raises(KeyError):
            added(database, by)


def test_a_cost_that_nobody_knows_is_counted_and_not_as_zero(database: Database) -> None:
    call(database)
    call(database, cost_usd=None)
    call(database, "timed_out", None, tokens=(None, None, None))
    call(database, "rate_limited", 0.0, tokens=(None, None, None))
    call(database, "reused")
    found = used(database)
    assert (found.cost_usd, found.unpriced, found.calls) == (0.5, 2, 4)


def test_a_call_without_an_end_is_a_call_of_unknown_cost_and_no_failure(database: Database) -> None:
    call(database, "started")
    found = used(database)
    assert (found.calls, found.failed, found.unpriced, found.cost_usd) == (1, 0, 1, 0.0)


@pytest.mark.parametrize(("by", "names", "expected"), [
    (By.VIDEO, ("video_id",), {(VIDEO,): 1.5, ("a--two",): 2.0}),
    (By.STAGE, ("task",), {("extraction",): 1.0, ("synthesis",): 2.5}),
    (By.RUN, ("run_id", "video_id"), {("run-1", VIDEO): 1.0, ("run-2", VIDEO): 0.5, (None, "a--two"): 2.0}),
    (By.CALL, ("call_id",), {(1,): 0.5, (2,): 0.5, (3,): 0.5, (4,): 2.0, (5,): 0.0}),
    (By.PROMPT, ("task", "prompt_version"), {("extraction", "prompt-1"): 0.5, ("extraction", "prompt-2"): 0.5, ("synthesis", "prompt-1"): 2.5}),
    (By.MODEL, ("endpoint", "model"), {("host/v1", "model-1"): 3.0, ("host/v1", "model-2"): 0.5}),
    (By.OUTCOME, ("outcome",), {("ok",): 3.0, ("not_json",): 0.5, ("reused",): 0.0}),
])  # fmt: skip
def test_costs_are_added_up_by_whatever_is_asked_about(
    database: Database, by: By, names: tuple[str, ...], expected: dict[tuple[Any, ...], float]
) -> None:
    call(database)
    call(database, version="prompt-2", outcome="not_json")
    call(database, task="synthesis", run="run-2", model="model-2")
    call(database, cost_usd=2.0, task="synthesis", run=None, video="a--two")
    call(database, "reused")
    rows = added(database, by)
    assert {tuple(row[name] for name in names): row["cost_usd"] for row in rows} == expected
    assert sum(row["calls"] for row in rows) == 4
    assert sum(row["reused"] for row in rows) == 1
    assert sum(row["failed"] for row in rows) == 1
    assert sum(row["tokens_in"] for row in rows) == 400
    assert [row["cost_usd"] for row in rows] == sorted(expected.values(), reverse=True)


def test_costs_of_one_video_leave_the_others_out(database: Database) -> None:
    call(database)
    call(database, video="a--two")
    for by in OF_CALLS:
        assert [row["cost_usd"] for row in added(database, by, VIDEO)] == [0.5]


def test_every_kind_of_sum_shows_unknown_prices(database: Database) -> None:
    with_pages(database)
    call(database, cost_usd=None, task="synthesis", subject="group g0 moments 1", run="run-b")
    for by in OF_CALLS:
        [row] = added(database, by)
        assert (row["unpriced"], row["cost_usd"]) == (1, 0.0)
    page, rest = by_page(database)
    assert (page["unpriced"], page["cost_usd"], rest["unpriced"]) == (1, 0.0, 0)


def test_a_creator_is_the_one_of_the_video(database: Database) -> None:
    with_pages(database)
    call(database)
    call(database, cost_usd=2.0, video="(doctor)")
    assert {row["creator"]: row["cost_usd"] for row in added(database, By.CREATOR)} == {
        "A": 0.5,
        None: 2.0,
    }


def test_months_are_those_of_utc_the_newest_first(database: Database) -> None:
    for day in ("2026-09-30T23:59:59", "2026-10-01T00:00:00", "2026-11-30T23:59:59"):
        call(database)
        begun(database, datetime.fromisoformat(day).replace(tzinfo=UTC))
    assert [row["month"] for row in added(database, By.MONTH)] == ["2026-11", "2026-10", "2026-09"]
    october = Which(None, datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert summed(database, october)["calls"] == 1
    assert summed(database, Which(since=october.since))["calls"] == 2
    with database.reading() as connection:
        assert [row["calls"] for row in totals(connection, By.MONTH, october)] == [1]


def begun(database: Database, at: datetime) -> None:
    """Of the newest call."""
    newest = sa.select(sa.func.max(t.llm_calls.c.call_id)).scalar_subquery()
    with database.writing(lock="test") as connection:
        connection.execute(
            sa.update(t.llm_calls).where(t.llm_calls.c.call_id == newest).values(started_at=at)
        )


def test_only_so_many_rows_are_given_and_they_are_the_dearest(database: Database) -> None:
    for cost in (1.0, 3.0, 2.0):
        call(database, cost_usd=cost, run=f"run-{cost}")
    for by in (By.CALL, By.RUN):
        with database.reading() as connection:
            rows = totals(connection, by, most=2)
        assert [row["cost_usd"] for row in rows] == [3.0, 2.0]


def test_what_is_reused_would_have_cost_what_was_paid_for_it(database: Database) -> None:
    call(database, cost_usd=1.0, key="k1")
    call(database, "reused", key="k1", video="a--two")
    call(database, cost_usd=3.0, key="k1")
    call(database, "reused", key="k1")
    call(database, "truncated", cost_usd=0.25, key="k2")
    call(database, "reused", key="k2")
    call(database, cost_usd=None, key="k3")
    call(database, "reused", key="k3")
    found = spared(database)
    assert (found["replies"], found["cost_usd"], found["unpriced"]) == (4, 4.25, 1)
    assert (found["tokens_in"], found["tokens_out"]) == (400, 40)
    assert spared(database, Which("a--two"))["cost_usd"] == 1.0
    assert spared(database, Which("a--three"))["replies"] == 0


RUNS = {
    "topic_chunks": "run-a",
    "key_moments": "run-a",
    "classifications": "run-a",
    "synthesis_groups": "run-b",
    "technique_pages": "run-b",
}


def with_pages(database: Database, **runs: str) -> None:
    """One page, of one moment; another moment was left out."""
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        for stage in STAGES:
            save(connection, stage, record_of(stage), run_id=(RUNS | runs).get(stage))


def test_a_page_costs_what_its_calls_did_and_its_share_of_those_above(database: Database) -> None:
    with_pages(database)
    page = "a--one--cut"
    for task, subject, run, share in (
        ("segmentation", "segments 0 to 1", "run-a", 0.5),
        ("extraction", "segments 0 to 0", "run-a", 1.0),
        ("extraction", "segments 1 to 1", "run-a", 0.0),
        ("classification", "moments 0, 1", "run-a", 0.5),
        ("synthesis", "group g0 moments 1", "run-b", 1.0),
        ("synthesis", "group g1 moments 1", "run-b", 0.0),
        ("synthesis", "group g0 moments 1", "run-a", 0.0),
        ("extraction", "segments 0 to 0", "run-b", 0.0),
        ("extraction", "segments 0 to 0", None, 0.0),
        ("judging", "page 'Cut'", "run-b", 0.0),
    ):
        before = added_by_page(database).get(page, 0.0), summed(database)["cost_usd"]
        call(database, cost_usd=1.0, task=task, subject=subject, run=run)
        found = added_by_page(database)
        assert found.get(page, 0.0) - before[0] == share, (task, subject, run)
        assert sum(found.values()) == summed(database)["cost_usd"] == before[1] + 1.0
    call(database, cost_usd=8.0, task="extraction", run="run-a", video="a--two")
    assert added_by_page(database)[page] == 3.0
    assert added_by_page(database, Which("a--two")) == {None: 8.0}


def test_tries_that_failed_in_the_pages_own_run_are_its_cost(database: Database) -> None:
    with_pages(database)
    call(database, "truncated", 0.25, task="synthesis", run="run-b", subject="group g0 moments 1")
    call(database, cost_usd=0.5, task="synthesis", run="run-b", subject="group g0 moments 1")
    [page, rest] = by_page(database)
    assert (page["cost_usd"], page["calls"], page["failed"]) == (0.75, 2, 1)
    assert (rest["cost_usd"], rest["calls"]) == (0, 0)
    assert "-" not in str(rest.values()), "nothing is left, and not less than nothing"


def test_a_reply_used_again_costs_the_page_what_was_paid_for_it(database: Database) -> None:
    with_pages(database)
    asked: dict[str, Any] = {"task": "synthesis", "subject": "group g0 moments 1"}
    call(database, cost_usd=1.0, key="k1", run="run-killed", **asked)
    assert added_by_page(database) == {None: 1.0}
    call(database, "reused", key="k1", run="run-b", **asked)
    call(database, cost_usd=4.0, key="k1", run="run-later", **asked)
    [page, rest] = by_page(database)
    assert (page["cost_usd"], page["calls"], page["reused"]) == (1.0, 1, 1)
    assert (rest["cost_usd"], rest["calls"], rest["reused"]) == (4.0, 1, 0)
    only_now = Which(since=datetime.now(UTC) + timedelta(days=1))
    assert added_by_page(database, only_now) == {None: 0.0}


def test_a_stage_above_that_was_run_again_since_is_not_where_the_page_came_from(
    database: Database,
) -> None:
    with_pages(database)
    call(database, cost_usd=1.0, subject="segments 0 to 0", run="run-a")
    before = added_by_page(database)
    with database.writing(lock="test") as connection:
        save(connection, "key_moments", record_of("key_moments"), run_id="run-c")
    call(database, cost_usd=4.0, subject="segments 0 to 0", run="run-c")
    assert added_by_page(database) == before | {None: 4.0}


def test_pages_of_one_group_share_its_cost_in_equal_parts(database: Database) -> None:
    with_pages(database)
    record = record_of("technique_pages")
    [page] = record.pages  # type: ignore[attr-defined]
    groups = record_of("synthesis_groups")
    [g0, g1] = groups.groups  # type: ignore[attr-defined]
    one = g0.model_copy(update={"moments": (*g0.moments, *g1.moments)})
    [citation] = page.citations
    other = page.model_copy(update={
        "page_id": "a--one--two", "citations": (citation.model_copy(update={"moment_id": "m1"}),),
    })  # fmt: skip
    both = record.model_copy(update={"pages": (page, other), "unused": ()})
    with database.writing(lock="test") as connection:
        save(connection, "synthesis_groups", groups.model_copy(update={"groups": (one,)}), "run-b")
        save(connection, "technique_pages", both, "run-b")
    call(database, cost_usd=1.0, task="synthesis", subject="group g0 moments 1, 2", run="run-b")
    assert added_by_page(database) == {"a--one--cut": 0.5, "a--one--two": 0.5, None: 0.0}


@pytest.mark.parametrize("seed", range(3))
def test_the_column_by_page_adds_up_to_the_ledger_whatever_happened(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    runs = ["run-a", "run-b", "run-c", None]
    for _ in range(4):
        for _ in range(20):
            task = chance.choice(
                ["segmentation", "extraction", "classification", "synthesis", "judging"]
            )
            subjects = [
                "segments 0 to 1",
                "segments 0 to 0",
                "moments 0, 1",
                "moments 1",
                "group g0 moments 1",
                "group g1 moments 1",
                "else",
            ]
            outcome: Outcome = chance.choice(
                ["ok", "ok", "reused", "reused", "truncated", "started", "timed_out"]
            )
            cost = None if outcome == "timed_out" else chance.random()
            call(
                database,
                outcome,
                cost,
                task=task,
                subject=chance.choice(subjects),
                run=chance.choice(runs),
                key=f"k{chance.randrange(6)}",
            )
        remade = {stage: chance.choice(["run-a", "run-b", "run-c"]) for stage in RUNS}
        with_pages(database, **remade)
        everything, rows = summed(database), by_page(database)
        for name, value in everything.items():
            assert sum(row[name] for row in rows) == pytest.approx(value, abs=1e-8), name
            assert all(row[name] >= 0 for row in rows), name
    assert len(rows) == 2


def test_days_are_those_of_utc_with_what_each_task_cost(database: Database) -> None:
    for task, cost_usd in (("extraction", 0.5), ("extraction", None), ("synthesis", 0.25)):
        call(database, task=task, cost_usd=cost_usd)
    call(database, "reused")
    late = datetime(2026, 11, 5, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    with database.writing(lock="test") as connection:
        connection.execute(sa.update(t.llm_calls).values(started_at=late))
        rows = by_day(connection, late)
        assert by_day(connection, late + timedelta(seconds=1)) == []
    assert rows == [
        {"day": "2026-11-06", "task": "extraction", "calls": 2, "cost_usd": 0.5, "unpriced": 1},
        {"day": "2026-11-06", "task": "synthesis", "calls": 1, "cost_usd": 0.25, "unpriced": 0},
    ]
