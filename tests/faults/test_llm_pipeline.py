"""The whole pipeline with a model server that fails in every way it can, killed and raced: what is made, what is paid."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest
from sqlalchemy.engine import URL

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.prompts import TASKS
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.technique_pages import TechniquePages
from resources.clients.library import look
from resources.database import close_database, open_database
from resources.llm import close_llm
from resources.settings import PROJECT, settings
from resources.store.records import load
from tests.fakes.calling import outcomes, rows
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import KINDS, Fault, FaultKind, Faults, at_first, every
from tests.faults.conftest import VIDEO

UseServer = Callable[..., None]

NAMED: dict[FaultKind, str] = {
    "bad_key": "does not let us in",
    "no_permission": "does not let us in",
    "no_credit": "does not let us in",
    "no_such_model": "has no model test-model",
    "context_length": "longer than test-model at",
}
"""What a run ends with at once; the others are got over. Too long a prompt is divided where it can be."""
OTHERWISE = frozenset({"short", "raw_surrogates", "context_length"})
"""What leads to a sound result that is another one: less was found, or it was asked for in parts."""


def take_in(instance: dg.DagsterInstance) -> None:
    assert ingest(look([settings().library_dir]).files, open_database(), instance).refused == ()


def process(instance: dg.DagsterInstance) -> Processed:
    return Processor(build_defs(), instance, open_database()).process(VIDEO, Order("manual"))


def pages() -> TechniquePages:
    with open_database().reading() as connection:
        return cast(TechniquePages, load(connection, "technique_pages", VIDEO))


def task_of(body: Mapping[str, Any]) -> str:
    return str(body["response_format"]["json_schema"]["name"])


def once_per_task(fault: Fault) -> Faults:
    seen: set[str] = set()

    def first(number: int, body: Mapping[str, Any]) -> Fault | None:
        known = task_of(body) in seen
        seen.add(task_of(body))
        return None if known else fault

    return first


def failed_at(instance: dg.DagsterInstance) -> str:
    """The class of error that a run's step recorded."""
    [run] = instance.get_runs(limit=1)
    for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        assert record.dagster_event is not None
        told = record.dagster_event.step_failure_data.user_failure_data
        assert told is not None
        return str(told.metadata["failure"].value)
    raise AssertionError("no step failed")


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    """What comes out without faults; filled by the first test that needs it."""
    return {}


@pytest.fixture
def expected(
    sound: dict[str, Any], speech: Path, use_server: UseServer, tmp_path: Path
) -> dict[str, Any]:
    """The pages without faults, and how many calls they take; made once, in a world of its own."""
    if not sound:
        with (
            pytest.MonkeyPatch.context() as elsewhere,
            ChatServer() as server,
        ):
            elsewhere.setenv("CHRYSOPEDIA_DATA_DIR", str(tmp_path / "without faults"))
            use_server(server.base_url)
            with dg.DagsterInstance.get() as instance:
                take_in(instance)
                assert process(instance).failed is None
            sound |= {"pages": pages().pages, "unused": pages().unused}
            sound["calls"] = len(server.requests)
            sound["by_task"] = Counter(task_of(request.body) for request in server.requests)
            close_llm()
            close_database()
    assert sound["pages"]
    assert sound["by_task"]["extraction"] >= 2
    assert sound["by_task"]["synthesis"] >= 2
    return sound


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_once_in_every_stage_spoils_nothing(
    expected: dict[str, Any],
    instance: dg.DagsterInstance,
    use_server: UseServer,
    kind: FaultKind,
) -> None:
    fault = Fault(kind, seconds=2.0 if kind == "slow" else 0.0, retry_after_s=0.01)
    with ChatServer(faults=once_per_task(fault)) as server:
        use_server(server.base_url, **({"TIMEOUT_S": "0.8"} if kind == "slow" else {}))
        take_in(instance)
        done, failures = process(instance), 0
        while done.failed and kind in NAMED and failures < len(TASKS):
            assert NAMED[kind] in done.failed.message
            failures += 1
            close_llm()  # whoever has set it right starts it again
            done = process(instance)
        assert done.failed is None, done.failed
        if kind != "context_length":
            assert failures == (len(TASKS) if kind in NAMED else 0)
        assert "started" not in outcomes(open_database())
    made = pages()
    assert made.pages
    assert made.made_by == "test-model"
    if kind not in OTHERWISE:
        assert (made.pages, made.unused) == (expected["pages"], expected["unused"])


@pytest.mark.parametrize("seed", range(3))
def test_all_faults_mixed_at_a_share_of_all_calls_end_in_pages_or_by_name(
    expected: dict[str, Any], instance: dg.DagsterInstance, use_server: UseServer, seed: int
) -> None:
    kinds = [kind for kind in KINDS if kind not in NAMED and kind != "slow"]
    mixed = [
        every(Fault(kind, retry_after_s=0.01), 0.03, seed=100 * seed + number)
        for number, kind in enumerate(kinds)
    ]

    def faults(number: int, body: Mapping[str, Any]) -> Fault | None:
        drawn = [choose(number, body) for choose in mixed]
        return next(filter(None, drawn), None)

    with ChatServer(faults=faults) as server:
        use_server(server.base_url)
        take_in(instance)
        for _ in range(6):
            done = process(instance)
            if done.failed is None:
                break
            assert failed_at(instance) not in ("", "ChrysopediaError")
            close_llm()
        assert done.failed is None, done.failed
        found = Counter(outcomes(open_database()))
    assert len(found) > 1, "some faults have hit"
    assert pages().pages


def test_a_stage_that_failed_is_paid_only_for_what_is_missing(
    expected: dict[str, Any], instance: dg.DagsterInstance, use_server: UseServer
) -> None:
    first: list[Any] = []

    def one_extraction(number: int, body: Mapping[str, Any]) -> Fault | None:
        if task_of(body) != "extraction":
            return None
        if not first:
            first.append(body["messages"])
        return Fault("server_error") if body["messages"] == first[0] else None

    with ChatServer(faults=one_extraction) as server:
        use_server(server.base_url)
        take_in(instance)
        done = process(instance)
        assert done.failed is not None
        assert (done.failed.stage, failed_at(instance)) == ("key_moments", "ServerFailed")
        server.faults = None
        before = len(server.requests)
        close_llm()
        assert process(instance).failed is None
        asked = Counter(task_of(request.body) for request in server.requests[before:])
    assert asked["segmentation"] == 0
    assert asked["extraction"] == 1
    assert pages().pages == expected["pages"]
    answered = [row.content_key for row in rows(open_database()) if row.outcome == "ok"]
    assert len(answered) == len(set(answered)) == expected["calls"]


def test_everything_that_was_answered_is_free_the_second_time(
    expected: dict[str, Any], instance: dg.DagsterInstance, use_server: UseServer
) -> None:
    with ChatServer() as server:
        use_server(server.base_url)
        take_in(instance)
        assert process(instance).failed is None
        asked = len(server.requests)
    close_llm()  # another process, and no server there any more
    result = build_defs().resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        partition_key=VIDEO,
        asset_selection=[dg.AssetKey(stage) for stage in STAGES],
    )  # fmt: skip
    assert result.success
    assert asked == expected["calls"]
    assert Counter(outcomes(open_database())) == {"ok": asked, "reused": asked}
    again = [row for row in rows(open_database()) if row.run_id == result.run_id]
    assert {row.cost_usd for row in again} == {0.0}
    assert pages().pages == expected["pages"]
    assert process(instance).ran == ()


def test_the_pipeline_runs_with_a_model_on_postgresql(
    speech: Path, use_server: UseServer, postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_url.render_as_string(hide_password=False)
    monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url)
    faults = at_first(Fault("server_error"))
    with ChatServer(faults=faults) as server, dg.DagsterInstance.get() as instance:
        use_server(server.base_url)
        take_in(instance)
        assert process(instance).failed is None
        assert pages().made_by == "test-model"
        assert Counter(outcomes(open_database()))["server_error"] > 0


# Killed, and raced

CHILD = """
import os, signal, sys
import dagster as dg
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from resources.database import open_database
from resources.store.ledger import Ledger

point, count = sys.argv[1], int(sys.argv[2])
end, ended = Ledger.end, 0

def kill_at(self, call_id, result):
    global ended
    ended = mine = ended + 1
    if point == "reply received" and mine == count:
        os.kill(os.getpid(), signal.SIGKILL)
    end(self, call_id, result)
    if point == "reply stored" and mine == count:
        os.kill(os.getpid(), signal.SIGKILL)

Ledger.end = kill_at
with dg.DagsterInstance.get() as instance:
    done = Processor(build_defs(), instance, open_database()).process("ann--kick", Order("manual"))
sys.exit(done.failed.message if done.failed else 0)
"""


def child(point: str = "never", count: int = 0) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, point, str(count)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("point", "count"),
    [("reply received", 1), ("reply stored", 3), ("in flight", 2)],
)
def test_killed_at_any_point_nothing_that_is_on_record_is_paid_again(
    expected: dict[str, Any],
    instance: dg.DagsterInstance,
    use_server: UseServer,
    point: str,
    count: int,
) -> None:
    def hang(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("slow", 60.0) if point == "in flight" and number >= count else None

    with ChatServer(faults=hang) as server:
        use_server(server.base_url)
        take_in(instance)
        with child(point, count) as process_:
            if point == "in flight":
                deadline = time.monotonic() + 60
                while len(server.requests) <= count and time.monotonic() < deadline:
                    time.sleep(0.02)
                process_.send_signal(signal.SIGKILL)
            process_.communicate(timeout=60)
            assert process_.returncode == -signal.SIGKILL
        server.faults = None
        lost = len(server.requests) - outcomes(open_database()).count("ok")
        assert 0 <= lost <= outcomes(open_database()).count("started")
        assert lost > 0 or point == "reply stored"
        close_llm()
        assert process(instance).failed is None
        assert len(server.requests) == expected["calls"] + lost
    answered = [row.content_key for row in rows(open_database()) if row.outcome == "ok"]
    assert len(answered) == len(set(answered)) == expected["calls"]
    assert (pages().pages, pages().unused) == (expected["pages"], expected["unused"])


def test_two_processes_on_one_video_ruin_nothing_and_pay_at_most_twice(
    expected: dict[str, Any], instance: dg.DagsterInstance, use_server: UseServer
) -> None:
    with ChatServer(latency_s=0.1) as server:
        use_server(server.base_url)
        take_in(instance)
        with child() as one, child() as other:
            told = [process_.communicate(timeout=90)[1] for process_ in (one, other)]
            assert [one.returncode, other.returncode] == [0, 0], told
        asked = len(server.requests)
        assert process(instance).failed is None
        assert len(server.requests) == asked
    assert expected["calls"] <= asked <= 2 * expected["calls"]
    times = Counter(row.content_key for row in rows(open_database()) if row.outcome == "ok")
    assert max(times.values()) <= 2
    assert len(times) == expected["calls"]
    with open_database().reading() as connection:
        for stage in STAGES:
            load(connection, stage, VIDEO)
    assert (pages().pages, pages().unused) == (expected["pages"], expected["unused"])
