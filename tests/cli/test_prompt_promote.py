"""Installing a prompt from the terminal: what is checked, what it says, how one goes back."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from resources.llm import close_llm
from tests.builders import PROJECT
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.cli.test_prompt_run import VIDEO, export, prompt_folder
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt


@pytest.fixture
def world(chrysopedia: Command, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Prompts of one's own, and a video with pages."""
    shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(own_world / "prompts"))
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0
    return own_world


def installed(world: Path) -> dict[str, bytes]:
    folder = world / "prompts" / "synthesis"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}  # fmt: skip


def git(world: Path, *words: str) -> str:
    named = ("-c", "user.name=Ann", "-c", "user.email=ann@x.example")
    command = ["git", *named, *words]
    return subprocess.run(command, cwd=world, capture_output=True, text=True, check=True).stdout


def test_a_promotion_says_what_is_stale_and_going_back_makes_it_fresh_again(
    chrysopedia: Command, world: Path
) -> None:
    mine, before = prompt_folder(world, more="\nBe brief.\n"), installed(world)
    (mine / "notes.txt").write_text("none of the prompt's business")
    told = chrysopedia("prompt", "promote", mine, "--stage", "synthesis", "--json").json
    assert told["stale"] == {"technique_pages": [VIDEO]}
    assert told["changed_files"] == ["system.md"], "the cases are kept"
    assert installed(world)["system.md"].endswith(b"Be brief.\n")
    assert "notes.txt" not in installed(world)
    [page] = [row for row in chrysopedia("stale", "--json").json["cells"] if row["verdict"] == "stale"]  # fmt: skip
    assert page["causes"][0]["new"] == told["version"]
    back = chrysopedia("prompt", "rollback", "technique_pages")
    assert "1 technique_pages fresh again: ann--kick" in back.out
    assert installed(world) == before
    history = chrysopedia("prompt", "history", "synthesis", "--json").json
    assert [(row["number"], row["from"], row["installed"]) for row in history] == [
        (3, "rollback to 1", True),
        (2, str(mine), False),
        (1, "found in place", False),
    ]


def test_names_and_notes_that_are_no_text_are_kept_as_they_can_be_shown(
    chrysopedia: Command, world: Path
) -> None:
    mine = prompt_folder(world, more="\nBe brief.\n")
    odd = mine.rename(mine.with_name("caf\udce9"))
    promoted = chrysopedia("prompt", "promote", odd, "--stage", "synthesis", "--note", "tr\udce9s")
    assert promoted.code == 0, promoted.err
    newest = chrysopedia("prompt", "history", "synthesis", "--json").json[0]
    assert newest["note"] == "tr\\xe9s"
    assert newest["from"].endswith("caf\\xe9")


def test_what_a_try_out_has_paid_is_not_paid_again_after_the_promotion(
    chrysopedia: Command, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        assert chrysopedia("refresh", "--cause", "settings").code == 0
        mine = prompt_folder(world, more="\nBe brief.\n")
        assert chrysopedia("prompt", "run", export(chrysopedia, world), "--prompt", mine).code == 0
        assert chrysopedia("prompt", "promote", mine, "--stage", "synthesis").code == 0
        paid = len(server.requests)
        assert chrysopedia("refresh").code == 0
        assert len(server.requests) == paid
        assert chrysopedia("stale", "--json").json["cells"] == []
    close_llm()


def test_the_evidence_of_a_comparison_is_held_to_the_prompt_and_kept(
    chrysopedia: Command, world: Path
) -> None:
    mine, before = prompt_folder(world, more="\nBe brief.\n"), installed(world)
    fixtures, out = export(chrysopedia, world).parent, world / "report"
    chrysopedia("prompt", "compare", "installed", mine, "--fixtures", fixtures, "--out", out)
    report = out / "report.json"
    found = json.loads(report.read_text())
    other = world / "other.json"
    for change, told in (
        ({"verdict": "worse"}, "it is worse than"),
        ({"task": "extraction"}, "is about extraction"),
        ({"b": {"version": "0" * 16}}, "the evidence is about version 0000"),
        ({"verdict": "splendid"}, "this is no result of a comparison: verdict"),
    ):
        other.write_text(json.dumps(found | change))
        done = chrysopedia("prompt", "promote", mine, "--stage", "synthesis", "--evidence", other)
        assert done.code == 2 and told in done.told
        assert installed(world) == before
    assert chrysopedia("prompt", "promote", mine, "--stage", "synthesis", "--evidence", report).code == 0  # fmt: skip
    newest = chrysopedia("prompt", "history", "synthesis", "--json").json[0]
    assert newest["verdict"] == "cannot tell" and newest["fixtures"] == 1


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("user.md", "no variable at all", "unused variables"),
        ("system.md", "{{ tempo }}", "unknown variables: tempo"),
        ("prompt.toml", "reply_version = 2", "replies of version 2"),
        ("cases/broken.yaml", "a: [", "cannot be read"),
        ("prompt.toml", None, "there is no prompt.toml"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_refused_and_the_old_one_stays(
    chrysopedia: Command, world: Path, name: str, text: str | None, told: str
) -> None:
    mine, before = prompt_folder(world), installed(world)
    (mine / name).parent.mkdir(exist_ok=True)
    if text is None:
        (mine / name).unlink()
    else:
        (mine / name).write_text(text)
    done = chrysopedia("prompt", "promote", mine, "--stage", "synthesis")
    assert done.code == 2 and told in done.told and str(mine) in done.told
    assert installed(world) == before
    assert {path.name for path in (world / "prompts").iterdir()} == {path.name for path in (PROJECT / "prompts").iterdir()}  # fmt: skip
    assert "Nothing was promoted yet" in chrysopedia("prompt", "history", "synthesis").out


def test_only_the_prompt_is_committed_and_a_dirty_one_is_refused(
    chrysopedia: Command, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Ann")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ann@x.example")
    mine, wanted = prompt_folder(world, more="\nBe brief.\n"), ("--stage", "synthesis", "--commit")
    none = chrysopedia("prompt", "promote", mine, *wanted)
    assert none.code == 2 and "no git repository" in none.told
    git(world, "init", "-q")
    git(world, "add", "prompts")
    git(world, "commit", "-q", "-m", "first")
    dirty = world / "prompts" / "synthesis" / "user.md"
    clean = dirty.read_text()
    dirty.write_text(f"{clean}\n")
    before = installed(world)
    refused = chrysopedia("prompt", "promote", mine, *wanted)
    assert refused.code == 2 and "changes that are in no commit: " in refused.told
    assert installed(world) == before
    dirty.write_text(clean)
    other = world / "prompts" / "extraction" / "user.md"
    other.write_text(other.read_text() + "\n")
    assert chrysopedia("prompt", "promote", mine, *wanted).code == 0
    changed = git(world, "show", "--name-only", "--format=", "HEAD").split()
    assert changed == ["prompts/synthesis/system.md"]
    assert "prompts/extraction/user.md" in git(world, "status", "--porcelain")
    head = git(world, "rev-parse", "--short", "HEAD").strip()
    assert chrysopedia("prompt", "history", "synthesis", "--json").json[0]["commit"] == head
    hook = world / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho not today\nexit 1\n")
    hook.chmod(0o755)
    before = installed(world)
    refused = chrysopedia("prompt", "rollback", "synthesis", "--commit")
    assert refused.code == 2 and "not today" in refused.told
    assert installed(world) == before
    assert len(chrysopedia("prompt", "history", "synthesis", "--json").json) == 2


def test_what_is_installed_already_changes_nothing_and_an_unknown_number_is_told(
    chrysopedia: Command, world: Path
) -> None:
    same = chrysopedia("prompt", "promote", prompt_folder(world), "--stage", "synthesis")
    assert same.code == 0 and "is what is installed already" in same.out
    assert "nothing before what is installed" in chrysopedia("prompt", "rollback", "synthesis").told
    assert "has no number 7" in chrysopedia("prompt", "rollback", "synthesis", "--to", 7).told
    assert "no stage drums has a prompt" in chrysopedia("prompt", "history", "drums").told


def test_a_prompt_edited_by_hand_is_put_on_record_before_it_is_replaced(
    chrysopedia: Command, world: Path
) -> None:
    mine = prompt_folder(world, more="\nBe brief.\n")
    assert chrysopedia("prompt", "promote", mine, "--stage", "synthesis").code == 0
    by_hand = world / "prompts" / "synthesis" / "system.md"
    by_hand.write_text(by_hand.read_text() + "\nBy hand.\n")
    assert "was edited by hand" in chrysopedia("prompt", "history", "synthesis").out
    (mine / "system.md").write_text((mine / "system.md").read_text() + "\nOnce more.\n")
    assert chrysopedia("prompt", "promote", mine, "--stage", "synthesis").code == 0
    assert chrysopedia("prompt", "rollback", "synthesis").code == 0
    assert by_hand.read_text().endswith("By hand.\n")
