"""The history of a page in the terminal: what changed, and the change of the prompt behind it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.fakes.answering import product_replies
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt

LOUD = "Write all titles in capitals."


def answer(body: dict[str, Any]) -> str | None:
    """A model that does as the prompt says."""
    if LOUD not in json.dumps(body["messages"]):
        return None
    reply = json.loads(product_replies().text_for(body))
    for page in reply["pages"]:
        page["title"] = f"LOUD {page['title'].upper()}"
    return json.dumps(reply)


@pytest.fixture
def prompt(
    chrysopedia: Command, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The installed prompt of synthesis, which a model has written the pages of a video with."""
    shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(own_world / "prompts"))
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    with ChatServer(answer=answer) as server:
        use(monkeypatch, server)
        assert chrysopedia("process").code == 0
        yield own_world / "prompts" / "synthesis" / "system.md"


def edit(prompt: Path) -> None:
    prompt.write_text(f"{prompt.read_text()}\n{LOUD}\n")


def first_page(chrysopedia: Command) -> str:
    found: str = chrysopedia("pages", "list", "--json").json[0]["page"]
    return found


def on_site(chrysopedia: Command, page: str) -> str:
    """The page as readers of the site see it."""
    site = Path(chrysopedia("site", "build", "--json").json["out"])
    return (site / "pages" / f"{page}.html").read_text()


def test_an_edited_prompt_keeps_the_addresses_and_is_told_with_its_difference(
    chrysopedia: Command, prompt: Path
) -> None:
    before = chrysopedia("pages", "list", "--json").json
    page = before[0]["page"]
    edit(prompt)
    assert chrysopedia("refresh").code == 0
    after = chrysopedia("pages", "list", "--json").json
    assert [row["page"] for row in after] == [row["page"] for row in before]
    assert [row["title"] for row in after] == [f"LOUD {row['title'].upper()}" for row in before]

    told = chrysopedia("pages", "history", page, "--diff", "2", "--json").json
    old, new = told["versions"]
    assert (told["page"], told["stands"], told["leads_to"]) == (page, True, None)
    assert (old["version"], old["title"], old["changed"]) == (1, before[0]["title"], [])
    assert f"title was {old['title']!r}" in new["changed"]
    assert old["prompt_read"] and new["prompt_read"] and old["prompt"] != new["prompt"]
    assert old["run"] != new["run"]
    assert (
        told["diff"]["prompt"]["told"]
        == f"From prompt {old['prompt']} to {new['prompt']}, as a model was asked."
    )
    assert list(told["diff"]["prompt"]["texts"]) == ["system"], "the moments are the same"
    changed = [piece for line in told["diff"]["prompt"]["texts"]["system"] for piece in line if piece[0] != "same"]  # fmt: skip
    assert changed == [["new", LOUD]]

    table = chrysopedia("pages", "history", page).out
    assert new["prompt"] in table and "title was" in table
    shown = chrysopedia("pages", "history", page, "--diff", "1..2").out
    assert "- # " in shown and "+ # " in shown and f"+ {LOUD}" in shown
    assert "system" in shown.splitlines()

    record = chrysopedia("pages", "show", page, "--json").json
    assert record["address"] == page and record["page"]["page_id"] != page
    assert chrysopedia("pages", "show", record["page"]["page_id"], "--json").json == record
    costs = chrysopedia("costs", "--by", "page", "--json").json["rows"]
    assert {row["page"] for row in costs} - {None} == {row["page"] for row in after}
    seen = chrysopedia("inspect", "ann--kick", "--json").json
    assert [one["address"] for one in seen["pages"]] == [row["page"] for row in after]
    assert {one["page"] for one in seen["moments"]} - {None} == {row["page"] for row in after}

    assert f"<dt>Prompt</dt><dd><code>{new['prompt']}</code>" in on_site(chrysopedia, page)


def test_a_prompt_that_was_installed_is_compared_file_by_file_and_going_back_goes_back(
    chrysopedia: Command, prompt: Path, own_world: Path
) -> None:
    page = first_page(chrysopedia)
    shutil.copytree(prompt.parent, own_world / "mine")
    edit(own_world / "mine" / "system.md")
    assert chrysopedia("prompt", "promote", own_world / "mine", "--stage", "synthesis").code == 0
    assert chrysopedia("refresh").code == 0
    told = chrysopedia("pages", "history", page, "--diff", "2", "--json").json["diff"]["prompt"]
    assert told["told"].endswith("as they were installed.")
    assert list(told["texts"]) == ["system.md"]
    assert chrysopedia("prompt", "rollback", "synthesis").code == 0
    assert chrysopedia("refresh").code == 0
    versions = chrysopedia("pages", "history", page, "--json").json["versions"]
    assert [one["prompt"] for one in versions[::2]] == [versions[0]["prompt"]] * 2
    assert versions[0]["title"] == versions[2]["title"] != versions[1]["title"]
    same = chrysopedia("pages", "history", page, "--diff", "1..3", "--json").json["diff"]
    assert same["prompt"] is None
    assert {piece[0] for line in same["text"] for piece in line} == {"same"}


def test_an_engine_that_reads_no_prompt_says_so(chrysopedia: Command, library: Path) -> None:
    chrysopedia("ingest")
    chrysopedia("process")
    page = first_page(chrysopedia)
    [only] = chrysopedia("pages", "history", page, "--json").json["versions"]
    assert only["prompt"] is not None and not only["prompt_read"]
    shown = chrysopedia("pages", "history", page)
    assert only["prompt"] not in shown.out and "the first" in shown.out
    whole = chrysopedia("pages", "history", page, "--diff", "1").out
    assert whole.splitlines()[1].startswith("+ # ")
    assert "<dt>Run</dt>" in (read := on_site(chrysopedia, page)) and "<dt>Prompt" not in read


def test_what_is_no_page_or_no_version_is_refused_with_what_there_is(
    chrysopedia: Command, library: Path
) -> None:
    chrysopedia("ingest")
    chrysopedia("process", "ann--video-1")
    page = first_page(chrysopedia)
    for asked, told in {
        ("history", page + "x"): f"Did you mean {page}?",
        ("history", page, "--diff", "2"): "there is no version 2",
        ("history", page, "--diff", "0..1"): "there is no version 0",
        ("history", page, "--diff", "1..last"): "'1..last' is no version",
        ("show", "nothing"): "chrysopedia pages list",
    }.items():
        ended = chrysopedia("pages", *asked)
        assert ended.code == 2 and told in ended.told, asked


def test_an_address_that_lost_its_page_leads_on_or_says_that_nothing_is_there(
    chrysopedia: Command, library: Path
) -> None:
    from chrysopedia_assets.models.technique_pages import TechniquePages
    from resources.database import open_database
    from resources.store.records import load, save

    chrysopedia("ingest")
    chrysopedia("process", "ann--video-1")
    with open_database().writing(lock="test") as connection:
        record = load(connection, "technique_pages", "ann--video-1")
        assert isinstance(record, TechniquePages)
        first, *others = record.pages
        both = [*first.citations, *(c for page in others for c in page.citations)]
        cites = tuple(c.model_copy(update={"number": n}) for n, c in enumerate(both, start=1))
        elsewhere = tuple(
            c.model_copy(update={"moment_id": f"x{c.number}", "start_s": 9e3, "end_s": 9e3 + 1})
            for c in first.citations
        )
        gone = first.model_copy(update={"page_id": "ann--video-1--gone", "citations": elsewhere})
        save(connection, "technique_pages", record.model_copy(update={"pages": (gone, *record.pages)}), None)  # fmt: skip
        merged = first.model_copy(update={"citations": cites})
        save(connection, "technique_pages", record.model_copy(update={"pages": (merged,)}), None)
    shown = chrysopedia("pages", "show", "ann--video-1--gone")
    assert shown.code == 2 and "none has taken its place" in shown.told
    told = chrysopedia("pages", "history", "ann--video-1--gone").out
    assert "nothing has taken its place" in told
    for page in others:
        led = chrysopedia("pages", "show", page.page_id)
        assert led.code == 0 and "leads to" in led.told
        assert not chrysopedia("pages", "history", page.page_id, "--json").json["stands"]
