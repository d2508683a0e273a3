"""Every command as a user has it: what it prints, its JSON, its exit code, and what it says when something is wrong."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.stages.ports import Question, ReplyT
from tests.cli.conftest import Command
from tests.library import LINES, put_vtt, put_whisper

SCRIPT = Path(sys.executable).with_name("chrysopedia")
COMMANDS = (
    "ingest",
    "process",
    "status",
    "doctor",
    "demo",
    "ui",
    "pages",
    "pages list",
    "pages show",
)


@pytest.fixture
def ann(own_world: Path) -> Path:
    """A creator's folder in the library."""
    return own_world / "library" / "Ann"


# --- ingest


def test_ingest_tells_what_became_of_each_file(chrysopedia: Command, ann: Path) -> None:
    kick = put_vtt(ann / "Kick.vtt")
    put_whisper(ann / "Snare.json", "hit the snare")
    first = chrysopedia("ingest")
    assert first.code == 0
    assert "new        ann--kick\n" in first.out
    assert "2 new, 0 changed, 0 moved, 0 unchanged, 0 duplicates, 0 refused" in first.out
    assert "Next: chrysopedia process" in first.out
    assert "2 unchanged" in chrysopedia("ingest").out
    kick.rename(ann / "Kick again.vtt")
    put_whisper(ann / "Snare.json", "hit the snare harder")
    put_vtt(ann / "Copy of kick.vtt")
    third = chrysopedia("ingest")
    assert third.code == 0
    assert "changed    ann--snare\n" in third.out
    assert "0 new, 1 changed, 1 moved, 0 unchanged, 1 duplicates, 0 refused" in third.out


def test_a_copy_is_named_with_the_video_that_it_is(chrysopedia: Command, ann: Path) -> None:
    put_vtt(ann / "Kick.vtt")
    chrysopedia("ingest")
    copy = put_vtt(ann / "Another.vtt")
    report = chrysopedia("ingest", "--json").json
    assert report["unchanged"] == ["ann--kick"]
    assert report["duplicates"] == [{"path": str(copy), "video_id": "ann--kick"}]


def test_a_creator_given_by_hand_goes_before_the_folders_name(
    chrysopedia: Command, own_world: Path
) -> None:
    path = put_vtt(own_world / "downloads" / "Kick.vtt")
    report = chrysopedia("ingest", path, "--creator", "Bea  Tmaker\n", "--json").json
    assert report["new"] == ["bea-tmaker--kick"]
    chrysopedia("process")
    [page, *_] = chrysopedia("pages", "list", "--json").json
    assert page["creator"] == "Bea Tmaker"


def test_a_creators_name_of_any_length_is_taken(chrysopedia: Command, own_world: Path) -> None:
    path = put_vtt(own_world / "Kick.vtt")
    assert chrysopedia("ingest", path, "--creator", "x" * 2_000).code == 0


def test_ingest_of_what_is_not_there_is_refused_and_the_rest_is_taken(
    chrysopedia: Command, ann: Path, own_world: Path
) -> None:
    put_vtt(ann / "Kick.vtt")
    absent = [own_world / "absent", own_world / ("x" * 300), Path("~nobody-of-this-name")]
    ended = chrysopedia("ingest", ann.parent, *absent)
    assert ended.code == 1
    assert "1 new" in ended.out
    for path in absent:
        assert path.name[:20] in ended.err
    assert "3 refused" in ended.out
    assert "Check that it exists" in ended.told


def test_a_file_that_grows_between_two_looks_is_still_being_written(
    chrysopedia: Command, ann: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_vtt(ann / "Kick.vtt")
    growing = put_vtt(ann / "Snare.vtt", "hit the snare")

    def somebody_writes(_seconds: float) -> None:
        put_vtt(growing, *LINES)

    monkeypatch.setattr(time, "sleep", somebody_writes)
    ended = chrysopedia("ingest", "--json")
    assert ended.code == 1
    assert ended.json["new"] == ["ann--kick"]
    [refused] = ended.json["refused"]
    assert refused["where"] == str(growing)
    assert refused["what"] == "it is still being written"


def test_ingest_of_old_files_does_not_wait(
    chrysopedia: Command, ann: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_vtt(ann / "Kick.vtt")
    long_ago = time.time() - 3600
    os.utime(path, (long_ago, long_ago))

    def refuse_to_wait(_seconds: float) -> None:
        raise AssertionError("waited for a file of an hour ago")

    monkeypatch.setattr(time, "sleep", refuse_to_wait)
    assert chrysopedia("ingest").code == 0


# --- process


def test_process_runs_what_is_needed_and_then_nothing(chrysopedia: Command, ann: Path) -> None:
    put_vtt(ann / "Kick.vtt")
    put_vtt(ann / "Snare.vtt", *reversed(LINES))
    chrysopedia("ingest")
    one = chrysopedia("process", "ann--snare", "--json")
    assert one.code == 0
    assert one.json == [
        {"video": "ann--snare", "ran": list(STAGES), "failed_at": None, "error": None, "run_id": None, "left_to": None}
    ]  # fmt: skip
    everything = chrysopedia("process")
    assert everything.code == 0
    assert "1 brought up to date, 1 already were, 0 failed." in everything.out
    assert "ann--kick: transcripts, topic_chunks" in everything.out
    assert "0 brought up to date, 2 already were, 0 failed." in chrysopedia("process").out


def test_an_unknown_video_is_a_wrong_use_with_a_suggestion(chrysopedia: Command, ann: Path) -> None:
    put_vtt(ann / "Kick.vtt")
    chrysopedia("ingest")
    ended = chrysopedia("process", "ann--kcik")
    assert ended.code == 2
    assert ended.out == ""
    assert "there is no video ann--kcik. Did you mean ann--kick?" in ended.told


def test_one_broken_video_does_not_stop_the_others(
    chrysopedia: Command, ann: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Kick", "Snare", "Toms"):
        put_whisper(ann / f"{name}.json", *LINES, f"this one is about {name}")
    chrysopedia("ingest")
    _break_engine_for(monkeypatch, "ann--snare")
    ended = chrysopedia("process")
    assert ended.code == 1
    assert "2 brought up to date, 0 already were, 1 failed." in ended.out
    assert "ann--snare failed at classifications: ann--snare: the engine broke down" in ended.told
    states = {row["video"]: row["state"] for row in chrysopedia("status", "--json").json}
    assert states == {"ann--kick": "complete", "ann--snare": "error", "ann--toms": "complete"}


def test_a_failure_in_json_says_where_and_in_which_run(chrysopedia: Command, ann: Path) -> None:
    path = put_vtt(ann / "Kick.vtt")
    chrysopedia("ingest")
    put_vtt(path, "something else")
    ended = chrysopedia("process", "--json")
    assert ended.code == 1
    [row] = ended.json
    assert (row["failed_at"], row["ran"]) == ("transcripts", [])
    assert f"chrysopedia ingest '{path}'" in row["error"]
    assert row["run_id"]


def _break_engine_for(monkeypatch: pytest.MonkeyPatch, video_id: str) -> None:
    sound = ExtractiveEngine._answer

    def answer(engine: ExtractiveEngine, question: Question[ReplyT]) -> ReplyT:
        if question.task == "classification" and question.given.video.video_id == video_id:
            raise ReplyRefused("the engine broke down", where=video_id)
        return sound(engine, question)

    monkeypatch.setattr(ExtractiveEngine, "_answer", answer)


# --- status


def test_status_of_an_empty_library_says_what_to_do(chrysopedia: Command) -> None:
    ended = chrysopedia("status")
    assert ended.code == 0
    assert "chrysopedia ingest PATH" in ended.out


def test_status_follows_a_video_from_not_started_to_complete(
    chrysopedia: Command, ann: Path
) -> None:
    put_vtt(ann / "Kick.vtt")
    chrysopedia("ingest")
    [before] = chrysopedia("status", "--json").json
    assert (before["state"], before["to_run"], before["pages"]) == ("not started", list(STAGES), 0)
    chrysopedia("process")
    [after] = chrysopedia("status", "--json").json
    assert (after["state"], after["to_run"], after["stages"]) == ("complete", [], len(STAGES))
    assert after["pages"] > 0
    assert "complete" in chrysopedia("status").out


# --- pages


@pytest.fixture
def page(chrysopedia: Command, ann: Path) -> str:
    """The id of a page made from speech that tries to be markup, and worse."""
    put_whisper(
        ann / "Kick.json",
        "now the \x1b[31mcompressor\x1b[0m because \x1b]0;owned\x07 it eats headroom",
        *(line.replace("I set", "I [red]set[/red]") for line in LINES),
        title="Kick [bold]now[/bold] \x1b[2J",
    )
    chrysopedia("ingest")
    chrysopedia("process")
    found: str = chrysopedia("pages", "list", "--json").json[0]["page"]
    return found


def test_pages_are_listed_and_filtered(chrysopedia: Command, page: str) -> None:
    [row] = [row for row in chrysopedia("pages", "list", "--json").json if row["page"] == page]
    assert row["moments"] > 0
    assert page in chrysopedia("pages", "list").out
    assert chrysopedia("pages", "list", "--category", row["category"], "--json").json
    assert chrysopedia("pages", "list", "--category", "knitting", "--json").json == []
    assert chrysopedia("pages", "list", "--video", "nobody--nothing", "--json").json == []
    assert "No pages" in chrysopedia("pages", "list", "--video", "nobody--nothing").out


def test_a_page_is_shown_for_people_as_markdown_and_as_json(
    chrysopedia: Command, page: str
) -> None:
    shown_json = chrysopedia("pages", "show", page, "--json").json
    assert shown_json["video"]["creator"]
    assert shown_json["made_by"] == "extractive 2"
    record = shown_json["page"]
    assert record["page_id"] == page
    source = chrysopedia("pages", "show", page, "--markdown").out
    assert source.startswith("# ")
    assert "## Where it is said" in source
    shown = chrysopedia("pages", "show", page)
    assert shown.code == 0
    assert record["title"] in shown.out
    assert "[1]" in shown.out


def test_markup_that_was_said_is_shown_and_does_nothing(chrysopedia: Command, page: str) -> None:
    shown = chrysopedia("pages", "show", page).out
    assert "[red]set[/red]" in shown
    assert "[bold]now[/bold]" in shown
    assert "owned" not in shown


def test_an_unknown_page_is_a_wrong_use_with_a_suggestion(chrysopedia: Command, page: str) -> None:
    ended = chrysopedia("pages", "show", page[:-1])
    assert ended.code == 2
    assert f"Did you mean {page}?" in ended.told


# --- doctor


def test_doctor_finds_a_sound_installation_sound(chrysopedia: Command) -> None:
    assert chrysopedia("doctor").code == 0
    rows = {row["check"]: row for row in chrysopedia("doctor", "--json").json}
    assert {"python", "database", "taxonomy", "dagster", "graph"} <= rows.keys()
    assert all(row["ok"] == "yes" for row in rows.values())


@pytest.mark.parametrize(
    "content", ["[[categories]\n", "", 'plugins = ["x"]\ncategories = []\n', "\x00", "a = 'ü"]
)
def test_doctor_says_what_is_wrong_with_a_taxonomy(
    chrysopedia: Command, own_world: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    broken = own_world / "taxonomy.toml"
    broken.write_bytes(content.encode("latin-1"))
    monkeypatch.setenv("CHRYSOPEDIA_TAXONOMY", str(broken))
    ended = chrysopedia("doctor", "--json")
    assert ended.code == 2
    [row] = [row for row in ended.json if row["check"] == "taxonomy"]
    assert row["ok"] == "NO"
    assert str(broken) in row["found"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://curator:hunter2@127.0.0.1:1/chrysopedia",
        "postgresql://curator:hunter2@[::1",
        "postgresql://curator:hunter2@localhost:port/chrysopedia",
        "mysql://curator:hunter2@localhost/chrysopedia",
        "hunter2",
    ],
)
def test_a_password_in_a_wrong_database_url_is_never_printed(
    chrysopedia: Command, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url)
    for command in (["doctor"], ["doctor", "--json"], ["status"], ["ingest"], ["pages", "list"]):
        ended = chrysopedia(*command)
        assert ended.code == 2, command
        assert "hunter2" not in ended.out + ended.err, command
        assert "CHRYSOPEDIA_DATABASE_URL" in ended.out + ended.err, command


# --- the command itself


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(chrysopedia: Command, command: str) -> None:
    ended = chrysopedia(*command.split(), "--help")
    assert ended.code == 0
    assert "Usage: chrysopedia" in ended.out


def test_a_command_that_does_not_exist_is_a_wrong_use(chrysopedia: Command) -> None:
    assert chrysopedia("injest").code == 2


def test_the_installed_script_works_from_any_folder(own_world: Path) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    done = subprocess.run(
        [SCRIPT, "ingest", "library", "--json"], cwd=own_world, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert '"ann--kick"' in done.stdout
    unknown = subprocess.run([SCRIPT, "process", "nobody"], cwd=own_world, capture_output=True, text=True)  # fmt: skip
    assert unknown.returncode == 2
    assert "there is no video nobody" in unknown.stderr
    assert "Traceback" not in unknown.stderr
