"""Records in and out of both databases: equal content, one transaction, versions of pages."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL

from chrysopedia_assets.errors import ConfigurationError, RecordMissing
from chrysopedia_assets.models.records import STAGES, StageRecord, content_version
from chrysopedia_assets.models.technique_pages import TechniquePages
from resources.store import tables as t
from resources.store.database import REVISION, VERSION_TABLE, Database
from resources.store.records import RECORDS, load, save
from resources.store.videos import list_videos, put_video
from tests.records import library_video, record_of


@pytest.fixture
def stored(database: Database) -> Database:
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
    return database


@pytest.mark.parametrize("stage", STAGES)
def test_a_record_comes_back_as_it_was_stored(stored: Database, stage: str) -> None:
    record = record_of(stage)
    with stored.writing(lock="test") as connection:
        save(connection, stage, record, run_id="run-1")
    with stored.reading() as connection:
        loaded = load(connection, stage, record.video.video_id)
    assert loaded == record
    assert content_version(loaded) == content_version(record)


@pytest.mark.parametrize("stage", STAGES)
def test_storing_again_replaces_and_stores_nothing_twice(stored: Database, stage: str) -> None:
    for _ in range(2):
        with stored.writing(lock="test") as connection:
            save(connection, stage, record_of(stage), run_id=None)
    with stored.reading() as connection:
        assert load(connection, stage, record_of(stage).video.video_id) == record_of(stage)


NO_STAGE = (
    *(t.search_videos, t.search_documents, t.search_terms, t.embeddings),
    t.page_redirects,
    t.llm_calls,
    t.llm_requests,
    t.acceptances,
    t.refreshes,
    t.promotions,
)


def test_every_table_of_a_stage_holds_rows_after_all_stages_were_stored(stored: Database) -> None:
    with stored.writing(lock="test") as connection:
        for stage in STAGES:
            save(connection, stage, record_of(stage), run_id=None)
    with stored.reading() as connection:
        empty = [
            table.name
            for table in t.metadata.sorted_tables
            if table not in NO_STAGE
            and not connection.scalar(sa.select(sa.func.count()).select_from(table))
        ]
    assert empty == []


def test_a_store_that_fails_half_way_leaves_the_old_record(
    stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = record_of("technique_pages")
    with stored.writing(lock="test") as connection:
        save(connection, "technique_pages", old, run_id=None)

    def break_down(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("resources.store.records.keep_version", break_down)
    new = old.model_copy(update={"made_by": "another engine", "pages": ()})
    with pytest.raises(RuntimeError), stored.writing(lock="test") as connection:
        save(connection, "technique_pages", new, run_id=None)
    with stored.reading() as connection:
        assert load(connection, "technique_pages", old.video.video_id) == old


def test_a_missing_record_says_what_to_run(stored: Database) -> None:
    with stored.reading() as connection, pytest.raises(RecordMissing) as caught:
        load(connection, "key_moments", "nobody--nothing")
    assert "chrysopedia process nobody--nothing" in str(caught.value)


def test_a_record_of_the_wrong_kind_is_refused(stored: Database) -> None:
    with pytest.raises(TypeError), stored.writing(lock="test") as connection:
        save(connection, "key_moments", record_of("topic_chunks"), run_id=None)


def test_a_page_gets_a_new_version_when_it_changes_and_only_then(stored: Database) -> None:
    first = record_of("technique_pages")
    assert isinstance(first, TechniquePages)
    changed_page = first.pages[0].model_copy(update={"summary": "Another summary."})
    second = first.model_copy(update={"pages": (changed_page, *first.pages[1:])})
    for record in (first, first, second):
        with stored.writing(lock="test") as connection:
            save(connection, "technique_pages", record, run_id=None)
    versions = t.page_versions.c
    with stored.reading() as connection:
        kept = connection.execute(
            sa.select(versions.version, versions.page)
            .where(versions.address == first.pages[0].page_id)
            .order_by(versions.version)
        ).all()
    assert [row.version for row in kept] == [1, 2]
    assert kept[0].page["summary"] == first.pages[0].summary
    assert kept[1].page["summary"] == "Another summary."


def test_timestamps_come_back_aware_and_in_utc(stored: Database) -> None:
    with stored.reading() as connection:
        added = connection.scalar(sa.select(t.videos.c.added_at))
    assert added is not None
    assert added.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - added) < timedelta(minutes=1)
    elsewhere = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with stored.writing(lock="test") as connection:
        connection.execute(sa.update(t.videos).values(added_at=elsewhere))
        back = connection.scalar(sa.select(t.videos.c.added_at))
    assert back == elsewhere
    with (
        pytest.raises(sa.exc.StatementError, match="naive"),
        stored.writing(lock="test") as connection,
    ):
        connection.execute(sa.update(t.videos).values(added_at=datetime(2026, 1, 1)))


def of_both_databases(name: str | None, kind: str, _parents: object) -> bool:
    """All but the full-text index, which each database has in its own way."""
    return kind != "table" or not str(name).startswith("search_text")


def test_the_migrations_make_the_schema_that_the_code_declares(empty_url: URL) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with closing(Database(empty_url)) as database, database.reading() as connection:
        opts = {"version_table": VERSION_TABLE, "include_name": of_both_databases}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, t.metadata) == []
        assert context.get_current_revision() == REVISION


def test_processes_may_open_a_new_database_at_once(empty_postgres_url: URL) -> None:
    url = empty_postgres_url.set(drivername="postgresql+psycopg").render_as_string(
        hide_password=False
    )
    program = (
        "from resources.store.database import Database; from sqlalchemy.engine import make_url;"
        f"database = Database(make_url({url!r})); print(database.revision()); database.close()"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in started] == [REVISION] * 3


def test_a_database_of_a_newer_version_is_refused_with_the_reason(database: Database) -> None:
    with database.writing(lock="test") as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer version"):
        Database(database.url)


def test_two_videos_of_a_creator_share_the_creator(stored: Database) -> None:
    other = library_video(video_id="b--two", path="/two.vtt", content="2" * 64)
    with stored.writing(lock="test") as connection:
        put_video(connection, other)
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.creators)) == 1
        assert [e.video.video_id for e in list_videos(connection)] == ["a--one", "b--two"]


def test_creators_whose_names_slug_alike_stay_two(stored: Database) -> None:
    names = ["Zoë Line", "Zoe Line", "ゾーイ", "📀"]
    for number, name in enumerate(names):
        entry = library_video(f"v{number}", f"/{number}", f"hash {number}", creator=name)
        with stored.writing(lock="test") as connection:
            put_video(connection, entry)
    with stored.reading() as connection:
        assert {e.video.creator for e in list_videos(connection)} >= set(names)


def test_every_stage_has_a_record_and_each_record_a_stage() -> None:
    assert tuple(RECORDS) == STAGES
    assert all(issubclass(kind, StageRecord) for kind in RECORDS.values())
