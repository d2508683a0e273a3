"""Scores from the terminal: of a fixture, of a stored video, of what another prompt makes of it; with a judge or without."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.cli.test_prompt_run import VIDEO, export, processed, prompt_folder
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault

__all__ = ["processed"]
JUDGED = ["structure", "content_specificity", "voice_preservation", "readability", "factual_fidelity"]  # fmt: skip


def by_whom(row: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for score in row["scores"]:
        found.setdefault(score["by"], []).append(score["dimension"])
    return found


def test_a_fixture_is_scored_by_code_alone_and_says_so(
    chrysopedia: Command, processed: Path
) -> None:
    path = export(chrysopedia, processed)
    done = chrysopedia("prompt", "score", path)
    assert done.code == 0
    assert "Scored by code alone" in done.told and "CHRYSOPEDIA_LLM_JUDGING_MODEL" in done.told
    assert "citations" in done.out and "overall" in done.out and "structure" not in done.out
    quiet = chrysopedia("prompt", "score", path, "--no-judge", "--json")
    assert quiet.err == ""
    [row] = quiet.json
    assert list(by_whom(row)) == ["code"]
    assert row["overall"] == pytest.approx(
        sum(score["value"] for score in row["scores"]) / len(row["scores"]), abs=1e-3
    )


def test_reasons_stand_below_the_values(chrysopedia: Command, processed: Path) -> None:
    path = export(chrysopedia, processed)
    found = json.loads(path.read_text())
    found["output"]["technique_pages"]["pages"][0]["sections"][0]["title"] = "Overview"
    path.write_text(json.dumps(found))
    done = chrysopedia("prompt", "score", path, "--no-judge")
    assert "section_titles: page '" in done.out
    assert "'Overview' says nothing; name what stands below it" in done.out


def test_the_fixture_of_a_video_is_taken_from_the_database(
    chrysopedia: Command, processed: Path
) -> None:
    [stored] = chrysopedia("prompt", "score", "--video", VIDEO, "--json").json
    [given] = chrysopedia("prompt", "score", export(chrysopedia, processed), "--json").json
    assert stored == given
    for stage in ("segmentation", "key_moments", "classification"):
        done = chrysopedia("prompt", "score", "--video", VIDEO, "--stage", stage, "--json")
        assert done.code == 0 and done.json[0]["scores"], done.err


def test_a_judge_adds_five_values_and_his_failure_takes_none_away(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server, MODEL="", JUDGING_MODEL="test-model")
        [row] = chrysopedia("prompt", "score", "--video", VIDEO, "--json").json
        assert by_whom(row)["model"] == JUDGED and row["error"] is None
        calls = len(server.requests)
        assert calls == len(chrysopedia("pages", "list", "--json").json)
        tasks = chrysopedia("costs", "--by", "stage", "--json").json["rows"]
        assert [one["task"] for one in tasks] == ["judging"]
        fresh = chrysopedia("stale", "--json")
        assert fresh.code == 0, fresh.err
        alone = chrysopedia("prompt", "score", "--video", VIDEO, "--no-judge", "--json").json[0]
        assert len(server.requests) == calls
    with ChatServer(faults=lambda number, body: Fault("out_of_range")) as server:
        use(monkeypatch, server, MODEL="", JUDGING_MODEL="strict-judge")
        server.models = ("strict-judge",)
        done = chrysopedia("prompt", "score", "--video", VIDEO, "--json")
        assert done.code == 1
        [spoilt] = done.json
        assert spoilt["scores"] == alone["scores"]
        assert "strict-judge, the judge," in spoilt["error"]
        shown = chrysopedia("prompt", "score", "--video", VIDEO)
        assert "strict-judge" in shown.told and "citations" in shown.out


def test_what_another_prompt_makes_of_the_fixture_is_scored(
    chrysopedia: Command, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, mine = export(chrysopedia, processed), prompt_folder(processed, more="\nBe brief.\n")
    with ChatServer(models=("writer", "judge")) as server:
        use(monkeypatch, server, MODEL="", SYNTHESIS_MODEL="writer")
        done = chrysopedia(
            "prompt", "score", path, "--prompt", mine, "--judge-model", "judge", "--json"
        )
        [row] = done.json
        assert row["made_by"] == "writer" and by_whom(row)["model"] == JUDGED
        assert {r.body["model"] for r in server.requests} == {"writer", "judge"}
        server.faults = lambda number, body: Fault("refusal")
        failed = chrysopedia("prompt", "score", path, "--model", "writer", "--no-judge", "--json")
        assert failed.code == 1
        assert failed.json[0]["overall"] == 0 and "declines" in failed.json[0]["error"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing is named to be scored"),
        (("--video", "ann--kik"), "Did you mean ann--kick?"),
        (("--video", VIDEO, "--stage", "transcripts"), "no stage transcripts has a prompt"),
        (("FIXTURE", "--video", VIDEO), "fixtures and a video are named"),
        (("FIXTURE", "--stage", "synthesis"), "--stage goes with --video"),
        (("nowhere.json",), "the fixture cannot be read"),
        (("FIXTURE", "--prompt", "nowhere"), "the prompt cannot be read"),
    ],
)
def test_wrong_usage_says_what_is_right(
    chrysopedia: Command, processed: Path, arguments: tuple[str, ...], told: str
) -> None:
    path = export(chrysopedia, processed)
    ended = chrysopedia("prompt", "score", *(path if a == "FIXTURE" else a for a in arguments))
    assert ended.code == 2
    assert told in ended.told


def test_a_fixture_without_output_says_what_to_do(chrysopedia: Command, processed: Path) -> None:
    path = export(chrysopedia, processed)
    found = json.loads(path.read_text())
    del found["output"], found["prompt_version"]
    path.write_text(json.dumps(found))
    ended = chrysopedia("prompt", "score", path)
    assert ended.code == 2
    assert "there is no output of technique_pages to score" in ended.told
    assert "--prompt" in ended.told
    made = chrysopedia("prompt", "score", path, "--prompt", PROJECT / "prompts" / "synthesis")
    assert made.code == 0 and "embedded engine" in made.told


def test_a_score_needs_neither_dagster_nor_a_database(
    chrysopedia: Command, processed: Path, tmp_path: Path
) -> None:
    path = export(chrysopedia, processed)
    code = (
        "import sys; from chrysopedia_assets.cli.main import run\n"
        f"sys.argv = ['chrysopedia', 'prompt', 'score', {str(path)!r}, '--no-judge', '--json']\n"
        "try:\n    run()\nexcept SystemExit as end:\n    code = end.code\n"
        "heavy = {'dagster', 'openai', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\nsys.exit(code)"
    )
    empty = {**os.environ, "CHRYSOPEDIA_DATA_DIR": str(tmp_path / "none")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=empty, cwd=PROJECT, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["scores"]
    assert not (tmp_path / "none").exists()
