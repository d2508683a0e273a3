"""What ran, as a user asks for it: the list, one run in full, its events, and the work that no run did."""

import re
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Label, Result
from chrysopedia_assets.models.records import STAGES
from resources.database import open_database
from resources.store import tables as t
from resources.store.database import Database
from resources.store.ledger import Ledger
from tests.cli.conftest import Command
from tests.cli.test_commands import _break_engine_for
from tests.cli.test_language_model import use
from tests.fakes.calling import request
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt

KICK = "ann--kick"


@pytest.fixture
def kick(own_world: Path, new_library: Path, chrysopedia: Command) -> str:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    return KICK


def try_out(video: str, run_id: str | None = None, cost_usd: float | None = 0.5) -> None:
    """A call that cost something, of a run or of none."""
    ledger = Ledger(open_database())
    label = Label("extraction", video, "segments 0 to 9", "prompt-1", 60.0)
    call = ledger.begin(Attempt("key", run_id, "host/v1", "model-1", label, Dialect()), request())
    ledger.end(call, Result("ok", 2.0, None, Completion("{}", "stop", None, 100, 10, 40), cost_usd))


def test_before_the_first_run_the_list_says_what_to_do(chrysopedia: Command, kick: str) -> None:
    assert "chrysopedia process" in chrysopedia("runs").out
    assert chrysopedia("runs", "--json").json == {"runs": [], "without_run": []}
    for wrong in (("runs", "nobody"), ("runs", "show", "x"), ("events", f"{KICK}#1")):
        assert chrysopedia(*wrong).code == 2
    assert "List them: chrysopedia status" in chrysopedia("runs", "nobody").told


def test_a_failed_run_and_the_one_that_mended_it_are_told_with_what_they_used(
    chrysopedia: Command, kick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        _break_engine_for(broken, kick)
        chrysopedia("process")
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2/0.5")
        assert chrysopedia("process").code == 0
        asked = len(server.requests)
    second, first = chrysopedia("runs", "--json").json["runs"]
    assert (first["video"], first["number"], first["trigger"], first["state"]) == (KICK, 1, "manual", "error")  # fmt: skip
    assert first["failed_at"] == "classifications"
    assert first["why"].startswith(f"{KICK}: the engine broke down")
    assert first["stages"] == list(STAGES[:3])
    assert (first["calls"], first["tokens_in"], first["cost_usd"]) == (0, 0, 0)
    assert (second["number"], second["state"], second["calls"]) == (2, "complete", asked)
    with open_database().reading() as connection:
        used = connection.execute(
            sa.select(sa.func.sum(t.llm_calls.c.tokens_in), sa.func.sum(t.llm_calls.c.cost_usd))
        ).one()
    assert (second["tokens_in"], second["cost_usd"]) == (used[0], pytest.approx(used[1], abs=1e-6))
    table = chrysopedia("runs", KICK).out
    assert f"{KICK}#1" in table and "the engine broke down" in table
    assert f"{KICK}#2" not in chrysopedia("runs", "--state", "error").out

    one = chrysopedia("runs", "show", f"{KICK}#2", "--json").json
    assert one["tags"]["chrysopedia/run"] == "2"
    assert sum(stage["calls"] for stage in one["by_stage"]) == asked
    assert {stage["state"] for stage in one["by_stage"]} == {"done"}
    shown = chrysopedia("runs", "show", first["run_id"][:10]).out
    assert f"Failed at classifications: {KICK}: the engine broke down" in shown
    assert f"chrysopedia process {KICK}" in shown and f"chrysopedia events {KICK}#1" in shown

    events = chrysopedia("events", f"{KICK}#2", "--json").json
    assert sum(1 for event in events if event["kind"] == "call") == asked
    assert len(events) == second["events"] + asked
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    at = [(event["kind"], event["stage"]) for event in events]
    assert at.index(("step_start", "topic_chunks")) < at.index(("call", "topic_chunks")) < at.index(("step_success", "topic_chunks"))  # fmt: skip
    assert f"{second['events']} events, {asked} calls." in chrysopedia("events", f"{KICK}#2").out


def test_work_without_a_run_is_told_apart(
    chrysopedia: Command, kick: str, instance: dg.DagsterInstance
) -> None:
    chrysopedia("process")
    assert chrysopedia("runs", "--json").json["without_run"] == []
    [run] = instance.get_runs()
    try_out("another")
    try_out(kick, run.run_id)
    assert "try-outs" not in chrysopedia("runs", KICK).out
    with open_database().writing(lock="test") as connection:
        imported = t.stage_outputs.c.stage == "transcripts"
        connection.execute(sa.update(t.stage_outputs).where(imported).values(run_id=None))
    instance.delete_run(run.run_id)
    found = chrysopedia("runs", "--json").json
    assert found["runs"] == []
    apart = {row["work"]: row for row in found["without_run"]}
    assert apart["imported results"]["stored_stages"] == 1
    assert apart["try-outs and checks"]["cost_usd"] == 0.5
    assert apart["of runs deleted in Dagster"]["stored_stages"] == 5
    assert apart["of runs deleted in Dagster"]["tokens_cached"] == 40
    assert "Work without a run:" in chrysopedia("runs").out


def test_work_without_a_run_is_that_of_the_video_and_an_optimisation_is_no_deleted_run(
    chrysopedia: Command, kick: str
) -> None:
    deleted = str(uuid.uuid4())
    for video in (kick, "another", "another"):
        try_out(video, deleted)
        try_out(video, f"optimisation-{uuid.uuid4().hex}")
        try_out(video)

    def calls(*of: str) -> dict[str, int]:
        found = chrysopedia("runs", *of, "--json").json["without_run"]
        return {row["work"]: row["calls"] for row in found}

    kinds = ("try-outs and checks", "optimisations of prompts", "of runs deleted in Dagster")
    assert calls() == dict.fromkeys(kinds, 3)
    assert calls(kick) == dict.fromkeys(kinds, 1)


def test_a_call_without_a_price_hides_nothing_of_what_the_others_cost(
    chrysopedia: Command, kick: str, instance: dg.DagsterInstance
) -> None:
    chrysopedia("process")
    [run] = instance.get_runs()
    for cost_usd in (0.5, 0.25, None):
        try_out(kick, run.run_id, cost_usd)
    one = chrysopedia("runs", "show", f"{kick}#1", "--json").json
    [stage] = [stage for stage in one["by_stage"] if stage["calls"]]
    [listed] = chrysopedia("runs", "--json").json["runs"]
    for told in (one, stage, listed):
        assert (told["calls"], told["cost_usd"], told["unpriced"]) == (3, 0.75, 1)
    assert "US$ 0.7500 + 1 unpriced" in chrysopedia("runs", "show", f"{kick}#1").out
    [head, row] = chrysopedia("runs").out.splitlines()
    assert "cost usd  unpriced" in head and "0.7500         1" in row


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as there:
        there.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_all_commands_take_the_same_names_and_say_the_same_time(
    chrysopedia: Command, kick: str, instance: dg.DagsterInstance
) -> None:
    before = datetime.now(UTC)
    chrysopedia("process")
    [run] = instance.get_runs()
    try_out(kick, run.run_id)
    try_out("another", str(uuid.uuid4()))
    for name in (f"{kick}#1", run.run_id[:9]):
        [call] = chrysopedia("calls", "list", "--run", name, "--json").json
        assert call["run"] == run.run_id
        compared = chrysopedia("inspect", kick, "--against", name, "--run", name)
        assert compared.code == 0 and f"run {run.run_id[:8]}, v1" in compared.out
    assert chrysopedia("calls", "list", "--run", f"{kick}#2").code == 2
    hours = f"({before:%Y-%m-%d %H}|{datetime.now(UTC):%Y-%m-%d %H})"
    for command in (("runs",), ("runs", "show", f"{kick}#1"), ("events", f"{kick}#1"), ("status",), ("calls", "list"), ("calls", "show", "1")):  # fmt: skip
        told = chrysopedia(*command).out
        assert re.search(rf"{hours}:[0-9:.]+ UTC", told), told


def test_a_long_list_of_runs_asks_the_ledger_once(
    chrysopedia: Command, kick: str, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("process")
    [run] = instance.get_runs()
    for _ in range(5):
        instance.add_run(run._replace(run_id=str(uuid.uuid4())))
    opened = []
    reading = Database.reading
    monkeypatch.setattr(Database, "reading", lambda self: opened.append(self) or reading(self))
    assert len(chrysopedia("runs", "--json").json["runs"]) == 6
    many, opened[:] = len(opened), []
    assert len(chrysopedia("runs", "--limit", "1", "--json").json["runs"]) == 1
    assert len(opened) == many


def test_of_a_run_that_many_ids_begin_like_more_is_asked_for(
    chrysopedia: Command, kick: str, instance: dg.DagsterInstance
) -> None:
    chrysopedia("process")
    [run] = instance.get_runs()
    instance.add_run(run._replace(run_id=f"{run.run_id[:-1]}{'0' if run.run_id[-1] != '0' else '1'}"))  # fmt: skip
    assert "Give more of the id" in chrysopedia("runs", "show", run.run_id[:8]).told
    assert chrysopedia("runs", "show", run.run_id).code == 0


def test_status_says_where_a_video_failed_and_what_helps_and_writes_nothing(
    chrysopedia: Command, kick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        _break_engine_for(broken, kick)
        chrysopedia("process")
    told = chrysopedia("status", "--state", "error")
    assert f"{KICK} failed at classifications: {KICK}: the engine broke down" in told.told
    assert f"chrysopedia process {KICK}" in told.told and f"chrysopedia runs {KICK}" in told.told
    [row] = chrysopedia("status", "--json").json
    assert (row["state"], row["last_run"]["run"]) == ("error", f"{KICK}#1")
    assert "No such video." in chrysopedia("status", "--state", "not started").out
    chrysopedia("process")
    [row] = chrysopedia("status", "--json").json
    assert (row["state"], row["last_run"]["state"], row["last_run"]["failed_at"]) == ("complete", "complete", None)  # fmt: skip


@pytest.mark.parametrize("command", [["runs"], ["runs", "show", f"{KICK}#1"], ["events", f"{KICK}#1"], ["status"]])  # fmt: skip
def test_what_only_looks_never_loads_dagster(
    chrysopedia: Command, kick: str, command: list[str]
) -> None:
    chrysopedia("process")
    program = (
        "import sys; from chrysopedia_assets.cli.main import run\n"
        f"sys.argv = {['chrysopedia', *command]!r}\n"
        "try: run()\n"
        "finally: print('dagster' in sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # fmt: skip
    assert ended.stderr.splitlines()[-1] == "False", ended.stderr
