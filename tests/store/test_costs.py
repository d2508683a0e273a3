"""What calls cost, added up on both databases: nothing counted twice, nothing unknown counted as nothing."""

from typing import Any

import pytest

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
from resources.store.costs import By, history, totals, usage_of
from resources.store.database import Database
from resources.store.ledger import Ledger
from resources.store.records import save
from resources.store.videos import put_video
from tests.fakes.calling import request
from tests.records import library_video, record_of

VIDEO = "a--one"


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
) -> None:
    ledger = Ledger(database)
    label = Label(task, video, subject, version, 60.0)
    attempt = Attempt("key", run, "host/v1", model, label, Dialect())
    if outcome == "reused":
        ledger.reuse(attempt, request())
        return
    call_id = ledger.begin(attempt, request())
    if outcome != "started":
        completion = Completion("{}", "stop", None, *tokens)
        ledger.end(call_id, Result(outcome, 2.0, None, completion, cost_usd))


def added(database: Database, by: By, video_id: str | None = None) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return totals(connection, by, video_id)


def used(database: Database, run_id: str = "run-1", task: str = "extraction") -> Usage:
    with database.reading() as connection:
        return usage_of(connection, run_id, task, VIDEO)


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
    assert all(added(database, by) == [] for by in By)


def test_a_stage_is_told_what_it_used(database: Database) -> None:
    call(database)
    call(database, "truncated", 0.25)
    call(database, "reused")
    for other in ({"run": "run-2"}, {"task": "synthesis"}, {"video": "a--two"}, {"run": None}):
        call(database, **other)
    assert used(database) == Usage(
        calls=2, reused=1, failed=1, tokens_in=200, tokens_out=20, tokens_cached=80, cost_usd=0.75,
        unpriced=0, seconds=4.0, prompt_version="prompt-1",
    )  # fmt: skip


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
    (By.RUN, ("run_id",), {("run-1",): 1.0, ("run-2",): 0.5, (None,): 2.0}),
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
    for by in (By.VIDEO, By.STAGE, By.RUN, By.PROMPT, By.MODEL, By.OUTCOME):
        assert [row["cost_usd"] for row in added(database, by, VIDEO)] == [0.5]


def test_every_kind_of_sum_shows_unknown_prices(database: Database) -> None:
    with_pages(database)
    call(database, cost_usd=None, task="synthesis", subject="group g0 moments 1")
    for by in By:
        [row] = added(database, by)
        assert (row["unpriced"], row["cost_usd"]) == (1, 0.0)


def with_pages(database: Database) -> None:
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        for stage in STAGES:
            save(connection, stage, record_of(stage), run_id=None)


def test_a_page_costs_what_its_group_did(database: Database) -> None:
    with_pages(database)
    call(database, cost_usd=1.0, task="synthesis", subject="group g0 moments 1, 2")
    call(database, "short", cost_usd=0.5, task="synthesis", subject="group g0 moments 2")
    call(database, cost_usd=4.0, task="synthesis", subject="group g1 moments 1")
    call(database, cost_usd=8.0, task="extraction", subject="group g0 of words")
    call(database, cost_usd=16.0, task="synthesis", video="a--two", subject="group g0 moments 1")
    for video_id in (None, VIDEO):
        [row] = added(database, By.PAGE, video_id)
        assert (row["page"], row["cost_usd"], row["calls"]) == ("a--one--cut", 1.5, 2)
        assert (row["failed"], row["tokens_in"], row["unpriced"]) == (1, 200, 0)
    assert added(database, By.PAGE, "a--two") == []


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
    with database.writing(lock="test") as connection:
        save(
            connection,
            "synthesis_groups",
            groups.model_copy(update={"groups": (one,)}),
            run_id=None,
        )
        save(connection, "technique_pages", record.model_copy(update={"pages": (page, other), "unused": ()}), run_id=None)  # fmt: skip
    call(database, cost_usd=1.0, task="synthesis", subject="group g0 moments 1, 2")
    rows = added(database, By.PAGE)
    assert {row["page"]: row["cost_usd"] for row in rows} == {
        "a--one--cut": 0.5,
        "a--one--two": 0.5,
    }
