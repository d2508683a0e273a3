"""Single calls from the terminal: which there were, what was asked and answered word for word, and what is left of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from resources.database import open_database
from resources.store import tables as t
from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always, nth
from tests.faults.conftest import SPEECH
from tests.library import put_vtt

VIDEO = "ann--kick"


@pytest.fixture
def ingested(chrysopedia: Command, own_world: Path) -> Path:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt", *SPEECH)
    assert chrysopedia("ingest").code == 0
    return own_world


@pytest.fixture
def processed(
    chrysopedia: Command, ingested: Path, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """The bodies that a model was sent, to make the pages of one video."""
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2")
        assert chrysopedia("process").code == 0
    return [got.body for got in server.requests]


def listed(chrysopedia: Command, *which: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chrysopedia("calls", "list", *which, "--json").json
    return found


def flat(text: str) -> str:
    """As one line: a terminal wraps."""
    return " ".join(text.split())


def rule_of(title: str) -> str:
    return f"{title} ──"


def test_calls_are_listed_newest_first_and_by_what_one_asks_for(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    every = listed(chrysopedia, "--limit", 1000)
    assert len(every) == len(processed)
    assert [row["call"] for row in every] == sorted((row["call"] for row in every), reverse=True)
    assert {row["video"] for row in every} == {VIDEO}
    pages = listed(chrysopedia, "--task", "synthesis")
    assert pages == listed(chrysopedia, "--task", "technique_pages")
    assert pages == [row for row in every if row["task"] == "synthesis"]
    assert listed(chrysopedia, "--limit", 1) == every[:1]
    run = every[0]["run"]
    assert listed(chrysopedia, "--run", run[:8], "--video", VIDEO, "--limit", 1000) == every
    assert listed(chrysopedia, "--run", "%") == []
    assert listed(chrysopedia, "--outcome", "truncated") == []
    shown = chrysopedia("calls", "list")
    assert str(every[0]["call"]) in shown.out and "chrysopedia calls show CALL" in shown.out


def test_names_that_do_not_exist_are_told_with_what_is_meant(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    for option, wrong, meant in (
        ("--video", "ann--kik", "Did you mean ann--kick?"),
        ("--task", "sythesis", "Did you mean synthesis?"),
        ("--outcome", "reuse", "Did you mean reused?"),
    ):
        ended = chrysopedia("calls", "list", option, wrong)
        assert ended.code == 2 and meant in ended.told
    for command in ("show", "export"):
        ended = chrysopedia("calls", command, 4711)
        assert ended.code == 2 and "there is no call 4711" in ended.told
        assert chrysopedia("calls", command, 10**20).code == 2


def test_a_call_is_shown_as_it_was_asked_and_answered(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    for row in listed(chrysopedia, "--limit", 1000):
        found = chrysopedia("calls", "show", row["call"], "--json").json
        request = found["request"]
        [body] = [b for b in processed if b["messages"] == request["messages"]]
        assert (request["model"], request["temperature"]) == (body["model"], body["temperature"])
        assert request["max_output_tokens"] == body["max_tokens"]
        assert request["schema_name"] == row["task"] and request["reply_schema"]
        assert json.loads(found["reply"])
        assert (found["cost_usd"], found["tokens_in"]) == (row["cost_usd"], row["tokens_in"])
        assert (found["why_no_request"], found["why_no_reply"], found["paid_by"]) == (None,) * 3
    out = flat(chrysopedia("calls", "show", row["call"]).out)
    system, user = (message["content"] for message in request["messages"])
    for part in (rule_of("System"), flat(system), rule_of("User"), flat(user), rule_of("Reply")):
        assert part in out
        out = out.split(part, 1)[1]
    assert flat(json.dumps(json.loads(found["reply"]), indent=2, ensure_ascii=False)) in out


def test_the_head_of_a_call_says_who_when_how_and_for_how_much(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    [row] = listed(chrysopedia, "--limit", 1)
    out = flat(chrysopedia("calls", "show", row["call"]).out)
    for part in (
        f"Call {row['call']}: ok",
        f"about synthesis of {VIDEO}: {row['subject']}",
        "asked test-model at 127.0.0.1:",
        "try 1",
        "temperature 0.4, at most 10000 tokens, held to json_schema, schema synthesis",
        f"run {row['run']}",
        f"tokens {row['tokens_in']} in",
        f"cost US$ {row['cost_usd']:.6f}",
    ):
        assert part in out, part


def test_a_reused_reply_says_which_call_paid_for_it(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    paid = {row["subject"]: row for row in listed(chrysopedia, "--task", "synthesis")}
    assert chrysopedia("rerun", VIDEO, "technique_pages").code == 0
    for row in listed(chrysopedia, "--outcome", "reused"):
        first = paid[row["subject"]]
        found = chrysopedia("calls", "show", row["call"], "--json").json
        original = chrysopedia("calls", "show", first["call"], "--json").json
        assert found["paid_by"] == first["call"]
        assert (found["request"], found["reply"]) == (original["request"], original["reply"])
        out = flat(chrysopedia("calls", "show", row["call"]).out)
        assert f"cost nothing: call {first['call']} paid for the reply, for US$" in out
    assert row


def test_further_turns_and_replies_that_were_refused_are_shown_and_command_no_terminal(
    chrysopedia: Command, ingested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture of commands fails on any control that gets through."""
    evil = "\x1b[2J[bold]I am no JSON\x07 \u202e"
    with ChatServer(answer=lambda body: evil) as server:
        use(monkeypatch, server)
        ended = chrysopedia("process")
    assert ended.code == 1
    assert f"chrysopedia calls list --task segmentation --video {VIDEO}" in ended.told
    last, *_ = listed(chrysopedia)
    assert (last["outcome"], last["tried"]) == ("not_json", 3)
    out = chrysopedia("calls", "show", last["call"]).out
    for title in ("System", "User", "Assistant", "Reply"):
        assert rule_of(title) in out
    assert "[bold]I am no JSON" in out.split(rule_of("Reply"))[1], "no markup is read in it"
    assert "error" in out and "This cannot be used:" in flat(out)


def test_a_call_without_a_reply_says_why(
    chrysopedia: Command, ingested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(faults=always(Fault("bad_key"))) as server:
        use(monkeypatch, server)
        chrysopedia("process")
    [row] = listed(chrysopedia)
    out = chrysopedia("calls", "show", row["call"]).out
    assert "denied" in out and "does not let us in" in flat(out)
    assert "None came, or none that was kept." in out


def test_what_is_no_longer_kept_is_told_plainly(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    old, new = (
        listed(chrysopedia, "--task", task)[0]["call"] for task in ("synthesis", "extraction")
    )
    with open_database().writing(lock="test") as connection:
        connection.execute(sa.delete(t.llm_requests))
        dropped = sa.update(t.llm_calls).where(t.llm_calls.c.call_id == old)
        connection.execute(dropped.values(reply=None, refusal=None))
    shown = flat(chrysopedia("calls", "show", old).out)
    assert "it was dropped (chrysopedia prune), or the call was made by an older version" in shown
    assert "It was dropped (chrysopedia prune)." in shown.split(rule_of("Reply"))[1]
    shown = flat(chrysopedia("calls", "show", new).out)
    assert "never kept: the call was made by an older version" in shown
    found = chrysopedia("calls", "show", old, "--json").json
    assert (found["request"], found["reply"]) == (None, None)
    assert found["why_no_request"] and found["why_no_reply"]
    assert found["cost_usd"] and found["tokens_out"], "figures stay"


def export(chrysopedia: Command, call: int, folder: Path) -> str:
    ended = chrysopedia("calls", "export", call, "--out", folder)
    assert ended.code == 0, ended.err
    path, _, told = ended.out.partition("\n")
    assert json.loads(Path(path).read_text())["video"]["video_id"] == VIDEO
    return flat(told)


def test_the_fixture_of_a_call_asks_the_same_and_running_it_costs_nothing(
    chrysopedia: Command, processed: list[dict[str, Any]], own_world: Path
) -> None:
    for row in listed(chrysopedia, "--limit", 1000):
        assert export(chrysopedia, row["call"], own_world) == "The fixture asks this very request."
    [path] = own_world.glob("technique_pages--*.json")
    assert chrysopedia("prompt", "run", path).code == 0, "the server is gone: all from the ledger"


def test_a_further_try_is_found_again_through_the_replies_before_it(
    chrysopedia: Command, ingested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer(faults=nth({0: Fault("not_json")})) as server:
        use(monkeypatch, server)
        assert chrysopedia("process").code == 0
    row = next(row for row in listed(chrysopedia) if row["tried"] == 2)
    assert export(chrysopedia, row["call"], ingested) == "The fixture asks this very request."


def test_a_fixture_that_asks_something_else_says_what_has_changed(
    chrysopedia: Command,
    processed: list[dict[str, Any]],
    own_world: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [row, *_] = listed(chrysopedia, "--task", "extraction")
    call = row["call"]
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "another")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_TEMPERATURE", "0.9")
    told = export(chrysopedia, call, own_world)
    assert "the same, with other settings: model test-model then and another now" in told
    assert "temperature 0.1 then and 0.9 now" in told or "temperature 0.2 then and 0.9 now" in told
    monkeypatch.delenv("CHRYSOPEDIA_LLM_TEMPERATURE")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "test-model")
    monkeypatch.setenv("CHRYSOPEDIA_LLM_EXTRA", '{"effort": "high"}')
    assert "extra {} then and {'effort': 'high'} now" in export(chrysopedia, call, own_world)
    monkeypatch.delenv("CHRYSOPEDIA_LLM_EXTRA")
    prompts = shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(prompts))
    system = prompts / "extraction" / "system.md"
    text = system.read_text()
    system.write_text(f"{text}\nBriefly.\n")
    assert export(chrysopedia, call, own_world).startswith("Another prompt: the call was made with")
    system.write_text(text)
    with open_database().writing(lock="test") as connection:
        connection.execute(sa.update(t.segments).values(text="something else was said"))
    told = export(chrysopedia, call, own_world)
    assert told == "The stage's input has changed since the call."


def test_a_call_that_no_stage_makes_has_no_fixture(
    chrysopedia: Command, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        chrysopedia("doctor")
    [row] = listed(chrysopedia, "--task", "check")
    ended = chrysopedia("calls", "export", row["call"])
    assert ended.code == 2 and "no stage's" in ended.told and "calls show" in ended.told


def test_nothing_is_dropped_without_a_bound(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    ended = chrysopedia("prune")
    assert ended.code == 2 and "--older-than 90d" in ended.told
    told = flat(chrysopedia("prune", "--help").out)
    assert "Who asks again what was dropped pays for it again" in told


def test_what_is_dropped_and_kept_is_told_and_the_pages_of_now_cost_nothing_again(
    chrysopedia: Command, processed: list[dict[str, Any]]
) -> None:
    with open_database().writing(lock="test") as connection:
        connection.execute(sa.update(t.llm_calls).values(started_at=sa.func.datetime("2020-01-01")))
        [tryout, *_] = connection.scalars(sa.select(t.llm_calls.c.call_id))
        no_run = sa.update(t.llm_calls).where(t.llm_calls.c.call_id == tryout)
        connection.execute(no_run.values(run_id=None))
    bounds = ("--older-than", "90d", "--max-size", "500MB")
    told = chrysopedia("prune", *bounds, "--dry-run").out
    assert "Would drop: 1 request with its replies" in told and "made what is stored now" in told
    before = chrysopedia("costs", "--by", "stage", "--json").json
    told = chrysopedia("prune", *bounds).out
    assert "Dropped: 1 request with its replies" in told and "The database's file: " in told
    assert chrysopedia("costs", "--by", "stage", "--json").json == before
    done = chrysopedia("prune", *bounds, "--json").json
    assert done["dropped"] == {"exchanges": 0, "versions": 0, "size": 0} and done["room"] is None
    assert done["kept"]["live"]["exchanges"] == len(processed) - 1
    assert chrysopedia("rerun", VIDEO, "technique_pages").code == 0, "the server is gone"
