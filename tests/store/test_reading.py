"""What the reading site is gathered from, on both databases: which file a video plays, what decides what is shown of it."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.library_files import Chapter
from resources.clients.taxonomy import read_taxonomy
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import look
from resources.reading import Reading
from resources.settings import settings
from resources.store import tables as t
from resources.store.records import save
from resources.store.videos import LibraryVideo, put_video
from tests.builders import transcript
from tests.records import library_video
from tests.store.test_addresses import V, record


def reading() -> Reading:
    database, events = open_database(), event_log_on_disk()
    taxonomy = read_taxonomy(settings().taxonomy_file)
    return Reading(database, events, look(events, database), taxonomy, plays_files=True)


@pytest.fixture
def video(either: dg.DagsterInstance) -> LibraryVideo:
    """With a page."""
    entry = library_video()
    put(entry)
    with open_database().writing(lock="test") as connection:
        said = transcript("Cut at 300 hertz.").model_copy(update={"video": entry.video})
        save(connection, "transcripts", said, None)
        save(connection, "technique_pages", record(kick=[1, 2]), None)
    return entry


def put(entry: LibraryVideo) -> None:
    with open_database().writing(lock="test") as connection:
        put_video(connection, entry)


def test_chapters_are_drawn_though_no_version_follows_them(video: LibraryVideo) -> None:
    before = reading().facts(V)
    assert reading().facts(V) == before
    put(replace(video, chapters=(Chapter(start_s=0.0, title="Intro"),)))
    assert reading().facts(V) != before


def test_a_page_whose_video_is_not_there_yet_waits_for_the_next_build(video: LibraryVideo) -> None:
    assert [card.video_id for card in reading().library.pages] == [V]
    with open_database().writing(lock="test") as connection:
        connection.execute(sa.delete(t.transcripts))
    assert reading().library.pages == () and reading().stale_pages == 0


SOURCES: list[tuple[str, list[str], str | None]] = [
    ("Ep 1.5 kicks.vtt", ["Ep 1.mp4"], None),
    ("Ep 1.5 kicks.vtt", ["Ep 1.mp4", "Ep 1.5 kicks.MP4"], "Ep 1.5 kicks.MP4"),
    ("Kick.en.vtt", ["Kick.m4a", "Kick.mp4"], "Kick.mp4"),
    ("Kick.mkv", ["Kick.mp4"], "Kick.mkv"),
    ("k" * 251 + ".vtt", [], None),
    ("k" * 252 + ".mp4", [], None),
]


def test_the_file_that_is_played_is_the_one_that_the_transcript_is_of(
    video: LibraryVideo, tmp_path: Path
) -> None:
    """Also where a name is too long for a file."""
    for number, (source, beside, played) in enumerate(SOURCES):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in (*beside, *([source] if len(source) < 256 else [])):
            (folder / name).write_bytes(b"x")
        put(replace(video, source_path=str(folder / source)))
        found = [path.name for path in reading().files_to_play.values()]
        assert found == ([played] if played else []), source
