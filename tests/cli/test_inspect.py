"""`chrysopedia inspect`: on a whole video, on half of one, between runs, and beside chapters."""

import json
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from chrysopedia_assets.inspection.comparing import COMPARED
from resources.database import close_database
from resources.event_log import event_log_on_disk
from resources.store.dagster_events import runs_that_gave
from tests.cli.conftest import Command
from tests.library import LINES, put_vtt

VIDEO = "ann--kick"
MORE = (
    "alright so next the pad, a wide chorus on a soft minor chord",
    "the chorus depth is at 40 percent so the chord floats in the stereo field",
    "and the pad gets a low cut at 200 hertz so that it leaves the kick alone",
    "play the minor chord long and let the chorus move it",
)


@pytest.fixture
def ann(own_world: Path) -> Path:
    return own_world / "library" / "Ann"


def process(chrysopedia: Command, ann: Path, *lines: str) -> None:
    put_vtt(ann / "Kick.vtt", *lines)
    assert chrysopedia("ingest").code == 0
    assert chrysopedia("process", VIDEO).code == 0


def test_it_shows_chunks_moments_groups_and_pages(chrysopedia: Command, ann: Path) -> None:
    process(chrysopedia, ann)
    shown = chrysopedia("inspect", VIDEO)
    assert shown.code == 0
    for heading in ("Timeline", "Groups: what each synthesis call sees", "Pages"):
        assert heading in shown.out
    assert "Has not run" not in shown.out
    seen = chrysopedia("inspect", VIDEO, "--json").json
    assert seen["missing"] == [] and seen["out_of_step"] == []
    assert seen["made_by"]["topic_chunks"] == "extractive 2"
    assert all(moment["title"] in shown.out for moment in seen["moments"])
    assert all(page["address"] in shown.out for page in seen["pages"])


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(
    chrysopedia: Command, ann: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    process(chrysopedia, ann, *LINES * 12, *MORE * 12)
    monkeypatch.setattr("chrysopedia_assets.cli.output.results._width", columns)
    lines = chrysopedia("inspect", VIDEO, "--against", "v1").out.splitlines()
    too_wide = [line for line in lines if len(line) > columns]
    assert all(line.strip().startswith(f"{VIDEO}--") for line in too_wide), "ids are to be copied"
    assert any("same" in line for line in lines)


def test_what_was_heard_in_doubt_is_told_with_its_places(chrysopedia: Command, ann: Path) -> None:
    segments = [
        {"start": 10.0 * n, "end": 10.0 * n + 9, "text": line} for n, line in enumerate(LINES)
    ]
    doubt = {"kind": "improbable", "start_s": 1.0, "end_s": 2.0, "reason": "8 words in 0.1 s"}
    minute = {"minute": 0, "speech_s": 40.0, "heard_s": 30.0}
    ann.mkdir(parents=True, exist_ok=True)
    (ann / "Kick.json").write_text(
        json.dumps({"segments": segments, "doubts": [doubt], "minutes": [minute]})
    )
    assert chrysopedia("ingest").code == 0
    assert chrysopedia("process", VIDEO).code == 0
    shown = " ".join(chrysopedia("inspect", VIDEO).out.split())
    assert "Heard: words for 75% of the speech, 1 doubt." in shown
    assert "doubts ??" in shown, "in the picture"
    assert "0:01-0:02 the recogniser was not sure: 8 words in 0.1 s" in shown
    assert "perhaps misheard: the recogniser was not sure" in shown
    seen = chrysopedia("inspect", VIDEO, "--json").json
    assert (seen["doubts"], seen["heard_share"]) == ([doubt], 0.75)
    assert "was not sure" in seen["moments"][0]["doubted"]


def test_a_video_that_was_never_processed_says_so(chrysopedia: Command, ann: Path) -> None:
    put_vtt(ann / "Kick.vtt")
    chrysopedia("ingest")
    shown = chrysopedia("inspect", VIDEO)
    assert "Nothing has run yet" in shown.out
    assert "Has not run: transcripts, topic_chunks" in " ".join(shown.out.split())
    asked = chrysopedia("inspect", VIDEO, "--against", "v1")
    assert (asked.code, "topic_chunks of ann--kick has not run" in asked.told) == (2, True)
    assert "Next: chrysopedia process ann--kick" in chrysopedia("inspect", VIDEO, "--versions").out


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_any_two_runs_that_dagster_knows_can_be_compared(
    chrysopedia: Command,
    ann: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    backend: str,
) -> None:
    if backend == "postgresql":
        url: URL = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url.set(drivername="postgresql").render_as_string(False))  # fmt: skip
        close_database()
    process(chrysopedia, ann, *LINES * 6)
    assert chrysopedia("rerun", VIDEO, "topic_chunks").code == 0
    process(chrysopedia, ann, *LINES * 6, *MORE * 8)
    third, second, first = runs_that_gave(event_log_on_disk(), "topic_chunks", VIDEO)

    kept = chrysopedia("inspect", VIDEO, "--versions", "--json").json
    chunks = [row for row in kept if row["stage"] == "topic_chunks"]
    assert [(row["version"], row["run"]) for row in chunks] == [("v2", third), ("v1", first)]

    def compared(*asked: str) -> dict[str, str]:
        return chrysopedia("inspect", VIDEO, "--json", *asked).json["comparison"]

    unchanged = compared("--against", first[:10], "--run", second[:10])
    assert {one["word"] for one in unchanged["differences"]} <= {"same"}
    assert unchanged["b"] == f"run {second[:8]}, v1, extractive 2", "it gave what v1 is"
    changed = compared("--against", second)
    assert "only in B" in [one["word"] for one in changed["differences"]]
    assert (changed["a"], changed["b"]) == (unchanged["b"], "now, extractive 2")
    for stage in COMPARED:
        assert compared("--stage", stage, "--against", "v1")["stage"] == stage


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("--against", "v9"), "no run made topic_chunks called v9"),
        (("--against", "zzz"), "no run made topic_chunks called zzz"),
        (("--against", ""), "no run made topic_chunks called"),
        (("--run", "v1"), "--run says what is compared"),
        (("--against", "chapters"), "the source of ann--kick has no chapters"),
        (("--against", "chapters", "--stage", "key_moments"), "only topics are compared"),
        (("--against", "v1", "--stage", "transcripts"), "transcripts cannot be compared"),
        (("--html", "/dev/null/at/all.html"), "the page cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told(
    chrysopedia: Command, ann: Path, asked: tuple[str, ...], told: str
) -> None:
    process(chrysopedia, ann)
    ended = chrysopedia("inspect", VIDEO, *asked)
    assert (ended.code, told in ended.told) == (2, True), ended.told


def test_a_misspelt_video_is_told_what_is_meant(chrysopedia: Command, ann: Path) -> None:
    process(chrysopedia, ann)
    ended = chrysopedia("inspect", "ann--kik")
    assert (ended.code, "Did you mean ann--kick?" in ended.told) == (2, True)


def test_topics_stand_beside_the_chapters_of_the_source(chrysopedia: Command, ann: Path) -> None:
    put_vtt(ann / "Kick.vtt", *LINES * 6, *MORE * 8)
    info = {"chapters": [{"start_time": 0, "title": "Kick"}, {"start_time": 384, "title": "\x1b[2JPad"}]}  # fmt: skip
    (ann / "Kick.info.json").write_text(json.dumps(info))
    ingested = chrysopedia("ingest")
    assert "1 new, 0 changed, 0 moved, 0 unchanged, 0 duplicates, 0 refused" in ingested.out
    assert "chapters" not in ingested.out + ingested.err
    chrysopedia("process")
    shown = chrysopedia("inspect", VIDEO, "--against", "chapters")
    assert "Topics against the chapters of the source" in shown.out
    assert "F1" in shown.out and "WindowDiff" in shown.out
    found = chrysopedia("inspect", VIDEO, "--against", "chapters", "--json").json
    assert [mark["title"] for mark in found["against_chapters"]["marks"] if mark["word"] == "hit"] == ["Pad"]  # fmt: skip
    assert [chapter["title"] for chapter in found["chapters"]] == ["Kick", "Pad"]


def test_chapters_that_are_left_out_are_told_and_refuse_nothing(
    chrysopedia: Command, ann: Path
) -> None:
    put_vtt(ann / "Kick.vtt")
    (ann / "Kick.info.json").write_text('{"chapters": [{"start_time": 9999, "title": "Late"}]}')
    ended = chrysopedia("ingest")
    assert ended.code == 0
    assert "Kick.info.json: Chapters that begin after the end of the transcript" in ended.told
    assert chrysopedia("ingest", "--json").json["chapters_left_out"] == [], "nothing was read again"


def test_a_page_is_written_where_it_is_asked_for(
    chrysopedia: Command, ann: Path, tmp_path: Path
) -> None:
    process(chrysopedia, ann)
    named, folder = tmp_path / "mine.html", tmp_path / "pages"
    folder.mkdir()
    for asked in (named, folder):
        assert "Written: " in chrysopedia("inspect", VIDEO, "--html", asked).told
    text = (folder / f"{VIDEO}.html").read_text()
    assert text == named.read_text()
    assert "<h2>Timeline</h2>" in text


def test_a_page_is_written_beside_the_json(chrysopedia: Command, ann: Path, tmp_path: Path) -> None:
    process(chrysopedia, ann)
    page = tmp_path / "new" / "mine.html"
    ended = chrysopedia("inspect", VIDEO, "--html", page, "--json")
    assert ended.json == chrysopedia("inspect", VIDEO, "--json").json
    assert "<h2>Timeline</h2>" in page.read_text()
