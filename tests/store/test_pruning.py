"""Dropping on both databases: what goes is gone, what made the pages of now stays, and no figure changes."""

import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Label, Outcome, Result
from chrysopedia_assets.models.prompts import PromptName
from chrysopedia_assets.models.records import STAGES
from resources.store import tables as t
from resources.store.calls import find_call
from resources.store.costs import By, history, saved, totals, totals_by_page, usage_of
from resources.store.database import Database
from resources.store.ledger import Ledger
from resources.store.pruning import give_back, prune
from resources.store.records import save
from resources.store.retention import Bounds, Item, Pruned, to_drop
from resources.store.spending import spent_since
from resources.store.stage_versions import KEPT, list_versions
from resources.store.videos import list_videos, put_video
from tests.fakes.calling import request
from tests.records import library_video, record_of

VIDEO = library_video().video.video_id
NOW = datetime.now(UTC)
ALL = Bounds.parse("0d", None)

Put = Callable[..., int]


@pytest.fixture
def put(database: Database) -> Iterator[Put]:
    """A call of a number of days ago; gives its id."""
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())

    def call(
        key: str, days: int, *, run: str | None = "old", task: PromptName = "extraction",
        reused: bool = False, text: str = "a reply", video: str = VIDEO,
        outcome: Outcome = "ok", counted: bool = True,
    ) -> int:  # fmt: skip
        ledger = Ledger(database)
        label = Label(task, video, "segments 0 to 9", "prompt-1", 60.0)
        attempt = Attempt(key, run, "host/v1", "model-1", label, Dialect("text"))
        if reused:
            ledger.reuse(attempt, request(key))
        else:
            counts = (100, 10, 40) if counted else (None, None, None)
            completion = Completion(text, "stop", "I would rather not", *counts)
            cost = 0.5 if counted else None
            call_id = ledger.begin(attempt, request(key))
            ledger.end(call_id, Result(outcome, 2.0, None, completion, cost))
        with database.writing(lock="test") as connection:
            [newest] = connection.execute(sa.select(sa.func.max(t.llm_calls.c.call_id))).one()
            set_age(connection, t.llm_calls.c.started_at, t.llm_calls.c.call_id == newest, days)
        return int(newest)

    yield call


def set_age(connection: Any, column: Any, which: Any, days: int) -> None:
    at = NOW - timedelta(days=days)
    connection.execute(sa.update(column.table).where(which).values({column.name: at}))


def store(database: Database, stage: Any, run_id: str | None) -> None:
    with database.writing(lock="test") as connection:
        save(connection, stage, record_of(stage), run_id)


def put_version(database: Database, version: int, content: str, days: int) -> None:
    row = {
        "video_id": VIDEO,
        "stage": "key_moments",
        "version": version,
        "data_version": content,
        "made_by": "model-1",
        "run_id": None,
        "stored_at": NOW - timedelta(days=days),
        "record": zlib.compress(content.encode()),
    }
    with database.writing(lock="test") as connection:
        connection.execute(sa.insert(t.stage_versions), row)


def versions(database: Database) -> list[int]:
    with database.reading() as connection:
        return sorted(
            connection.scalars(
                sa.select(t.stage_versions.c.version).where(
                    t.stage_versions.c.stage == "key_moments", t.stage_versions.c.version >= 100
                )
            )
        )


def kept(database: Database) -> set[str]:
    """Keys of what is still there: the request and the reply, or neither."""
    with database.reading() as connection:
        asked = set(connection.scalars(sa.select(t.llm_requests.c.content_key)))
        answered = sa.select(t.llm_calls.c.content_key).where(t.llm_calls.c.reply.is_not(None))
        assert asked == set(connection.scalars(answered))
    return asked


def pruned(
    database: Database, older_than: str | None = None, max_size: str | None = None
) -> Pruned:
    bounds = Bounds.parse(older_than, max_size)
    told = prune(database, bounds, dry_run=True)
    done = prune(database, bounds, dry_run=False)
    assert (told.dropped, told.kept) == (done.dropped, done.kept), "a dry run says what happens"
    return done


def test_what_was_not_asked_for_long_is_dropped_with_all_its_replies(
    database: Database, put: Put
) -> None:
    old = [put("old", 100), put("old", 95)]
    put("used again", 100)
    put("used again", 5, reused=True)
    put("young", 89)
    done = pruned(database, "90d")
    assert kept(database) == {"used again", "young"}
    assert (done.dropped.exchanges, done.kept["within"].exchanges) == (1, 2)
    with database.reading() as connection:
        for call_id in old:
            found = find_call(connection, call_id)
            assert found and found.reply is None and found.request is None and found.refusal is None
            assert (found.finish_reason, found.tokens_in, found.cost_usd) == ("stop", 100, 0.5)
    assert pruned(database, "90d").dropped.exchanges == 0


def test_the_oldest_go_until_the_rest_is_as_small_as_asked_for(
    database: Database, put: Put
) -> None:
    for days in (3, 1, 2):
        put(f"{days} days", days, text="äö" * 20_000)
    done = pruned(database, max_size="100KB")
    assert kept(database) == {"1 days"}
    assert 80_000 < done.held < 100_000, "bytes are counted, not letters"
    assert done.dropped.size == pytest.approx(2 * done.held, rel=0.01)


def test_what_made_the_present_pages_is_kept_also_where_it_was_reused(
    database: Database, put: Put
) -> None:
    put("paid by an earlier run", 300, task="synthesis")
    put("paid by an earlier run", 200, run="live", task="synthesis", reused=True)
    put("a bad try of the live run", 200, run="live", task="synthesis")
    put("of a result that no page came from", 200, run="live", task="extraction")
    put("of another video", 200, run="live", task="synthesis", video="b--two")
    put("of another run", 200, task="synthesis")
    put("a try-out", 200, run=None, task="synthesis")
    put("just asked", 0, run=None)
    for stage in STAGES:
        store(database, stage, "live" if stage == "technique_pages" else "newer")
    done = pruned(database, "0d", "0KB")
    assert kept(database) == {"paid by an earlier run", "a bad try of the live run", "just asked"}
    assert (done.kept["live"].exchanges, done.kept["recent"].exchanges) == (2, 1)
    assert "none of it may be dropped" in done.lines()[-1]


def test_what_a_page_that_stands_came_from_is_kept_though_it_was_made_anew_since(
    database: Database, put: Put
) -> None:
    put("before", 300, task="segmentation", run="older")
    put("of the page", 200, task="segmentation", run="live")
    put("of now", 100, task="segmentation", run="newer")
    remake(database, "older", "topic_chunks")
    for stage in STAGES:
        store(database, stage, "live")
    remake(database, "newer", "topic_chunks")
    before = page_costs(database)
    done = pruned(database, "0d", "0KB")
    assert kept(database) == {"of the page", "of now"}
    assert topics(database) == ["live", "newer"]
    assert page_costs(database) == before
    assert (done.kept["live"].versions, done.kept["newest"].versions) == (1, len(KEPT))
    for stage in STAGES[2:]:
        store(database, stage, "newer")
    pruned(database, "0d", "0KB")
    assert kept(database) == {"of now"}
    assert topics(database) == ["newer"]


def remake(database: Database, run_id: str, stage: Any) -> None:
    """So that it differs from what other runs gave."""
    record = record_of(stage).model_copy(update={"made_by": f"model of {run_id}"})
    with database.writing(lock="test") as connection:
        save(connection, stage, record, run_id)


def topics(database: Database) -> list[str]:
    """The runs whose topics are kept."""
    with database.reading() as connection:
        return [one.run_id or "" for one in list_versions(connection, VIDEO, "topic_chunks")][::-1]


def page_costs(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        return totals_by_page(connection, usage_of(connection))


def test_no_figure_changes(database: Database, put: Put) -> None:
    put("a", 100)
    put("a", 50, reused=True)
    put("b", 40, run="live", task="synthesis")
    put("bad", 30, run="older", outcome="truncated")
    put("bad", 20, run="live", task="synthesis", reused=True)
    put("of a server that does not count", 10, counted=False)
    for stage in STAGES:
        store(database, stage, "other")

    def figures() -> list[Any]:
        since = NOW - timedelta(days=400)
        with database.reading() as connection:
            return [
                *(totals(connection, by) for by in By if by not in (By.PAGE, By.REFRESH)),
                totals_by_page(connection, usage_of(connection)),
                saved(connection),
                spent_since(connection, since),
            ]

    before = figures()
    assert prune(database, ALL, dry_run=False).dropped.exchanges == 4
    assert figures() == before


def test_what_is_dropped_is_no_answer_any_more_and_an_estimate_knows_it(
    database: Database, put: Put
) -> None:
    ledger = Ledger(database)
    put("a", 100)
    assert ledger.reply("a") is not None
    with database.reading() as connection:
        assert history(connection).answered
    prune(database, ALL, dry_run=False)
    assert ledger.reply("a") is None
    with database.reading() as connection:
        assert not history(connection).answered
    assert ledger.dialect("host/v1", "model-1") == Dialect("text"), "how to ask is no reply"


def test_versions_of_a_stage_go_but_never_the_newest_result(database: Database, put: Put) -> None:
    for version, content, days in (
        (100, "first", 90),
        (101, "newest", 80),
        (102, "second", 70),
        (103, "third", 10),
        (104, "newest", 9),
    ):
        put_version(database, version, content, days)
    done = pruned(database, "60d")
    assert versions(database) == [101, 103, 104]
    assert (done.dropped.versions, done.kept["newest"].versions) == (2, 2)
    pruned(database, max_size="0KB")
    assert versions(database) == [101, 104]


def test_pages_and_their_versions_are_not_touched(database: Database, put: Put) -> None:
    store(database, "technique_pages", None)
    with database.reading() as connection:
        before = list(connection.execute(sa.select(t.page_versions)))
    assert before
    prune(database, ALL, dry_run=False)
    with database.reading() as connection:
        assert list(connection.execute(sa.select(t.page_versions))) == before


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from resources.store.database import Database
from resources.store.pruning import prune
from resources.store.retention import Bounds

@sa.event.listens_for(sa.engine.Engine, "after_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if statement.startswith("DELETE FROM llm_requests"):
        os.kill(os.getpid(), signal.SIGKILL)

prune(Database(sa.engine.make_url(sys.argv[1])), Bounds.parse("0d", None), dry_run=False)
"""


def test_a_kill_in_the_middle_drops_nothing(database: Database, put: Put) -> None:
    put("a", 100)
    put("b", 100)
    url = database.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", KILLED, url], env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert kept(database) == {"a", "b"}
    prune(database, ALL, dry_run=False)
    assert kept(database) == set()


def test_what_is_asked_again_meanwhile_is_not_dropped_with_the_old(
    database: Database, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a", 100)
    asks = Thread(target=put, args=("a", 0))

    def asked_meanwhile(*given: Any) -> list[Item]:
        asks.start()
        asks.join(0.3)  # not to be waited for: it waits for us
        return to_drop(*given)

    monkeypatch.setattr("resources.store.pruning.to_drop", asked_meanwhile)
    prune(database, ALL, dry_run=False)
    asks.join()
    assert kept(database) == {"a"}


def test_the_room_goes_back_to_the_disk_or_it_is_told_how(database: Database, put: Put) -> None:
    for number in range(20):
        put(f"{number}", 100, text=os.urandom(50_000).hex())
    prune(database, ALL, dry_run=False)
    before = database.size
    told = give_back(database)
    if database.folder is None:
        assert "VACUUM FULL" in told
    else:
        assert database.size < before / 4
        assert "now" in told


def test_a_database_that_others_write_to_is_told_of_and_stays_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.store.database.BUSY_TIMEOUT_S", 0.1)
    database = Database(sa.URL.create("sqlite", database=str(tmp_path / "busy.sqlite")))
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
        assert "Prune again when nothing else runs" in give_back(database)
    with database.reading() as connection:
        assert [video.video.video_id for video in list_videos(connection)] == [VIDEO]
    database.close()
