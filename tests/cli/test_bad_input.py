"""A library that also holds what curators really drop into folders: bad files are refused by name, good ones go on.

Every file here goes through `ingest` and `process` beside good ones, as one library.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.captions.read import read_transcript
from resources.clients.library import look
from resources.database import open_database
from tests.builders import all_stages, product_taxonomy
from tests.cli.conftest import Command, Ended
from tests.conftest import SHARED_DATA, shared
from tests.library import LINES, put_vtt, put_whisper

MB = 1024 * 1024
GOOD = ("ann--kick", "ann--snare")


@dataclass(frozen=True)
class Bad:
    """A file's name and bytes, and what its refusal has to say: the place in it, and what is wrong."""

    name: str
    content: bytes
    says: str


def segments(*spans: tuple[object, object], text: str = "set it to 3 dB") -> bytes:
    """Whisper JSON with these times; Python writes NaN and Infinity as such, like some recognisers do."""
    return json.dumps(
        {"segments": [{"start": a, "end": b, "text": text} for a, b in spans]}
    ).encode()


REFUSED = (
    Bad("empty.json", b"", "the file is empty"),
    Bad("empty.vtt", b"", "the file is empty"),
    Bad("blank.srt", b"\n \n\t", "the file is empty"),
    Bad("only-nuls.json", b"\0" * 200, "the file is empty"),
    Bad("only-a-mark.vtt", b"\xef\xbb\xbf", "the file is empty"),
    Bad("no-segments.json", segments(), "there is no speech in it"),
    Bad("no-cues.vtt", b"WEBVTT\n\nNOTE nothing\n", "there is no speech in it"),
    Bad("silent.json", segments((0, 1), text="  "), "there is no speech in it"),
    Bad("end-first.json", segments((0, 4), (9, 5)), "segment 2: it ends at 5 s, before it starts at 9 s"),
    Bad("end-first.srt", b"1\n00:00:09,000 --> 00:00:05,000\nback\n", "line 2: it ends at 5 s"),
    Bad("overlapping.json", segments((0, 9), (3, 12)), "segment 2: it starts at 3 s, 6.00 s before segment 1 has ended"),
    Bad("unordered.json", segments((8, 9), (0, 1)), "segment 2: it starts at 0 s, but a segment before it starts at 8 s"),
    Bad("nan.json", segments((0, 1), (float("nan"), 3)), "it is not valid JSON"),
    Bad("infinite.json", segments((0, float("inf"))), "it is not valid JSON"),
    Bad("overflow.json", b'{"segments": [{"start": 0, "end": 1e999, "text": "x"}]}', "segment 1: its end time is not finite"),
    Bad("negative.json", segments((-4, 1)), "segment 1: its start time is negative"),
    Bad("text-time.json", segments(("0", "1")), "segment 1: its start time is missing or not a number"),
    Bad("too-late.json", segments((0, 1e9)), "segment 1: its end time is beyond 48 hours"),
    Bad("cut-off.json", segments((0, 1))[:-9], "line 1 column"),
    Bad("surrogate.json", b'{"segments": [{"start": 0, "end": 1, "text": "\\ud800"}]}', "line 1 column"),
    Bad("no-transcript.json", b'{"title": "a page of settings"}', "it is valid JSON but no transcript"),
    Bad("number.json", b"17", "it is valid JSON but no transcript"),
    Bad("deep.json", b"[" * 100_000, "it is not valid JSON"),
    Bad("notes.txt", b"remember to buy strings", "it is text without times"),
    Bad("page.srt", b"<!DOCTYPE html><p>404</p>", "it is an HTML page"),
    Bad("picture.vtt", bytes(range(256)) * 8, "has to begin with"),
    Bad("not-utf8-\udcff.vtt", b"WEBVTT\n", "its name is not valid UTF-8"),
    Bad("two\nlines.vtt", b"WEBVTT\n", "its name holds a line break or another control character"),
    Bad("red \x1b[31m.vtt", b"WEBVTT\n", "its name holds a line break or another control character"),
)  # fmt: skip


@pytest.fixture
def library(own_world: Path) -> Path:
    """A library with two good files."""
    folder = own_world / "library"
    put_vtt(folder / "Ann" / "Kick.vtt")
    put_whisper(folder / "Ann" / "Snare.json", *reversed(LINES))
    return folder


def shown(name: str) -> str:
    """How a message writes the name."""
    return os.fsencode(name).decode("utf-8", "backslashreplace").encode("unicode_escape").decode().replace("\\\\", "\\")  # fmt: skip


def by_file(ended: Ended) -> dict[str, dict[str, str]]:
    """The refusals in a JSON report by file name."""
    refused = ended.json["refused"]
    return {
        entry["where"].split(", line")[0].split(", segment")[0].rpartition("/")[2]: entry
        for entry in refused
    }


def test_bad_files_are_refused_by_name_and_place_and_good_ones_become_pages(
    chrysopedia: Command, library: Path
) -> None:
    for bad in REFUSED:
        (library / "Ann" / bad.name).write_bytes(bad.content)
    ended = chrysopedia("ingest", "--json")
    assert ended.code == 1
    assert sorted(ended.json["new"]) == sorted(GOOD)
    refused = by_file(ended)
    assert refused.keys() == {shown(bad.name) for bad in REFUSED}
    for bad in REFUSED:
        entry = refused[shown(bad.name)]
        assert bad.says in f"{entry['where']}: {entry['what']}", entry
        assert entry["cure"], entry
    told = chrysopedia("ingest")
    assert told.code == 1
    assert told.err.count("refused    ") == len(told.err.strip().splitlines()) == len(REFUSED)
    processed = chrysopedia("process")
    assert processed.code == 0
    assert "2 brought up to date" in processed.out
    assert {row["page"].split("--")[1] for row in pages(chrysopedia)} == {"kick", "snare"}


def pages(chrysopedia: Command) -> list[dict[str, str]]:
    found: list[dict[str, str]] = chrysopedia("pages", "list", "--json").json
    return found


SPOKEN = "\n".join(
    f"00:00:{n * 5:02}.000 --> 00:00:{n * 5 + 5:02}.000\n{line}\n" for n, line in enumerate(LINES)
)
ACCEPTED = {
    "byte order mark.vtt": b"\xef\xbb\xbfWEBVTT 1\n\n" + SPOKEN.encode(),
    "utf-16 big, no mark.vtt": f"WEBVTT 3\n\n{SPOKEN}".encode("utf-16-be"),
    "nuls inside.vtt": b"WEBVTT 4\n\n" + SPOKEN.encode().replace(b"kick", b"ki\0ck"),
    "unordered, overlapping.srt": b"1\n00:00:09,000 --> 00:00:19,000\nturn it down by 3 dB\n\n2\n00:00:01,000 --> 00:00:12,000\nset the limiter first\n",
    "escapes the folder.json": json.dumps(
        {"video_id": "../../x", "title": "../../x", "url": "javascript:alert(1)", "transcript": {"segments": [{"start": 0, "end": 9, "text": LINES[0]}]}}
    ).encode(),
    "long title.json": json.dumps(
        {"title": "long " * 100, "transcript": {"segments": [{"start": 0, "end": 9, "text": LINES[1]}]}}
    ).encode(),
    "🎛️🔥.vtt": b"WEBVTT 6\n\n" + SPOKEN.encode(),
    "n" * 246 + ".vtt": b"WEBVTT 7\n\n" + SPOKEN.encode(),
    "Kick!.vtt": b"WEBVTT 8\n\n" + SPOKEN.encode(),
    "kick.srt": b"1\n00:00:01,000 --> 00:00:09,000\nnothing to learn here\n",
    "plain.txt": b"1\n00:00:01,000 --> 00:00:09,000\nand nothing in this one\n",
}  # fmt: skip
"""A comment after WEBVTT makes each a file of its own: the same bytes under two names are one video."""


def test_odd_files_are_taken_and_end_as_pages_or_as_a_video_without_any(
    chrysopedia: Command, library: Path
) -> None:
    for name, content in ACCEPTED.items():
        (library / "Ann" / name).write_bytes(content)
    ended = chrysopedia("ingest", "--json")
    assert ended.json["refused"] == []
    assert ended.code == 0
    videos = ended.json["new"]
    assert len(videos) == len(set(videos)) == len(ACCEPTED) + len(GOOD)
    assert "ann--x" in videos
    done = chrysopedia("process", "--json")
    assert done.code == 0, done.out
    states = {row["video"]: row for row in chrysopedia("status", "--json").json}
    assert states.keys() == set(videos)
    assert {row["state"] for row in states.values()} == {"complete"}
    with_pages = {video for video, row in states.items() if row["pages"]}
    assert {"ann--kick", "ann--utf-16-big-no-mark", "ann--nuls-inside", "ann--x"} <= with_pages
    assert states["ann--plain"]["pages"] == 0
    [page, *_] = [row["page"] for row in pages(chrysopedia) if row["page"].startswith("ann--x--")]
    assert chrysopedia("pages", "show", page).code == 0
    assert f"{len(videos)} unchanged" in chrysopedia("ingest").out


def test_a_300_mb_file_is_refused_without_being_read(
    own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = own_world / "Huge.json"
    huge.touch()
    os.truncate(huge, 300 * MB)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("read it")

    monkeypatch.setattr(hashlib, "file_digest", never)
    [refused] = ingest_here([huge])["refused"]
    assert refused == f"{huge}: it has 300 MB; a transcript may have 128 MB. Check that it is the transcript of one video"  # fmt: skip


def test_what_is_no_file_is_refused_and_never_waited_for(
    chrysopedia: Command, library: Path
) -> None:
    folder = library / "Ann"
    os.mkfifo(folder / "pipe.vtt")
    (folder / "endless.vtt").symlink_to("/dev/zero")
    (folder / "dangling.vtt").symlink_to(folder / "nothing.vtt")
    (folder / "itself.vtt").symlink_to(folder / "itself.vtt")
    ended = chrysopedia("ingest", "--json")
    assert ended.code == 1
    refused = by_file(ended)
    assert refused.keys() == {"pipe.vtt", "endless.vtt", "dangling.vtt", "itself.vtt"}
    assert refused["pipe.vtt"]["what"] == refused["endless.vtt"]["what"] == "it is not a file"
    assert "No such file" in refused["dangling.vtt"]["what"]
    assert "symbolic links" in refused["itself.vtt"]["what"]
    assert sorted(ended.json["new"]) == sorted(GOOD)


def test_folders_that_lead_back_to_themselves_are_walked_once(
    chrysopedia: Command, library: Path
) -> None:
    (library / "Ann" / "again").symlink_to(library / "Ann", target_is_directory=True)
    (library / "Ann" / "up").symlink_to(library, target_is_directory=True)
    (library / "Loop").symlink_to(library / "Loop", target_is_directory=True)
    (library / "Ann" / "folder.vtt").mkdir()
    ended = chrysopedia("ingest", "--json")
    assert ended.code == 1
    refused = by_file(ended)
    assert refused.keys() == {"again", "up", "Loop"}
    assert "already looked into" in refused["again"]["what"]
    assert "symbolic links" in refused["Loop"]["what"]
    assert sorted(ended.json["new"]) == sorted(GOOD)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_and_a_folder_that_may_not_be_read_are_refused(
    chrysopedia: Command, library: Path
) -> None:
    closed = put_vtt(library / "Ann" / "Closed.vtt")
    put_vtt(library / "Bob" / "Bass.vtt", "hidden")
    closed.chmod(0)
    (library / "Bob").chmod(0)
    ended = chrysopedia("ingest", "--json")
    (library / "Bob").chmod(0o700)
    assert ended.code == 1
    assert by_file(ended).keys() == {"Closed.vtt", "Bob"}
    assert sorted(ended.json["new"]) == sorted(GOOD)


def test_a_name_that_was_freed_and_taken_again_is_never_given_to_two_videos(
    chrysopedia: Command, library: Path
) -> None:
    second = put_vtt(library / "Ann" / "Kick!.vtt", "the second one")
    chrysopedia("ingest")
    put_vtt(second, "the second one, said anew")
    chrysopedia("ingest")
    put_vtt(library / "Ann" / "kick .vtt", "the second one")
    ended = chrysopedia("ingest", "--json")
    assert len(ended.json["new"]) == 1
    assert len(chrysopedia("status", "--json").json) == len(GOOD) + 2


def test_a_known_file_replaced_by_garbage_keeps_what_was_made_from_it(
    chrysopedia: Command, library: Path
) -> None:
    kick = library / "Ann" / "Kick.vtt"
    chrysopedia("ingest")
    chrysopedia("process")
    before = records_of(chrysopedia, "ann--kick")
    assert before
    put_whisper(library / "Ann" / "Snare.json", *LINES[2:])
    for bad in (b"", b"garbage", b"\0\xff" * 99, segments((5, 1))):
        kick.write_bytes(bad)
        ended = chrysopedia("ingest", "--json")
        assert ended.code == 1
        assert [str(kick) in entry["where"] for entry in ended.json["refused"]] == [True]
    done = chrysopedia("process", "--json")
    assert done.code == 0
    assert {row["video"]: bool(row["ran"]) for row in done.json} == {"ann--kick": False, "ann--snare": True}  # fmt: skip
    assert records_of(chrysopedia, "ann--kick") == before


def records_of(chrysopedia: Command, video_id: str) -> list[object]:
    """The video's pages in full."""
    listed = chrysopedia("pages", "list", "--video", video_id, "--json").json
    return [chrysopedia("pages", "show", row["page"], "--json").json for row in listed]


def test_a_file_that_turned_bad_before_it_was_processed_says_what_to_do_and_stops_no_other(
    chrysopedia: Command, library: Path
) -> None:
    kick = library / "Ann" / "Kick.vtt"
    chrysopedia("ingest")
    kick.write_bytes(b"garbage")
    assert chrysopedia("ingest").code == 1
    done = chrysopedia("process")
    assert done.code == 1
    assert "1 brought up to date, 0 already were, 1 failed." in done.out
    assert "ann--kick failed at transcripts: ann--kick: its file has changed" in done.told
    assert f"chrysopedia ingest '{kick}'" in done.told
    states = {row["video"]: row["state"] for row in chrysopedia("status", "--json").json}
    assert states == {"ann--kick": "error", "ann--snare": "complete"}


# --- other projects' collections of files that broke somebody


def ingest_here(paths: list[Path]) -> dict[str, list[str]]:
    """Ingest without the command: video ids taken in, and the refusals as a person reads them."""
    with dg.DagsterInstance.get() as instance:
        seen = look(paths)
        report = ingest(seen.files, open_database(), instance)
    return {
        "new": [entry.video.video_id for entry in report.plan.new],
        "refused": [str(error) for error in (*seen.refused, *(e for _, e in report.refused))],
    }


def collections() -> Iterator[Path]:
    folder = SHARED_DATA / "badinputs"
    yield from sorted(
        path for path in folder.glob("*") if path.is_dir() and path.name != "licences"
    )


@pytest.mark.parametrize(
    "folder",
    list(collections()) or [SHARED_DATA / "badinputs" / "absent"],
    ids=lambda path: path.name,
)
def test_a_collection_of_bad_files_is_a_library_like_any_other(
    own_world: Path, folder: Path
) -> None:
    shared(folder)
    report = ingest_here([folder])
    again = ingest_here([folder])
    assert all(str(folder.resolve()) in refusal for refusal in report["refused"])
    assert again == {"new": [], "refused": report["refused"]}


def test_what_is_accepted_of_bad_files_goes_through_every_stage() -> None:
    folder = SHARED_DATA / "badinputs"
    shared(folder)
    taxonomy = product_taxonomy()
    engine = ExtractiveEngine(taxonomy)
    done = 0
    for file in look([folder]).files[::3]:
        try:
            source = read_transcript(file.path)
        except InputRefused:
            continue
        video = Video(video_id=f"bad--{done}", title=file.path.stem, creator=file.creator)
        all_stages(make_transcript(video, source), taxonomy, engine)
        done += 1
    assert done > 40
