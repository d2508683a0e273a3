"""`chrysopedia transcribe`: media files to transcripts that `ingest` takes, without a library."""

import json
import socket
import subprocess
import sys
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import pytest

from resources.clients.captions.read import read_transcript
from resources.settings import settings
from resources.store.claims import claim_in
from resources.transcribing import one_round, rounds
from tests.cli.conftest import Command
from tests.clients.speech.sounds import MODEL, SENTENCES, silence, talk, write_media


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_WHISPER_MODEL", str(MODEL))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_what_it_writes_is_taken_in_with_title_words_and_doubts(
    chrysopedia: Command, own_world: Path, model: None
) -> None:
    videos, out = own_world / "videos", own_world / "library"
    (videos / "Ann").mkdir(parents=True)
    write_media(videos / "Ann" / "Kick drums.mp4", talk(SENTENCES)[0], video="steady")
    (videos / "Ann" / "Bad.mp4").write_text("hello")
    done = chrysopedia("transcribe", str(videos), "--out", str(out))
    assert done.code == 1, "one could not be"
    assert "1 transcribed, 0 already were, 1 failed." in done.out
    assert "Bad.mp4: it is no media file" in done.err
    written = out / "Ann" / "Kick drums.json"
    assert [path for path in out.rglob("*") if path.is_file()] == [written]
    source = read_transcript(written)
    told = json.loads(written.read_text())
    assert source.title == "Kick drums"
    assert source.language == "en"
    assert all(segment.words for segment in source.segments)
    assert [doubt.model_dump() for doubt in source.doubts] == told["doubts"]
    assert source.minutes
    assert "1 new" in chrysopedia("ingest").out
    again = chrysopedia("transcribe", str(videos), "--out", str(out))
    assert "0 transcribed, 1 already were" in again.out


def test_it_waits_while_another_video_is_transcribed_on_this_machine(
    chrysopedia: Command, own_world: Path, model: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_media(own_world / "Kick.m4a", talk(SENTENCES[:1])[0])
    elsewhere = ExitStack()
    place = claim_in(settings().data_dir, f"recognising speech on {socket.gethostname()}")
    assert elsewhere.enter_context(place)
    asked: list[float] = []

    def wait(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 2:
            elsewhere.close()

    monkeypatch.setattr("resources.hearing.time.sleep", wait)
    done = chrysopedia("transcribe", str(path), "--out", str(own_world / "out"))
    assert done.err.count("Waiting: another video is being transcribed on this machine.") == 1
    assert "1 transcribed" in done.out
    assert len(asked) == 2


def test_it_says_at_once_what_to_set(chrysopedia: Command, own_world: Path) -> None:
    path = write_media(own_world / "Kick.m4a", silence(1.0))
    done = chrysopedia("transcribe", str(path), "--out", str(own_world / "out"))
    assert done.code == 2
    assert "Set CHRYSOPEDIA_WHISPER_MODEL" in done.err


def test_without_a_folder_of_its_own_a_transcript_stays_its_creators(own_world: Path) -> None:
    ann, out = own_world / "Ann", own_world / "out"
    ann.mkdir()
    kick = write_media(ann / "Kick.m4a", silence(1.0))
    for given in (kick, ann, own_world):
        [due] = one_round([given], out).due
        assert (due.creator, due.out) == ("Ann", out / "Ann" / "Kick.json")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_heard(
    chrysopedia: Command, own_world: Path, model: None
) -> None:
    path = write_media(own_world / "Kick.m4a", silence(1.0))
    (own_world / "out").write_text("a file")
    done = chrysopedia("transcribe", str(path), "--out", str(own_world / "out"))
    assert done.code == 2
    assert "transcripts cannot be written: File exists. Give another --out" in done.told
    assert "nobody speaks" not in done.told


def test_two_files_that_would_have_one_transcript_are_told(own_world: Path) -> None:
    for name in ("Kick.m4a", "Kick.mp3"):
        write_media(own_world / name, silence(1.0), codec="aac" if name.endswith("a") else "mp3")
    found = one_round([own_world], own_world / "out")
    assert [due.media.name for due in found.due] == ["Kick.m4a"]
    assert "that of Kick.m4a" in found.refused[0].what


def test_what_comes_is_taken_when_it_has_stopped_growing_and_told_once(own_world: Path) -> None:
    path = own_world / "Kick.m4a"
    steps = iter(
        [
            lambda: path.write_bytes(b"1"),
            lambda: path.write_bytes(b"22"),
            lambda: None,
            lambda: None,
            lambda: path.write_bytes(b"333"),
            lambda: None,
            lambda: None,
        ]
    )
    looks = []

    def wait(seconds: float) -> None:
        looks.append(path.stat().st_size if path.exists() else 0)
        next(steps)()

    found = list(islice(rounds([own_world], own_world / "out", wait), 2))
    assert [due.media for each in found for due in each.due] == [path, path]
    assert looks == [0, 1, 2, 2, 2, 3]


def test_a_folder_that_is_not_there_is_told_once_while_watching(own_world: Path) -> None:
    waits = iter(range(3))
    steps = rounds([own_world / "typo"], own_world / "out", lambda seconds: next(waits) and None)
    [first] = next(steps).refused
    assert "typo: it cannot be read" in str(first)
    with pytest.raises(RuntimeError, match="StopIteration"):  # of the waits: nothing more is told
        next(steps)


def test_neither_dagster_nor_a_database_is_needed(own_world: Path) -> None:
    code = (
        "import sys, chrysopedia_assets.cli.transcribe, resources.transcribing, resources.hearing;"
        "assert 'dagster' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not (own_world / "data").exists()
