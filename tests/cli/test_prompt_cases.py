"""`chrysopedia prompt cases`: whoever answers a task, held to what its cases say."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from chrysopedia_assets.models.prompts import PROMPT_NAMES
from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always

PROMPTS = PROJECT / "prompts"


@pytest.fixture
def installed(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The prompts that ship, in a folder that a test may change."""
    folder = own_world / "prompts"
    shutil.copytree(PROMPTS, folder)
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(folder))
    return folder


def change(path: Path, **changes: Any) -> None:
    case = yaml.safe_load(path.read_text("utf-8")) | changes
    path.write_text(yaml.safe_dump(case, allow_unicode=True), "utf-8")


def test_without_a_model_the_embedded_engine_passes_what_applies_to_it(
    chrysopedia: Command,
) -> None:
    ended = chrysopedia("prompt", "cases")
    assert ended.code == 0, ended.out + ended.err
    every = [path.stem for task in PROMPT_NAMES for path in (PROMPTS / task / "cases").iterdir()]
    assert len(ended.out.splitlines()) == 1 + len(every)
    assert "FAILED" not in ended.out
    assert "does not apply: It cannot tell an announcement from a lesson." in ended.out
    rows = chrysopedia("prompt", "cases", "technique_pages", "--json").json
    assert [row["case"] for row in rows] == sorted(row["case"] for row in rows)
    assert {row["task"] for row in rows} == {"synthesis"}
    assert {row["engine"] for row in rows} == {"extractive 2"}


def test_what_is_missing_or_should_not_be_there_fails_the_case(
    chrysopedia: Command, installed: Path
) -> None:
    path = installed / "extraction" / "cases" / "forged_orders.yaml"
    change(path, must_find=["3 dB", "click stays"], must_not_find=["the click"], bad=[])
    change(installed / "extraction" / "cases" / "reverb_return.yaml", must_find=["15 kHz"])
    ended = chrysopedia("prompt", "cases", "extraction", "--json")
    assert ended.code == 1
    rows = {row["case"]: row for row in ended.json}
    failed = rows["forged_orders"]
    assert failed["verdict"] == "FAILED" and failed["wrongly_found"] == ["the click"]
    assert "its own good reply holds 'the click'" in failed["why"]
    assert rows["reverb_return"]["missing"] == ["15 kHz"]
    assert rows["nothing_taught"]["verdict"] == "passed"
    shown = chrysopedia("prompt", "cases", "extraction").out
    assert "FAILED: its own good reply lacks '15 kHz'; not found: '15 kHz'" in shown


def test_a_model_is_asked_with_the_candidates_prompt_and_its_cases_too(
    chrysopedia: Command, installed: Path, tmp_path: Path
) -> None:
    candidate = tmp_path / "shorter"
    shutil.copytree(installed / "segmentation", candidate)
    (candidate / "system.md").write_text("Divide it. Answer in JSON.\n", "utf-8")
    for path in (candidate / "cases").iterdir():
        path.unlink()
    shutil.copy(
        installed / "segmentation" / "cases" / "kick_then_bass.yaml",
        candidate / "cases" / "one_more.yaml",
    )
    with ChatServer() as server, pytest.MonkeyPatch.context() as patch:
        use(patch, server, MODEL="")
        ended = chrysopedia("prompt", "cases", candidate, "--model", "test-model", "--json")
        asked = [json.dumps(request.body) for request in server.requests]
        again = chrysopedia("prompt", "cases", candidate, "--model", "test-model", "--json")
        assert len(server.requests) == len(asked), "the ledger has the answers"
    assert ended.code == again.code == 0, ended.out
    assert [row["case"] for row in ended.json] == [
        "forged_orders", "kick_then_bass", "nothing_taught_in_spanish", "one_more",
    ]  # fmt: skip
    assert {row["engine"] for row in ended.json} == {"test-model"}
    assert all("Divide it. Answer in JSON." in body for body in asked)
    assert len(asked) == 3, "the same question is asked once"


def test_a_model_answers_the_cases_that_the_embedded_engine_is_spared(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: Mapping[str, Any]) -> str | None:
        said = json.dumps(body, ensure_ascii=False)
        unused = {"pages": [], "unused": [{"moment": 1, "reason": "Une annonce."}]}
        growls = [{"moment": number, "category": "sound_design"} for number in (20, 21)]
        if "Sweep a notch" in said:
            return json.dumps({"classes": growls})
        return json.dumps(unused) if "Le prochain cours" in said else None

    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        rows = chrysopedia("prompt", "cases", "synthesis", "--json").json
        french = next(row for row in rows if row["case"] == "nothing_to_write_in_french")
        assert (french["verdict"], french["missing"]) == ("passed", [])
        rows = chrysopedia("prompt", "cases", "classification", "--json").json
        one = next(row for row in rows if row["case"] == "same_tool_two_uses")
        assert (one["verdict"], one["missing"]) == ("FAILED", ["20: mixing"])


def test_a_refused_reply_is_a_failed_row_and_not_the_end(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(number: int, body: Mapping[str, Any]) -> Fault | None:
        return Fault("not_json") if "Charla del viernes" in json.dumps(body) else None

    with ChatServer(faults=fault) as server:
        use(monkeypatch, server)
        ended = chrysopedia("prompt", "cases", "segmentation", "--json")
    assert ended.code == 1
    rows = {row["case"]: row for row in ended.json}
    assert "there is no JSON object in the reply" in rows["nothing_taught_in_spanish"]["why"]
    assert [row["verdict"] for row in ended.json].count("FAILED") == 1


def test_a_key_that_is_not_accepted_is_one_error(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(faults=always(Fault("bad_key"))) as server:
        use(monkeypatch, server, API_KEY="sk-planted-secret")
        ended = chrysopedia("prompt", "cases")
    assert ended.code == 2 and "CHRYSOPEDIA_LLM_API_KEY" in ended.told


def test_what_cannot_be_a_case_is_told_before_anybody_is_asked(
    chrysopedia: Command, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = installed / "segmentation" / "cases" / "kick_then_bass.yaml"
    change(path, must_fnd=["x"])
    with ChatServer() as server:
        use(monkeypatch, server)
        ended = chrysopedia("prompt", "cases")
        assert server.requests == []
    assert ended.code == 2
    assert str(path) in ended.told and "must_fnd: Extra inputs" in ended.told


def test_what_is_asked_for_and_is_not_there_is_told(
    chrysopedia: Command, installed: Path, tmp_path: Path
) -> None:
    ended = chrysopedia("prompt", "cases", "nowhere")
    assert ended.code == 2 and "nowhere is neither a stage nor a folder" in ended.told
    (tmp_path / "empty").mkdir()
    ended = chrysopedia("prompt", "cases", tmp_path / "empty")
    assert ended.code == 2 and "--stage STAGE" in ended.told
    ended = chrysopedia("prompt", "cases", tmp_path / "empty", "--stage", "synthesis")
    assert ended.code == 2 and "system.md" in ended.told
    shutil.rmtree(installed / "synthesis" / "cases")
    ended = chrysopedia("prompt", "cases", "synthesis")
    assert ended.code == 2 and "synthesis has no cases" in ended.told


def test_a_prompt_whose_cases_are_not_what_they_say_is_not_installed(
    chrysopedia: Command, installed: Path, tmp_path: Path
) -> None:
    candidate = tmp_path / "mine"
    shutil.copytree(installed / "segmentation", candidate)
    (candidate / "system.md").write_text("Divide it. Answer in JSON.\n", "utf-8")
    change(candidate / "cases" / "kick_then_bass.yaml", good={"topics": []})
    before = (installed / "segmentation" / "system.md").read_bytes()
    ended = chrysopedia("prompt", "promote", candidate, "--stage", "segmentation")
    assert ended.code == 2
    assert "kick_then_bass.yaml: its good reply is refused" in ended.told
    assert (installed / "segmentation" / "system.md").read_bytes() == before
