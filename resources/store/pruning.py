"""Drops what was asked and answered, and what earlier runs of stages gave; every row of the ledger and its figures stay.

What belongs here: finding out what there is, dropping it in one transaction, giving the room back. What does not: what
may be dropped (`retention`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.errors import ConfigurationError
from resources.store import tables as t
from resources.store.database import Database
from resources.store.lineage import Result, behind_pages, calls_of, standing
from resources.store.retention import RECENT, Bounds, Item, Pruned, Reason, account, mb, to_drop

_calls, _requests = t.llm_calls.c, t.llm_requests.c
_versions = t.stage_versions.c


def prune(database: Database, bounds: Bounds, *, dry_run: bool) -> Pruned:
    """All of it or nothing. Afterwards `give_back` makes the file smaller."""
    now = datetime.now(UTC)
    if dry_run:
        with database.reading() as connection:
            items = _items(connection, now)
        return account(items, to_drop(items, bounds, now), bounds, dry_run=True)
    with database.writing(lock="prune") as connection:
        _hold_calls(connection)
        items = _items(connection, now)
        dropped = to_drop(items, bounds, now)
        _drop(connection, dropped)
    return account(items, dropped, bounds, dry_run=False)


def _hold_calls(connection: Connection) -> None:
    """Until all is dropped nobody begins a call with what is just being dropped; on SQLite one writes at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE llm_calls IN SHARE ROW EXCLUSIVE MODE")


def give_back(database: Database) -> str:
    """Room that was freed goes back to the disk, where that is ours to do; in words what came of it."""
    if database.folder is None:
        return (
            "PostgreSQL uses the room for new rows. To give it back to the disk, when nothing runs:"
            " VACUUM FULL llm_calls, llm_requests, stage_versions"
        )
    before = database.size
    try:
        database.compact()
    except ConfigurationError as error:
        return (
            f"The file could not be made smaller ({error.what}); its free room is used for new rows."
            " Prune again when nothing else runs."
        )
    return f"The database's file: {mb(before)} before, {mb(database.size)} now."


def _items(connection: Connection, now: datetime) -> list[Item]:
    sources = behind_pages(connection)
    live = [*standing(connection), *sources]
    keys = {key for (key,) in calls_of(connection, live, [_calls.content_key])}
    return [*_exchanges(connection, now, keys), *_stage_versions(connection, sources)]


def _exchanges(connection: Connection, now: datetime, live: Collection[str]) -> Iterator[Item]:
    used_at = sa.func.max(_calls.started_at)
    replies = sa.func.coalesce(_calls.reply, "") + sa.func.coalesce(_calls.refusal, "")
    query = (
        sa.select(
            _calls.content_key,
            used_at,
            sa.func.sum(_bytes(connection, replies)),
            sa.func.max(sa.func.coalesce(sa.func.length(_requests.request), 0)),
        )
        .outerjoin(t.llm_requests, _requests.content_key == _calls.content_key)
        .group_by(_calls.content_key)
    )
    for key, at, answered, asked in connection.execute(query):
        if answered or asked:
            recent: Reason | None = "recent" if at > now - RECENT else None
            yield Item("exchange", (key,), at, answered + asked, "live" if key in live else recent)


def _stage_versions(connection: Connection, sources: Sequence[Result]) -> Iterator[Item]:
    """A result that came again has several rows; all of those that hold the newest one stay."""
    read = {(result.video_id, result.stage, result.version) for result in sources}
    which = (_versions.video_id, _versions.stage, _versions.version)
    query = sa.select(
        *which, _versions.data_version, _versions.stored_at, sa.func.length(_versions.record)
    )
    newest: dict[tuple[str, str], str] = {}
    for *key, data_version, at, size in connection.execute(
        query.order_by(*which[:2], _versions.version.desc())
    ):
        video_id, stage, version = key
        reason: Reason | None = "live" if (video_id, stage, version) in read else None
        if newest.setdefault((video_id, stage), data_version) == data_version:
            reason = "newest"
        yield Item("version", (video_id, stage, version), at, size, reason)


def _drop(connection: Connection, items: Sequence[Item]) -> None:
    keys = [{"key": item.key[0]} for item in items if item.kind == "exchange"]
    if keys:
        of_key: sa.BindParameter[str] = sa.bindparam("key")
        replies = sa.update(t.llm_calls).where(_calls.content_key == of_key)
        connection.execute(replies.values(reply=None, refusal=None), keys)
        connection.execute(sa.delete(t.llm_requests).where(_requests.content_key == of_key), keys)
    versions = [
        dict(zip(("video", "stage", "version"), item.key, strict=True))
        for item in items
        if item.kind == "version"
    ]
    if versions:
        this_one = (
            _versions.video_id == sa.bindparam("video"),
            _versions.stage == sa.bindparam("stage"),
            _versions.version == sa.bindparam("version"),
        )
        connection.execute(sa.delete(t.stage_versions).where(*this_one), versions)


def _bytes(connection: Connection, text: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    if connection.dialect.name == "sqlite":
        return sa.func.length(sa.cast(text, sa.LargeBinary))
    return sa.func.octet_length(text)
