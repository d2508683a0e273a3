"""`chrysopedia costs`: tables for people, JSON for scripts, refreshes told from runs and ledger, and the month's budget."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.utils import make_new_run_id

from chrysopedia_assets.automation.planned import Planned
from chrysopedia_assets.freshness.estimate import Estimate, Range
from chrysopedia_assets.freshness.plan import ToRun
from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Result
from chrysopedia_assets.models.runs import PARTITION, PROCESS, REFRESH
from resources.database import open_database
from resources.llm import budget_warning, close_llm
from resources.store.ledger import Ledger
from resources.store.refreshes import begin_refresh
from tests.cli.conftest import Command
from tests.cli.test_language_model import use as use_server
from tests.fakes.calling import LABEL, outcomes, request, rows
from tests.fakes.chat_server import ChatServer
from tests.store.test_dagster_runs import dead

PRICE = "100/1000"
VIDEOS = [f"ann--video-{number}" for number in range(3)]


def use(monkeypatch: pytest.MonkeyPatch, server: ChatServer, **more: str) -> None:
    """At a price."""
    use_server(monkeypatch, server, **{"PRICE": PRICE, **more})


def allow(monkeypatch: pytest.MonkeyPatch, usd: float) -> None:
    close_llm()
    monkeypatch.setenv("CHRYSOPEDIA_BUDGET_USD", f"{usd:.6f}")


def test_the_table_shows_money_and_time_and_the_total_apart(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chrysopedia("costs").out.strip() == "No call of a language model is on record for that."
    assert (
        chrysopedia("costs", "--by", "page").out.strip()
        == "No call of a language model is on record for that."
    )
    assert (
        chrysopedia("costs", "--by", "refresh").out.strip() == "No refresh is on record for that."
    )
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server)
        chrysopedia("process", "--json")
        chrysopedia("rerun", VIDEOS[0], "technique_pages")
    told = chrysopedia("costs", "--json").json
    head, *videos, blank, total, saved = chrysopedia("costs").out.splitlines()
    assert head.split()[:2] == ["video", "id"] and len(videos) == 3 and not blank
    assert total.split()[0] == "total"
    assert f"{told['total']['cost_usd']:.4f}" in total.split()
    assert "replies from the ledger, US$ " in saved
    assert told["saved"]["from_ledger"]["replies"] == told["total"]["reused"] > 0
    *_, last, _, _, _ = chrysopedia("costs", "--by", "page").out.splitlines()
    assert last.startswith("(no page that stands)")
    assert len(chrysopedia("costs", "--by", "call", "--limit", "2", "--json").json["rows"]) == 2
    for by, limit in (("call", "2"), ("page", "1"), ("video", "2")):
        assert "There are more rows" in chrysopedia("costs", "--by", by, "--limit", limit).out
    assert "There are more rows" not in chrysopedia("costs", "--by", "video", "--limit", "3").out
    pages = str(len(chrysopedia("costs", "--by", "page", "--json").json["rows"]) - 1)
    assert "There are more rows" not in chrysopedia("costs", "--by", "page", "--limit", pages).out
    month = chrysopedia("costs", "--by", "month", "--json").json["rows"][0]["month"]
    assert chrysopedia("costs", "--month", month, "--json").json["total"] == told["total"]
    assert chrysopedia("costs", "--since", f"{month}-01", "--json").json["total"] == told["total"]
    assert chrysopedia("costs", "--month", "2020-12", "--json").json["total"]["calls"] == 0


@pytest.mark.parametrize(("arguments", "told"), [
    (("--month", "2026-13"), "--month is no date"),
    (("--since", "yesterday"), "--since is no date"),
    (("--since", "2026-11-01", "--month", "2026-11"), "both given"),
    (("--video", "nobody"), "there is no video nobody"),
    (("--by", "refresh", "--video", VIDEOS[0]), "a refresh is of many videos"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said(
    chrysopedia: Command, library: Path, arguments: tuple[str, ...], told: str
) -> None:
    chrysopedia("ingest")
    ended = chrysopedia("costs", *arguments)
    assert ended.code == 2 and told in ended.told


def test_a_refresh_that_was_killed_is_accounted_for_by_its_runs_and_the_ledger(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server)
        chrysopedia("process", *VIDEOS[:2])
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs():
            instance.add_run_tags(run.run_id, {REFRESH: "killed"})
        went_on = dg.DagsterRun(
            job_name="process_video",
            run_id=make_new_run_id(),
            status=dg.DagsterRunStatus.STARTED,
            tags={REFRESH: "killed", PARTITION: VIDEOS[2]},
        )
        instance.add_run(went_on)
        instance.add_run_tags(went_on.run_id, {PROCESS: dead()})
    estimate = Estimate(Range(1, 2), Range(1, 2), Range(1, 2), Range(1, 2), Range(0.0, 0.001), None)
    plan = Planned(tuple(ToRun(video, (), ()) for video in VIDEOS), estimate)
    with open_database().writing(lock="test") as connection:
        begin_refresh(
            connection, "killed", trigger="bulk_resynthesis", choices={}, estimate=plan.as_record()
        )
    total = chrysopedia("costs", "--json").json["total"]
    [row] = chrysopedia("costs", "--by", "refresh", "--json").json["rows"]
    assert (row["calls"], row["cost_usd"]) == (total["calls"], pytest.approx(total["cost_usd"]))
    assert (row["state"], row["left"], row["spared"]) == ("no end", [VIDEOS[2]], None)
    assert row["failed"] == [VIDEOS[2]], "its process is gone, whatever Dagster says"
    assert row["difference_usd"] == pytest.approx(total["cost_usd"] - 0.001)
    with open_database().writing(lock="test") as connection:
        begin_refresh(
            connection, "later", trigger="bulk_resynthesis", choices={}, estimate=plan.as_record()
        )
    cut = chrysopedia("costs", "--by", "refresh", "--limit", "1")
    assert "There are more rows" in cut.out and f"{total['cost_usd']:.4f}" in cut.out
    shown = chrysopedia("costs", "--by", "refresh").out
    assert "There are more rows" not in shown
    assert "no end" in shown and f"+{row['difference_usd']:.4f}" in shown


def test_a_months_budget_ends_the_command_and_more_of_it_finishes_the_work(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server, MAX_OUTPUT_TOKENS="1000", CONCURRENCY="8")
        allow(monkeypatch, 6.0)
        ended = chrysopedia("process")
        assert ended.code == 2
        assert "of this month's budget of US$ 6.00 are spent" in ended.told
        assert "videos are left undone" in ended.told and "chrysopedia process" in ended.told
        first = rows(open_database())
        assert len(first) == len(server.requests) > 0
        paid = sum(row.cost_usd for row in first)
        assert 0 < paid <= 6.0
        undone = [video for video in VIDEOS if f" {video}" in ended.told.partition("undone")[2]]
        assert undone
        doctor = {row["check"]: row["found"] for row in chrysopedia("doctor", "--json").json}
        assert "of US$ 6.00" in doctor["month's budget"]
        sent = len(server.requests)
        allow(monkeypatch, 1_000.0)
        done = chrysopedia("process", "--json")
        assert [row["error"] for row in done.json] == [None] * 3
        assert [row["video"] for row in done.json if row["ran"]] == undone
        keys = [row.content_key for row in rows(open_database()) if row.outcome != "reused"]
        assert len(keys) == len(set(keys)), "nothing is paid twice"
        assert len(server.requests) > sent


def test_most_of_a_budget_spent_is_said_once_by_command_and_run(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server)
        allow(monkeypatch, 10_000.0)
        assert "budget" not in chrysopedia("process", VIDEOS[0]).err
        spent = chrysopedia("costs", "--json").json["total"]["cost_usd"]
        allow(monkeypatch, spent * 1.24)
        ended = chrysopedia("process", VIDEOS[0])
        assert ended.told.count(f"US$ {spent:.2f} of this month's budget") == 1
        chrysopedia("rerun", VIDEOS[0], "technique_pages")
    with dg.DagsterInstance.get() as instance:
        run, *_ = instance.get_runs()
        told = [
            e.user_message
            for e in instance.all_logs(run.run_id)
            if "month's budget" in e.user_message
        ]
    assert len(told) == 1, told


def test_calls_of_unknown_cost_count_for_the_warning_as_they_do_for_the_budget(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(open_database())
    attempt = Attempt("key", None, "host/v1", "model-1", LABEL, Dialect())
    paid = Completion("{}", tokens_in=1, tokens_out=1)
    ledger.end(ledger.begin(attempt, request()), Result("ok", 1.0, None, paid, 1.0))
    allow(monkeypatch, 10.0)
    assert budget_warning() is None
    for _ in range(7):
        ledger.begin(attempt, request())
    assert "US$ 10.00 are spent, and 7 calls of unknown cost" in (budget_warning() or "")


@pytest.mark.parametrize("text", ["-1", "five", "1e3", "nan", " 5"])
def test_a_budget_that_is_no_money_is_refused(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        monkeypatch.setenv("CHRYSOPEDIA_BUDGET_USD", text)
        chrysopedia("ingest")
        ended = chrysopedia("process")
        assert ended.code == 2 and "CHRYSOPEDIA_BUDGET_USD" in ended.told
        assert server.requests == []


def test_without_a_price_a_budget_sends_nothing(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="")
        allow(monkeypatch, 5.0)
        ended = chrysopedia("process")
        assert ended.code == 2 and "CHRYSOPEDIA_LLM_PRICE" in ended.told
        assert server.requests == [] and outcomes(open_database()) == []
