"""Chapters come in with a file, change with it, and make nothing out of date."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import IngestReport, ingest
from resources.clients.library import look
from resources.database import open_database
from resources.settings import settings
from resources.store.videos import LibraryVideo, list_videos
from tests.library import put_vtt


@pytest.fixture
def folder() -> Path:
    return settings().library_dir / "Ann"


def put_info(folder: Path, *chapters: Any, name: str = "Kick.info.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"_type": "video", "title": "No", "chapters": list(chapters)}))
    return path


def take_in(instance: dg.DagsterInstance) -> IngestReport:
    library = settings().library_dir
    return ingest(look([library], library=library).files, open_database(), instance)


def stored() -> LibraryVideo:
    with open_database().reading() as connection:
        [entry] = list_videos(connection)
    return entry


def test_chapters_beside_a_file_are_stored_and_follow_it_without_a_new_version(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    put_vtt(folder / "Kick.vtt")
    take_in(instance)
    before = stored()
    assert before.chapters == ()

    put_info(folder, {"start_time": 16.0, "title": "Compressor"})
    report = take_in(instance)
    assert [(c.start_s, c.title) for c in stored().chapters] == [(16.0, "Compressor")]
    assert stored().version == before.version
    assert [e.video.video_id for e in report.plan.unchanged] == ["ann--kick"]
    take_in(instance)
    assert len(stored().chapters) == 1, "nothing changed, so nothing was read"

    (folder / "Kick.info.json").unlink()
    take_in(instance)
    assert stored().chapters == ()


def test_what_is_wrong_with_chapters_is_told_and_the_transcript_taken_in(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    path = put_vtt(folder / "Kick.vtt")
    put_info(folder, {"start_time": 16.0, "title": "Compressor"}, {"start_time": 900, "title": "x"})
    report = take_in(instance)
    assert report.refused == ()
    [(where, what)] = report.chapters_left_out
    assert where == str(path)
    assert what.startswith("Kick.info.json: Chapters that begin after the end")
    assert len(stored().chapters) == 1


def test_a_file_about_a_video_is_no_transcript_and_nothing_to_refuse(folder: Path) -> None:
    put_vtt(folder / "Kick.vtt")
    put_info(folder)
    put_info(folder, name="Of no transcript.INFO.json")
    library = settings().library_dir
    seen = look([library], library=library)
    assert [file.path.name for file in seen.files] == ["Kick.vtt"]
    assert seen.refused == ()


def test_a_file_that_is_being_written_beside_it_is_waited_for(folder: Path) -> None:
    path = put_vtt(folder / "Kick.vtt")
    [alone] = look([path]).files
    put_info(folder)
    [beside] = look([path]).files
    assert beside.stamp != alone.stamp
    assert beside.modified_ns > alone.modified_ns
