"""Addresses on both databases: kept in the transaction of the record, migrated with what was there, read by name."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

import resources.store.database as opening
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.technique_pages import Citation, TechniquePage, TechniquePages
from resources.store import tables as t
from resources.store.addresses import addresses, redirects, version_counts, versions_of
from resources.store.database import Database
from resources.store.pages import find_page, list_pages
from resources.store.records import load, save
from resources.store.videos import put_video
from tests.builders import PROJECT
from tests.records import VIDEO, library_video, record_of

V = VIDEO.video_id


def record(**moments: Sequence[int]) -> TechniquePages:
    """A page of each title, with the moments of these numbers; each is 10 s."""
    template = record_of("technique_pages")
    assert isinstance(template, TechniquePages)
    pages = [_page(template.pages[0], title, numbers) for title, numbers in moments.items()]
    return template.model_copy(update={"pages": tuple(pages), "unused": ()})


def _page(like: TechniquePage, title: str, numbers: Sequence[int]) -> TechniquePage:
    cites = tuple(
        Citation(number=n, moment_id=f"m{at}", title=f"Moment {at}", start_s=10.0 * at, end_s=10.0 * at + 10, quote="q")
        for n, at in enumerate(numbers, start=1)
    )  # fmt: skip
    return like.model_copy(update={"page_id": f"{V}--{title}", "title": title, "citations": cites})


def store(database: Database, made: TechniquePages, run_id: str | None = None) -> None:
    with database.writing(lock=V) as connection:
        save(connection, "technique_pages", made, run_id)


@pytest.fixture
def stored(database: Database) -> Database:
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
    return database


def test_a_page_keeps_its_address_and_its_history_under_another_title(stored: Database) -> None:
    store(stored, record(kick=[1, 2], bass=[3]), "run 1")
    store(stored, record(punch=[1, 2], bass=[3]), "run 2")
    with stored.reading() as connection:
        assert addresses(connection) == {f"{V}--punch": f"{V}--kick", f"{V}--bass": f"{V}--bass"}
        assert addresses(connection, ["nobody"]) == {}
        assert version_counts(connection, [V]) == {f"{V}--kick": 2, f"{V}--bass": 1}
        first, second = versions_of(connection, f"{V}--kick")
        assert [row["page"] for row in list_pages(connection)] == [f"{V}--kick", f"{V}--bass"]
        assert load(connection, "technique_pages", V) == record(punch=[1, 2], bass=[3])
    assert (first.version, first.run_id, first.page.title) == (1, "run 1", "kick")
    assert (second.version, second.run_id, second.page.title) == (2, "run 2", "punch")
    assert second.page == record(punch=[1, 2]).pages[0]


def test_what_lost_its_page_leads_on_and_comes_back(stored: Database) -> None:
    store(stored, record(kick=[1, 2], bass=[3], pad=[4]))
    store(stored, record(low_end=[1, 2, 3]))
    with stored.reading() as connection:
        bass, pad = redirects(connection)
        assert redirects(connection, [V]) == [bass, pad]
        assert redirects(connection, ["nobody"]) == []
    assert bass[:3] == (f"{V}--bass", V, f"{V}--kick") and bass.title == "bass"
    assert pad[:3] == (f"{V}--pad", V, None) and pad.title == "pad"
    assert abs((datetime.now(UTC) - pad.since).total_seconds()) < 60
    store(stored, record(low_end=[1, 2, 4], other=[5]))
    with stored.reading() as connection:
        assert [one.to_address for one in redirects(connection)] == [f"{V}--kick"] * 2
        assert redirects(connection)[1].since == pad.since, (
            "since when there is no page, not since when it leads there"
        )
    store(stored, record(kick=[1, 2], bass=[3], pad=[4]))
    with stored.reading() as connection:
        assert {name: at for name, at in addresses(connection).items() if name != at} == {}
        assert [one.title for one in redirects(connection)] == ["other"]
        assert version_counts(connection)[f"{V}--bass"] == 1, "as it was is no other version"


def test_the_same_record_again_changes_no_row(stored: Database) -> None:
    def everything() -> list[object]:
        with stored.reading() as connection:
            tables = (t.technique_pages, t.page_versions, t.page_redirects)
            return [connection.execute(sa.select(table)).all() for table in tables]

    for made in (record(kick=[1], bass=[2]), record(both=[1, 2])):
        store(stored, made)
    before = everything()
    store(stored, record(both=[1, 2]))
    assert everything() == before


def test_a_page_is_found_by_address_by_what_leads_there_and_by_page_id(stored: Database) -> None:
    store(stored, record(kick=[1, 2], bass=[3]))
    store(stored, record(bass=[1, 2, 3]))  # at the address of `kick`, and `bass` leads there
    store(stored, record(bass=[1, 2, 3], kick=[4]))
    with stored.reading() as connection:
        titles = {
            name: (found := find_page(connection, f"{V}--{name}")) and found[0].title
            for name in ("kick", "bass", "kick-2", "nothing")
        }
        assert [row["page"] for row in list_pages(connection)] == [f"{V}--kick", f"{V}--kick-2"]
    assert titles == {"kick": "bass", "bass": "bass", "kick-2": "kick", "nothing": None}


KILLED = """
import os, signal, sys
from sqlalchemy.engine import make_url
from resources.store.database import Database
from tests.store.test_addresses import V, record
from resources.store.records import save
database = Database(make_url(sys.argv[1]))
with database.writing(lock=V) as connection:
    save(connection, "technique_pages", record(both=[1, 2], new=[7]), None)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_before_the_end_nothing_has_moved(stored: Database) -> None:
    old = record(kick=[1], bass=[2])
    store(stored, old)
    url = stored.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, url], cwd=PROJECT, check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    with stored.reading() as connection:
        assert load(connection, "technique_pages", V) == old
        assert version_counts(connection) == {f"{V}--kick": 1, f"{V}--bass": 1}
        assert redirects(connection) == []


# What was stored before there were addresses -----------------------------------------------------


@pytest.fixture
def older(empty_url: URL, monkeypatch: pytest.MonkeyPatch) -> URL:
    """A database as the version before this one left it: `kick` has become `punch`, `bass` and `pad` are gone."""
    with monkeypatch.context() as before:
        upgrade = command.upgrade
        before.setattr(command, "upgrade", lambda config, _: upgrade(config, "0006"))
        database = Database(empty_url)
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        _insert(connection, record(punch=[1, 2, 3]), versions=record(kick=[1, 2], bass=[3], pad=[4], punch=[1, 2, 3]))  # fmt: skip
    database.close()
    return empty_url


def _insert(connection: sa.Connection, standing: TechniquePages, versions: TechniquePages) -> None:
    """In the columns of that time."""
    old = sa.MetaData()
    pages, cited, kept = (
        sa.Table(name, old, autoload_with=connection)
        for name in ("technique_pages", "page_moments", "page_versions")
    )
    for position, page in enumerate(standing.pages):
        fields = page.model_dump(mode="json", exclude={"citations"})
        row = {"video_id": V, "position": position} | fields
        connection.execute(sa.insert(pages), row)
        for citation in page.citations:
            row = {"video_id": V, "page_position": position} | citation.model_dump(mode="json")
            connection.execute(sa.insert(cited), row)
    for page in versions.pages:
        row = {
            "page_id": page.page_id, "version": 1, "video_id": V, "data_version": "d",
            "made_by": "test", "run_id": None, "stored_at": datetime(2026, 1, 1, tzinfo=UTC),
            "page": page.model_dump(mode="json"),
        }  # fmt: skip
        connection.execute(sa.insert(kept), row)


def test_what_was_stored_before_has_its_id_for_an_address(older: URL) -> None:
    database = Database(older)
    with database.reading() as connection:
        assert addresses(connection) == {f"{V}--punch": f"{V}--punch"}
        assert set(version_counts(connection)) == {
            f"{V}--{n}" for n in ("kick", "bass", "pad", "punch")
        }
        found = [(one.address, one.to_address, one.title) for one in redirects(connection)]
        assert [one.since for one in redirects(connection)] == [
            datetime(2026, 1, 1, tzinfo=UTC)
        ] * 3
    assert found == [
        (f"{V}--bass", f"{V}--punch", "bass"),
        (f"{V}--kick", f"{V}--punch", "kick"),
        (f"{V}--pad", None, "pad"),
    ]
    store(database, record(thump=[1, 2, 3], pads=[4]))
    with database.reading() as connection:
        assert addresses(connection) == {f"{V}--thump": f"{V}--punch", f"{V}--pads": f"{V}--pad"}
    database.close()


def test_a_migration_that_fails_leaves_the_older_database(
    older: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ConfigurationError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(command, "upgrade", _then(command.upgrade, fails))
        with pytest.raises(ConfigurationError):
            Database(older)
    with monkeypatch.context() as before:
        before.setattr(opening, "REVISION", "0006")
        untouched = Database(older)
        with untouched.reading() as connection:
            columns = [column["name"] for column in sa.inspect(connection).get_columns("page_versions")]  # fmt: skip
        untouched.close()
    assert "page_id" in columns and "address" not in columns


def _then(first: object, fails: object) -> object:
    def both(config: Config, revision: str) -> None:
        first(config, revision)  # type: ignore[operator]
        fails()  # type: ignore[operator]

    return both
