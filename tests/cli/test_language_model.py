"""The command with a language model behind it: what it says, what it costs, when it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from resources.llm import close_llm
from resources.store.costs import By
from tests.cli.conftest import Command
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always
from tests.faults.conftest import SPEECH
from tests.library import put_vtt

KEY = "sk-planted-secret"


@pytest.fixture
def many(library: Path) -> Path:
    """More videos than are begun at once."""
    for number in range(3, 9):
        put_vtt(library / f"Video {number}.vtt", *SPEECH[number:])
    return library


def use(monkeypatch: pytest.MonkeyPatch, server: ChatServer, **more: str) -> None:
    close_llm()
    for name, text in {"MODEL": "test-model", "BASE_URL": server.base_url, **more}.items():
        monkeypatch.setenv(f"CHRYSOPEDIA_LLM_{name}", text)


def test_a_model_makes_the_pages_and_every_call_is_in_the_cost(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2/0.5")
        done = chrysopedia("process", "--json")
        assert [row["error"] for row in done.json] == [None] * 3
        assert {len(row["ran"]) for row in done.json} == {6}
        page = chrysopedia("pages", "list", "--json").json[0]["page"]
        shown = " ".join(chrysopedia("pages", "show", page).out.split())
        assert "Written by test-model" in shown
        for by in By:
            told = chrysopedia("costs", "--by", by.value, "--json").json
            if by is By.REFRESH:
                continue
            assert told["total"]["calls"] == len(server.requests)
            for name, total in told["total"].items():
                assert sum(row[name] for row in told["rows"]) == pytest.approx(total), (by, name)
            assert told["total"]["cost_usd"] > 0
        one = chrysopedia("costs", "--by", "run", "--video", "ann--video-1", "--json").json["rows"]
        assert len(one) == 1, "what was asked ahead of the run counts as the run's"
        with dg.DagsterInstance.get() as instance:
            assert one[0]["run_id"] in {run.run_id for run in instance.get_runs()}
        before = len(server.requests)
        again = chrysopedia("process")
        assert "0 brought up to date, 3 already were" in again.out
        assert len(server.requests) == before


def test_made_anew_means_paid_anew_and_only_for_named_videos(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server)
        chrysopedia("process", "ann--video-0")
        needed = len(server.requests)
        refused = chrysopedia("process", "--fresh")
        assert refused.code == 2 and "Name the videos" in refused.told
        assert len(server.requests) == needed
        done = chrysopedia("process", "--fresh", "ann--video-0", "--json")
        assert len(done.json[0]["ran"]) == 6
        assert len(server.requests) == 2 * needed
    with dg.DagsterInstance.get() as instance:
        newest, *_ = instance.get_runs()
        assert newest.tags["chrysopedia/trigger"] == "clean_reprocess"


def test_a_key_that_is_not_accepted_stops_everything_at_once(
    chrysopedia: Command, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer(faults=always(Fault("bad_key"))) as server:
        use(monkeypatch, server, API_KEY=KEY)
        ended = chrysopedia("process")
        assert ended.code == 2
        assert "CHRYSOPEDIA_LLM_API_KEY" in ended.told and "Nothing more was tried" in ended.told
        assert KEY not in ended.out + ended.err
        assert len(server.requests) <= 2, "one for each video that was begun"


def test_one_video_that_cannot_be_done_does_not_stop_the_others(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")

    def fault(number: int, body: dict[str, object]) -> Fault | None:
        return Fault("refusal") if "Video: Video 1" in json.dumps(body) else None

    with ChatServer(faults=fault) as server:
        use(monkeypatch, server)
        ended = chrysopedia("process", "--json")
    assert ended.code == 1
    assert [bool(row["error"]) for row in ended.json] == [False, True, False]
    assert "the model declines" in ended.json[1]["error"]


def test_the_doctor_tries_the_model_with_one_call(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> dict[str, str]:
        rows = chrysopedia("doctor", "--json").json
        return next(row for row in rows if row["check"] == "language model")

    assert "embedded engine" in told()["found"]
    with ChatServer(api_key=KEY) as server:
        use(monkeypatch, server, API_KEY=KEY)
        found = told()
        assert found["ok"] == "yes"
        assert "test-model" in found["found"] and "json_schema" in found["found"]
        assert "price unknown" in found["found"]
        assert len([r for r in server.requests if r.path.endswith("completions")]) == 1
        use(monkeypatch, server, API_KEY="another")
        assert told()["ok"] == "NO" and "CHRYSOPEDIA_LLM_API_KEY" in told()["found"]
        use(monkeypatch, server, API_KEY=KEY, MODEL="absent")
        assert "has no model absent" in told()["found"]
        assert "it lists only test-model" in told()["found"]
    assert "cannot be reached" in told()["found"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("MODLE", "x", "Did you mean CHRYSOPEDIA_LLM_MODEL?"),
        ("CONCURRENCY", "0", "whole number of at least 1"),
        ("PRICE", "cheap", "in/out/cached"),
        ("EXTRA", "[1]", "JSON object"),
        *(
            ("EXTRA", f'{{"seed": 1, "{name}": 9}}', f"holds {name}, which")
            for name in ("n", "model", "max_tokens", "max_completion_tokens")
        ),
        ("TEMPERATURE", "warm", "CHRYSOPEDIA_LLM_TEMPERATURE"),
        ("BASE_URL", "localhost:11434", "is no address"),
        ("API_KEY", "sk-\u201cpasted\u201d", "what no key has"),
        ("BASE_URL", "http://ann:planted@localhost/v1", "CHRYSOPEDIA_LLM_API_KEY"),
        ("BASE_URL", "", "CHRYSOPEDIA_LLM_API_KEY is not set"),
    ],
)
def test_a_wrong_setting_is_told_before_any_run(
    chrysopedia: Command,
    library: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    told: str,
) -> None:
    chrysopedia("ingest")
    close_llm()
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "test-model")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv(f"CHRYSOPEDIA_LLM_{name}", text)
    ended = chrysopedia("process")
    assert ended.code == 2
    assert told in ended.told
    assert "planted" not in ended.told
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 0


def test_interrupted_it_ends_soon_and_leaves_its_runs_cancelled(
    chrysopedia: Command, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrysopedia("ingest")
    with ChatServer(latency_s=30) as server:
        use(monkeypatch, server)
        program = "from chrysopedia_assets.cli.main import run; run()"
        with (
            subprocess.Popen(
                [sys.executable, "-c", program, "process"],
                env=dict(os.environ),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
            dg.DagsterInstance.get() as instance,
        ):
            while not any(run.status.value == "STARTED" for run in instance.get_runs()):
                assert process.poll() is None
                time.sleep(0.1)
            while not server.requests:
                assert process.poll() is None
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=20)
            assert process.returncode == 130, told
            assert "Traceback" not in told
            assert {run.status.value for run in instance.get_runs()} == {"CANCELED"}


def test_who_has_models_for_everything_does_not_load_the_embedded_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def loaded(asking: str) -> str:
        program = f"from resources.engine import engine; {asking}; import sys; print('numpy' in sys.modules)"
        command = [sys.executable, "-c", program]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    assert loaded("engine()([])") == "True"
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "test-model")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert loaded("engine()") == "False"
