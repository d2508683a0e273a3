"""Two prompts on the same inputs, from the terminal, before a real server."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.cli.test_prompt_run import prompt_folder
from tests.fakes.answering import product_replies
from tests.fakes.chat_server import ChatServer
from tests.library import LINES, put_vtt

WORSE = "Call every section Overview."


def answer(body: Mapping[str, Any]) -> str:
    """As a model does that follows the order: the titles of its sections say nothing, and values are lost."""
    text = product_replies().text_for(body)
    if WORSE not in body["messages"][0]["content"]:
        return text
    reply = json.loads(text)
    for page in reply.get("pages", []):
        for section in page["sections"]:
            section["title"] = "Overview"
    for moment in reply.get("moments", []):
        moment |= {"title": "This", "summary": "Something."}
    return json.dumps(reply)


def prompt_copy(folder: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "prompts" / "synthesis", folder / "before"))


@pytest.fixture
def fixtures(chrysopedia: Command, own_world: Path) -> Path:
    """Of ten videos that do not say the same."""
    for number in range(10):
        lines = [*LINES[number % 4 :], f"and the delay is at {number + 3} percent feedback here"]
        put_vtt(own_world / "library" / "Ann" / f"Video {number}.vtt", *lines)
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0
    for stage in ("synthesis", "extraction"):
        assert chrysopedia("prompt", "export", stage, "--all", "--out", own_world / stage).code == 0
    return own_world


def test_a_prompt_that_makes_worse_pages_is_worse_and_the_other_way_round_better(
    chrysopedia: Command, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = prompt_folder(fixtures, more=f"\n{WORSE}\n")
    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        given = ("--fixtures", fixtures / "synthesis", "--no-judge", "--json")
        worse = chrysopedia("prompt", "compare", "installed", mine, *given).json
        assert worse["verdict"] == "worse"
        titles = next(one for one in worse["dimensions"] if one["dimension"] == "section_titles")
        assert titles["high"] < 0
        paid = len(server.requests)
        back = chrysopedia("prompt", "compare", mine, "installed", *given).json
        assert back["verdict"] == "better" and back["scores"]["b"] > back["scores"]["a"]
        assert len(server.requests) == paid, "both were paid before"
        assert [one["part"] for one in back["fixtures"]].count("held out") == 5
        html = Path(back["report"]).read_text("utf-8")
        assert "B is better" in html
        saved = json.loads(Path(back["report"]).with_name("report.json").read_text())
        assert saved["b"]["version"] == back["b"]["version"]


def test_what_the_prompt_was_tuned_on_never_decides(
    chrysopedia: Command, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = prompt_folder(fixtures, more=f"\n{WORSE}\n")
    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        folder = fixtures / "synthesis"
        given = ("--fixtures", folder, "--no-judge", "--json")
        told = chrysopedia(
            "prompt", "compare", mine, "installed", *given, "--tuned-on", folder
        ).json
        assert told["verdict"] == "cannot tell" and "0 held-out inputs are too few" in told["why"]
        assert told["tuned_on"][0]["mean"] > 0, "shown, and decides nothing"
        ids = [one["fixture_id"] for one in told["fixtures"]]
        (mine / "tuned_on.json").write_text(json.dumps(ids[:6]))
        again = chrysopedia("prompt", "compare", mine, "installed", *given).json
        assert again["verdict"] == "cannot tell" and "4 held-out inputs are too few" in again["why"]
        of_file = chrysopedia("prompt", "compare", mine / "system.md", "installed", *given).json
        assert [one["part"] for one in of_file["fixtures"]].count("tuned on") == 6
        monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(fixtures / "prompts"))
        shutil.copytree(PROJECT / "prompts", fixtures / "prompts")
        before = prompt_copy(fixtures)
        assert chrysopedia("prompt", "promote", mine, "--stage", "synthesis").code == 0
        after = chrysopedia("prompt", "compare", "installed", before, *given).json
        assert [one["part"] for one in after["fixtures"]].count("tuned on") == 6, (
            "promoted, it is still known"
        )
        (mine / "tuned_on.json").write_text("{")
        broken = chrysopedia("prompt", "compare", mine, "installed", *given)
        assert broken.code == 2 and "tuned_on.json" in broken.told


def test_a_prompt_beside_itself_cannot_be_told(
    chrysopedia: Command, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia(
            "prompt", "compare", "installed", "installed", "--fixtures", fixtures / "synthesis"
        )
        assert "cannot tell: the two prompts are the same" in done.out


def test_pages_decide_over_the_stage_that_they_are_made_from(
    chrysopedia: Command, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = prompt_folder(fixtures, "extraction", f"\n{WORSE}\n")
    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        given = ("--fixtures", fixtures / "extraction", "--no-judge", "--to-pages", "--json")
        told = chrysopedia("prompt", "compare", "installed", mine, *given).json
        assert told["pages"] and told["pages"][0]["dimension"] == "overall"
        assert "in the pages:" in told["why"]
        assert told["verdict"] != "better"
        html = Path(told["report"]).read_text("utf-8")
        assert "Pages that came of it" in html


def test_a_reply_that_breaks_its_rules_counts_as_nothing_for_both(
    chrysopedia: Command, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(body: Mapping[str, Any]) -> str:
        return "nothing" if "Video 3" in body["messages"][1]["content"] else answer(body)

    mine = prompt_folder(fixtures, more="\nBe brief.\n")
    with ChatServer(answer=failing) as server:
        use(monkeypatch, server)
        given = ("--fixtures", fixtures / "synthesis", "--no-judge", "--json")
        told = chrysopedia("prompt", "compare", "installed", mine, *given)
        assert told.code == 0
        assert told.json["verdict"] == "cannot tell", (
            "a reply that breaks its rules counts as 0, for both"
        )
