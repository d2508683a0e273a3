"""The search for a better prompt as the launchpad starts it: what it takes, what the run shows, when it stops."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.harness.fixtures import written
from resources.clients.library import look
from resources.database import open_database
from resources.settings import PROJECT, settings
from tests.automation.test_refresh_jobs import launch
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.faults.conftest import SPEECH
from tests.harness.test_optimising import FIXTURES, plain_prompt
from tests.library import put_vtt

JOB, OP = "optimize_prompt", "search_for_a_prompt"


@pytest.fixture
def exported(own_world: Path) -> list[str]:
    folder = own_world / "fixtures"
    folder.mkdir()
    for number, one in enumerate(FIXTURES):
        (folder / f"{number}.json").write_text(written(one), "utf-8")
    return [str(folder)]


def test_the_run_shows_the_leaderboard_its_course_and_what_to_do_next(
    instance: dg.DagsterInstance,
    exported: list[str],
    own_world: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        told = launch(
            instance, JOB, OP, stage="synthesis", fixtures=exported, budget="40calls",
            prompt=str(plain_prompt(own_world)), judge=False,
        )  # fmt: skip
    assert "| seed |" in told["leaderboard"] and "(best)" in told["leaderboard"]
    assert "█" in told["trajectory"]
    assert Path(told["picture"]).read_text().startswith("<svg")
    assert Path(told["candidate"]).parent.parent == own_world / "data" / "optimisations"
    assert "chrysopedia prompt promote" in told["next"]
    assert "paid calls of 40 calls" in told["paid"]
    [run] = instance.get_runs()
    said = [log.user_message for log in instance.all_logs(run.run_id)]
    assert any("the best so far" in line for line in said)


def test_videos_are_exported_by_the_run_itself(
    instance: dg.DagsterInstance, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        put_vtt(own_world / "library" / "Ann" / f"Video {number}.vtt", *SPEECH[number:])
    ingest(look([settings().library_dir]).files, open_database(), instance)
    videos = [f"ann--video-{number}" for number in range(3)]
    for done in Processor(build_defs(), instance, open_database()).process_many(
        videos, Order("manual")
    ):
        assert done.failed is None
    with ChatServer() as server:
        use(monkeypatch, server)
        told = launch(
            instance, JOB, OP, stage="key_moments", videos=videos, budget="40", judge=False
        )
    assert "| seed |" in told["leaderboard"]


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({"stage": "synthesis", "budget": "9"}, "there is no fixture"),
        ({"stage": "synthesis", "budget": "9", "videos": ["nobody"]}, "nobody"),
        ({"stage": "pages", "budget": "9"}, "no stage pages has a prompt"),
    ],
)
def test_what_cannot_be_done_fails_the_run_in_our_words(
    instance: dg.DagsterInstance, config: dict[str, Any], what: str
) -> None:
    with pytest.raises(dg.Failure, match=what):
        launch(instance, JOB, OP, **config)


def test_the_graph_loads_without_the_optional_package() -> None:
    program = (
        "import sys; sys.modules['gepa'] = None\n"
        "from chrysopedia_assets.definitions import defs\n"
        "assert defs.resolve_job_def('optimize_prompt')"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=True)


def test_cancelled_it_stops_at_once_and_the_search_goes_on_in_the_next_run(
    instance: dg.DagsterInstance,
    exported: list[str],
    own_world: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = own_world / "out"
    config = {
        "stage": "synthesis", "fixtures": exported, "budget": "40calls", "judge": False,
        "prompt": str(plain_prompt(own_world)), "out": str(out),
    }  # fmt: skip
    program = (
        "import dagster as dg, sys, json\n"
        "from chrysopedia_assets.definitions import build_defs\n"
        "with dg.DagsterInstance.get() as instance:\n"
        "    build_defs().resolve_job_def('optimize_prompt').execute_in_process(instance=instance,"
        f" run_config={{'ops': {{'{OP}': {{'config': {config!r}}}}}}})"
    )
    with ChatServer() as server:
        use(monkeypatch, server)
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        server.latency_s = 0.3
        with subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
            _wait(lambda: len(server.requests) >= 5, process)
            server.latency_s = 30.0
            asked = len(server.requests)
            _wait(lambda: len(server.requests) > asked, process)
            [run] = instance.get_runs()
            instance.report_run_canceling(run)  # as the button does before it stops the process
            process.send_signal(signal.SIGINT)
            process.wait(timeout=15)
        [run] = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.CANCELED
        assert (out / "state" / "gepa_state.bin").is_file()
        server.latency_s = 0.0
        assert "(best)" in launch(instance, JOB, OP, **config)["leaderboard"]


def _wait(true: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
