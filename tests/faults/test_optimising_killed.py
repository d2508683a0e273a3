"""A search that is killed half-way: the same command goes on, comes to the same, and pays for no reply twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from chrysopedia_assets.harness.fixtures import written
from resources.database import close_database, open_database
from tests.builders import PROJECT
from tests.cli.conftest import Command, chrysopedia  # noqa: F401  # the command as a user has it
from tests.cli.test_language_model import use
from tests.fakes.calling import rows
from tests.fakes.chat_server import ChatServer
from tests.harness.test_optimising import FIXTURES, plain_prompt

PROGRAM = "from chrysopedia_assets.cli.main import run; run()"


@pytest.mark.parametrize("after_calls", [3, 7, 11])
def test_killed_half_way_it_goes_on_and_pays_for_nothing_twice(
    chrysopedia: Command,  # noqa: F811
    own_world: Path,
    monkeypatch: pytest.MonkeyPatch,
    after_calls: int,
) -> None:
    folder = own_world / "fixtures"
    folder.mkdir()
    for number, one in enumerate(FIXTURES):
        (folder / f"{number}.json").write_text(written(one), "utf-8")
    command = [
        "prompt", "optimize", "synthesis", "--fixtures", folder, "--budget", "30calls", "--no-judge", "--voice", "0.2",
        "--prompt", plain_prompt(own_world), "--json", "--out",
    ]  # fmt: skip
    with ChatServer() as server:
        use(monkeypatch, server)
        server.latency_s = 0.2
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, command), str(own_world / "out")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            deadline = time.monotonic() + 60
            while len(server.requests) < after_calls:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        server.latency_s = 0.0
        kept = len([row for row in rows(open_database()) if row.outcome == "ok"])
        assert 0 < kept < 30
        done = chrysopedia(*command, own_world / "out")
        assert done.code == 0, done.err
        answered = [row for row in rows(open_database()) if row.outcome == "ok"]
        assert len(answered) > kept
        assert max(Counter(row.content_key for row in answered).values()) == 1
        assert len(server.requests) <= 30, "what the killed one had under way counts too"
        close_database()
        monkeypatch.setenv("CHRYSOPEDIA_DATA_DIR", str(own_world / "other"))
        use(monkeypatch, server)
        whole = chrysopedia(*command, own_world / "whole")
    scores = [(row["version"], row["validation"], row["hold_out"]) for row in done.json["rows"]]
    assert scores == [(r["version"], r["validation"], r["hold_out"]) for r in whole.json["rows"]]
    assert done.json["winner"] == whole.json["winner"] == 1
