"""Several real processes for many videos: the same results, one limit of calls, and every way in which it can end."""

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from chrysopedia_assets import errors
from chrysopedia_assets.automation import workers
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import PROCESS
from resources import llm
from resources.clients.library import look
from resources.database import open_database
from resources.hearing import HowFar, listening
from resources.processes import pid_of
from resources.settings import settings
from tests.clients.speech.sounds import MODEL, SENTENCES, talk, write_media
from tests.fakes.calling import KEY, outcomes
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always
from tests.faults.conftest import SPEECH
from tests.library import put_vtt

VIDEOS = tuple(f"ann--video-{number}" for number in range(8))
LIMIT = 2
TWO_CORES = (
    "import os; os.cpu_count = lambda: 2; from resources import llm; llm.CALLS_PER_PROCESS = 1;"
)
COMMAND = f"{TWO_CORES} from chrysopedia_assets.cli.main import run; run()"
PATIENCE_S = 60


@pytest.fixture
def library(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight videos, two cores, and two calls at a time: two workers, each with one video and one call."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(llm, "CALLS_PER_PROCESS", 1)
    for number in range(len(VIDEOS)):
        put_vtt(own_world / f"library/Ann/Video {number}.vtt", *SPEECH, f"that was video {number}")
    return own_world / "library"


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[[ChatServer], None]:
    def use(server: ChatServer) -> None:
        found = {"MODEL": "test-model", "BASE_URL": server.base_url, "API_KEY": KEY}
        for name, text in {**found, "CONCURRENCY": str(LIMIT)}.items():
            monkeypatch.setenv(f"CHRYSOPEDIA_LLM_{name}", text)

    return use


def take_in(instance: dg.DagsterInstance) -> None:
    assert ingest(look([settings().library_dir]).files, open_database(), instance).refused == ()


def process(
    instance: dg.DagsterInstance,
    on_stage: workers.OnStage = lambda video_id, stage: None,
    run_ids: Mapping[str, str] | None = None,
) -> Iterator[Processed]:
    processor = Processor(build_defs(), instance, open_database())
    return workers.process_many(
        processor, VIDEOS, Order("manual"), run_ids=run_ids, on_stage=on_stage
    )


def pids(instance: dg.DagsterInstance) -> set[int]:
    return {pid_of(run.tags[PROCESS]) for run in instance.get_runs()}


def states(instance: dg.DagsterInstance) -> dict[str, str]:
    return {run.tags["dagster/partition"]: run.status.value for run in instance.get_runs()}


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """As a process that runs: one that nobody has waited for is dead all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_videos_are_done_in_several_processes_within_one_limit(
    library: Path, instance: dg.DagsterInstance, use: Callable[[ChatServer], None]
) -> None:
    heard: list[tuple[str, str]] = []
    with ChatServer(latency_s=0.1) as server:
        use(server)
        take_in(instance)
        done = list(process(instance, lambda *told: heard.append(told)))
        assert server.max_in_flight == LIMIT
        assert outcomes(open_database()) == ["ok"] * len(server.requests)
    assert {each.video_id for each in done} == set(VIDEOS)
    assert {each.ran for each in done} == {STAGES}
    assert sorted(heard) == sorted((video, stage) for video in VIDEOS for stage in STAGES)
    assert len(pids(instance)) == 2 and os.getpid() not in pids(instance)
    assert not any(map(lives, pids(instance)))
    assert set(states(instance).values()) == {"SUCCESS"}


def test_what_was_begun_here_is_finished_here(
    library: Path,
    instance: dg.DagsterInstance,
    use: Callable[[ChatServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(llm, "VIDEOS_PER_PROCESS", 3)
    expected = {VIDEOS[5]: str(uuid.uuid4()), VIDEOS[1]: str(uuid.uuid4())}
    with ChatServer() as server:
        use(server)
        take_in(instance)
        done = [each.video_id for each in process(instance, run_ids=expected)]
    assert len(done) == len(VIDEOS) and set(done) == set(VIDEOS)
    here = {
        run.tags["dagster/partition"]: run.run_id
        for run in instance.get_runs()
        if pid_of(run.tags[PROCESS]) == os.getpid()
    }
    assert here == expected
    assert len(pids(instance)) == 3


def test_a_failure_for_all_ends_it_in_every_process(
    library: Path, instance: dg.DagsterInstance, use: Callable[[ChatServer], None]
) -> None:
    with ChatServer(faults=always(Fault("bad_key"))) as server:
        use(server)
        take_in(instance)
        done = list(process(instance))
        assert len(server.requests) <= LIMIT
    assert 1 <= len(done) <= LIMIT
    assert all(each.failed and each.failed.for_all for each in done)


def test_a_worker_that_is_killed_costs_its_own_videos_only(
    library: Path, instance: dg.DagsterInstance, use: Callable[[ChatServer], None]
) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("slow", seconds=30) if "Video: Video 0" in json.dumps(body) else None

    with ChatServer(faults=fault) as server:
        use(server)
        take_in(instance)

        def kill() -> None:
            until(lambda: states(instance).get(VIDEOS[0]) == "STARTED")
            until(lambda: any("Video: Video 0" in json.dumps(r.body) for r in server.requests))
            [run] = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": VIDEOS[0]}))
            os.kill(pid_of(run.tags[PROCESS]), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        done = {each.video_id: each for each in process(instance)}
        killer.join()
    assert done.keys() == set(VIDEOS)
    failed = done[VIDEOS[0]].failed
    assert failed and "stopped from outside (exit code -9)" in failed.message
    [lost] = instance.get_runs(dg.RunsFilter(tags={"dagster/partition": VIDEOS[0]}))
    assert done[VIDEOS[0]].run_ids == (lost.run_id,), "what it had paid counts in a budget"
    assert [each.ran for each in done.values() if not each.failed] == [STAGES] * 7
    assert states(instance) == {**dict.fromkeys(VIDEOS, "SUCCESS"), VIDEOS[0]: "FAILURE"}


@pytest.fixture
def under_way(
    library: Path, instance: dg.DagsterInstance, use: Callable[[ChatServer], None]
) -> "Iterator[subprocess.Popen[str]]":
    """The command, in a process group of its own as in a terminal, with both workers waiting for their first reply."""
    with ChatServer(latency_s=30) as server:
        use(server)
        take_in(instance)
        with subprocess.Popen(
            [sys.executable, "-c", COMMAND, "process"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as command:
            until(lambda: len(server.requests) == LIMIT or command.poll() is not None)
            until(lambda: list(states(instance).values()) == ["STARTED"] * LIMIT)
            yield command
            if command.poll() is None:
                command.kill()


def test_interrupted_all_processes_end_soon_and_their_runs_are_cancelled(
    under_way: "subprocess.Popen[str]", instance: dg.DagsterInstance
) -> None:
    os.killpg(under_way.pid, signal.SIGINT)
    told, _ = under_way.communicate(timeout=PATIENCE_S)
    assert under_way.returncode == 130, told
    assert "Traceback" not in told and "go on with: chrysopedia process" in told
    assert list(states(instance).values()) == ["CANCELED"] * LIMIT
    assert not any(map(lives, pids(instance)))


def test_workers_end_by_themselves_when_their_parent_is_killed(
    under_way: "subprocess.Popen[str]", instance: dg.DagsterInstance
) -> None:
    under_way.kill()
    until(lambda: not any(map(lives, pids(instance))))
    assert list(states(instance).values()) == ["CANCELED"] * LIMIT


def test_what_a_worker_cannot_begin_with_is_raised(
    library: Path,
    instance: dg.DagsterInstance,
    use: Callable[[ChatServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ChatServer() as server:
        use(server)
        take_in(instance)
        begun = process(instance)
        monkeypatch.setenv("CHRYSOPEDIA_TAXONOMY", str(library / "absent.toml"))
        monkeypatch.setenv("DAGSTER_HOME", str(library / "absent"))
        with pytest.raises(RuntimeError, match="DAGSTER_HOME"):
            list(begun)
        assert server.requests == []


@pytest.mark.parametrize(
    "error",
    [
        errors.AccessDenied("no", where="here", cure="Do."),
        errors.RateLimited("slow", where="there", cure="Wait.", retry_after_s=3.0),
    ],
)
def test_our_errors_get_through_a_pipe(error: errors.ChrysopediaError) -> None:
    same = pickle.loads(pickle.dumps(error))
    assert type(same) is type(error)
    assert str(same) == str(error)
    assert vars(same) == vars(error)


@pytest.mark.parametrize(
    ("videos", "cores", "concurrency", "expected"),
    [
        (200, 2, "64", 2),
        (200, 64, "64", 4),  # no more than the calls keep busy
        (200, 2, "8", 1),
        (7, 2, "64", 1),  # not worth a start
        (
            200,
            64,
            None,
            8,
        ),  # the embedded engine computes: as many as there are cores, within reason
    ],
)
def test_as_many_processes_as_are_worth_it(
    monkeypatch: pytest.MonkeyPatch,
    videos: int,
    cores: int,
    concurrency: str | None,
    expected: int,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    if concurrency:
        monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "test-model")
        monkeypatch.setenv("CHRYSOPEDIA_LLM_CONCURRENCY", concurrency)
    assert llm.processes(videos) == expected


def test_what_a_worker_transcribes_is_heard_of_in_the_parent(
    instance: dg.DagsterInstance,
    library: Path,
    use: Callable[[ChatServer], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_WHISPER_MODEL", str(MODEL))
    for path in (library / "Ann").iterdir():
        path.unlink()
    for number in range(2):
        write_media(library / f"Ann/Video {number}.mp4", talk(SENTENCES[number : number + 2])[0])
    told: list[HowFar] = []
    with ChatServer() as server, listening(told.append):
        use(server)
        take_in(instance)
        processor = Processor(build_defs(), instance, open_database())
        list(workers.process_many(processor, VIDEOS[:2], Order("manual")))
    assert all(0 <= how_far.done_s <= 10 for how_far in told)
    assert {how_far.video_id for how_far in told if how_far.done_s} == set(VIDEOS[:2])
