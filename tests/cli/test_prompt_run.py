"""A prompt on real inputs, from the terminal: what is exported, what is run, what is paid."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources.llm import close_llm
from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import KEY, use
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt

VIDEO = "ann--kick"


@pytest.fixture
def processed(chrysopedia: Command, own_world: Path) -> Path:
    """A video with pages by the embedded engine."""
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0
    return own_world


def export(chrysopedia: Command, folder: Path, stage: str = "technique_pages") -> Path:
    done = chrysopedia("prompt", "export", stage, VIDEO, "--out", folder / "fixtures")
    assert done.code == 0, done.err
    [path] = done.out.split("\n")[:-1]
    return Path(path)


def prompt_folder(folder: Path, task: str = "synthesis", more: str = "") -> Path:
    """The product's prompt with something added to its system text."""
    copy = folder / f"mine-{task}"
    copy.mkdir()
    for name in ("system.md", "user.md", "prompt.toml"):
        (copy / name).write_text((PROJECT / "prompts" / task / name).read_text("utf-8"))
    (copy / "system.md").write_text((copy / "system.md").read_text() + more)
    return copy


def test_an_exported_input_is_the_same_bytes_each_time_and_holds_no_secret_and_no_path(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_LLM_API_KEY", KEY)
    path = export(chrysopedia, processed)
    assert path.name == f"technique_pages--{VIDEO}.json"
    first = path.read_bytes()
    assert export(chrysopedia, processed).read_bytes() == first
    assert KEY.encode() not in first and str(processed).encode() not in first
    found = json.loads(first)
    assert found["prompt_version"] and found["output"]["technique_pages"]["pages"]
    piped = chrysopedia("prompt", "export", "synthesis", VIDEO, "--out", "-")
    assert piped.out.encode() == first


@pytest.mark.parametrize("stage", ["topic_chunks", "key_moments", "classifications"])
def test_every_stage_that_asks_a_model_can_be_exported_and_run(
    chrysopedia: Command, processed: Path, stage: str
) -> None:
    done = chrysopedia("prompt", "run", export(chrysopedia, processed, stage))
    assert done.code == 0
    assert "The same as what is stored." in done.out
    assert "embedded engine" in done.told


def test_an_edited_prompt_is_run_on_the_fixture_and_paid_once(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(chrysopedia, processed)
    mine = prompt_folder(processed, more="\nBe brief.\n")
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia("prompt", "run", path, "--prompt", mine, "--json")
        [row] = done.json
        assert row["made_by"] == "test-model" and row["error"] is None
        assert sorted(Path(file).suffix for file in row["files"]) == [".json", ".md"]
        paid = len(server.requests)
        assert paid and "Be brief." in server.requests[0].body["messages"][0]["content"]
        assert chrysopedia("prompt", "run", path, "--prompt", mine).code == 0
        assert len(server.requests) == paid, "the ledger answers"
        assert chrysopedia("prompt", "run", path, "--prompt", mine, "--repeat", 3).code == 0
        assert len(server.requests) == 3 * paid, "two more answers, and the first is known"
        assert chrysopedia("prompt", "run", path, "--prompt", mine, "--repeat", 3).code == 0
        assert len(server.requests) == 3 * paid
        assert chrysopedia("prompt", "run", path, "--prompt", mine, "--fresh").code == 0
        assert len(server.requests) == 4 * paid
        other = chrysopedia("prompt", "run", path, "--model", "no-such-model")
        assert other.code == 2 and "no-such-model" in other.told


def test_what_changed_is_shown_line_by_line(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(chrysopedia, processed)
    stored = json.loads(path.read_text())
    stored["output"]["technique_pages"]["pages"][0]["title"] = "Quite another title"
    path.write_text(json.dumps(stored))
    done = chrysopedia("prompt", "run", path)
    assert "-# Quite another title" in done.out
    whole = chrysopedia("prompt", "run", path, "--whole")
    assert "Quite another title" not in whole.out and "Where it is said" in whole.out


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("user.md", lambda text: text.replace("{{ moments }}", ""), "unused variables: moments"),
        ("user.md", lambda text: text + "{{ tempo }}", "unknown variables: tempo"),
        ("prompt.toml", lambda text: text.replace("reply_version = 1", "reply_version = 2"), "replies of version 2"),
    ],
)  # fmt: skip
def test_a_prompt_that_cannot_be_used_is_refused_before_anything_is_paid(
    chrysopedia: Command,
    processed: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    change: object,
    told: str,
) -> None:
    path, mine = export(chrysopedia, processed), prompt_folder(processed)
    (mine / name).write_text(change((mine / name).read_text()))  # type: ignore[operator]
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia("prompt", "run", path, "--prompt", mine)
        assert done.code == 2 and told in done.told and str(mine) in done.told
        assert server.requests == []


def test_a_reply_that_breaks_its_contract_fails_that_fixture_by_name(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(chrysopedia, processed)
    with ChatServer(answer=lambda body: "no JSON at all") as server:
        use(monkeypatch, server)
        done = chrysopedia("prompt", "run", path)
        assert done.code == 1
        assert "technique_pages--ann--kick" in done.told and "no JSON object" in done.told


def test_results_that_cannot_be_written_are_told_before_anything_is_paid(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(chrysopedia, processed)
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia("prompt", "run", path, "--out", path)
        assert done.code == 2 and "cannot be written" in done.told and "--out" in done.told
        assert server.requests == []


def test_unknown_names_say_what_is_meant(chrysopedia: Command, processed: Path) -> None:
    assert (
        "Did you mean ann--kick?" in chrysopedia("prompt", "export", "synthesis", "an--kick").told
    )
    assert "no stage pages has a prompt" in chrysopedia("prompt", "export", "pages", VIDEO).told
    assert "no video is named" in chrysopedia("prompt", "export", "synthesis").told


def test_it_runs_without_dagster_and_without_a_database_server(
    chrysopedia: Command, processed: Path
) -> None:
    path = export(chrysopedia, processed)
    close_llm()
    program = (
        "import sys\nfrom chrysopedia_assets.cli.main import run\ntry:\n    run()\n"
        "finally:\n    print([name for name in sys.modules if name.split('.')[0] == 'dagster'])"
    )
    environment = {
        **os.environ,
        "CHRYSOPEDIA_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:9/none",
        "PYTHONPATH": str(PROJECT),
    }
    done = subprocess.run(
        [sys.executable, "-c", program, "prompt", "run", str(path)],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert "The same as what is stored." in done.stdout
    assert done.stdout.rstrip().endswith("[]"), "Dagster was loaded"
    assert "The ledger in the data folder is used meanwhile" in done.stderr
    assert "secret" not in done.stderr


def test_the_voice_dial_is_told_to_the_model_and_only_where_pages_are_written(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(chrysopedia, processed)
    with ChatServer() as server:
        use(monkeypatch, server)
        for voice in ("0.2", "0.8"):
            assert chrysopedia("prompt", "run", path, "--voice", voice).code == 0
        low, high = (one.body["messages"][0]["content"] for one in server.requests[:2])
        assert low != high
        assert chrysopedia("prompt", "run", path, "--voice", "7").code == 2
        chunks = export(chrysopedia, processed, "topic_chunks")
        assert "Only synthesis" in chrysopedia("prompt", "run", chunks, "--voice", "0.5").told
