"""What is new: videos taken in, and pages made or made anew."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.technique_pages import TechniquePages
from resources.store import tables as t
from resources.store.database import Database
from resources.store.pages import made_since
from resources.store.records import save
from resources.store.videos import added_since, put_video
from tests.records import library_video, record_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def stored(database: Database) -> Database:
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        save(connection, "technique_pages", record_of("technique_pages"), run_id=None)
    return database


def test_a_video_is_new_until_its_time_is_over(stored: Database) -> None:
    now = datetime.now(UTC)
    with stored.reading() as connection:
        [(video, added_at)] = added_since(connection, now - HOUR)
        assert added_since(connection, now + HOUR) == []
    assert video == library_video().video
    assert abs(now - added_at) < HOUR


def test_a_page_is_new_when_it_was_made_and_when_it_came_out_different(stored: Database) -> None:
    record = record_of("technique_pages")
    assert isinstance(record, TechniquePages)
    with stored.writing(lock="test") as connection:
        connection.execute(sa.update(t.page_versions).values(stored_at=LONG_AGO))
        since = datetime.now(UTC) - HOUR
        assert made_since(connection, since) == []
        save(connection, "technique_pages", record, run_id=None)
        assert made_since(connection, since) == []  # the same once more is nothing new
        first, *others = record.pages
        changed = first.model_copy(update={"title": "Another title"})
        anew = record.model_copy(update={"pages": (changed, *others)})
        save(connection, "technique_pages", anew, run_id=None)
        [made] = made_since(connection, since)
    assert (made.address, made.title, made.version) == (first.page_id, "Another title", 2)
    assert made.stored_at.tzinfo is not None


def test_a_page_that_no_longer_stands_is_not_told_of(stored: Database) -> None:
    record = record_of("technique_pages")
    with stored.writing(lock="test") as connection:
        assert made_since(connection, LONG_AGO)
        save(connection, "technique_pages", record.model_copy(update={"pages": ()}), run_id=None)
        assert made_since(connection, LONG_AGO) == []
