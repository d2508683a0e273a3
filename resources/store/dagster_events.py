"""Dagster's event log, read as tables: what each stage was last made from, for all videos in a handful of queries.

Belongs here: reading the tables `event_logs`, `asset_event_tags` and `asset_keys` of Dagster 1.13, which its own API
takes minutes to read for thousands of partitions. Does not: writing, which is Dagster's alone, and judging. Nothing is
imported from Dagster, whose import takes seconds; a test holds both to the same answers.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.verdicts import Made, Read, Recorded, Source
from chrysopedia_assets.models.runs import OVERRIDE
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, SOURCES, STAGE_DEFS

Connect = Callable[[], AbstractContextManager[Connection]]

MATERIALIZED = "ASSET_MATERIALIZATION"
OBSERVED = "ASSET_OBSERVATION"
DATA_VERSION = "dagster/data_version"
CODE_VERSION = "dagster/code_version"
INPUT_VERSION = "dagster/input_data_version/"
INPUT_EVENT = "dagster/input_event_pointer/"
MAX_IN = 500
"""Values of one IN: SQLite compiles no more than some ten thousands, and a longer list is no quicker."""

_events = sa.table(
    "event_logs",
    sa.column("id", sa.Integer),
    sa.column("asset_key", sa.Text),
    sa.column("dagster_event_type", sa.Text),
    sa.column("partition", sa.Text),
    sa.column("timestamp", sa.DateTime),
    sa.column("event", sa.Text),
)
_tags = sa.table(
    "asset_event_tags",
    sa.column("event_id", sa.Integer),
    sa.column("key", sa.Text),
    sa.column("value", sa.Text),
    sa.column("event_timestamp", sa.DateTime),
)
_keys = sa.table("asset_keys", sa.column("asset_key", sa.Text), sa.column("asset_details", sa.Text))


class _Event(NamedTuple):
    """The newest event of an asset, or of one of its partitions."""

    event_id: int
    at_s: float
    tags: Mapping[str, str]


def read_recorded(connect: Connect, video_ids: Collection[str] | None = None) -> Recorded:
    """What is recorded of every stage and source; of all videos, or of those named."""
    with connect() as connection:
        made = {
            name: {video: _made(event) for video, event in by_video.items()}
            for name, by_video in (
                *_newest(connection, STAGE_DEFS, MATERIALIZED, video_ids).items(),
                *_newest(connection, (LIBRARY_FILES,), OBSERVED, video_ids).items(),
            )
        }
        return Recorded(made, _sources(connection), _older(connection, made))


def newest_sources(connect: Connect) -> dict[str, Source]:
    """By name, what was observed last of everything that is one for the whole library."""
    with connect() as connection:
        return _sources(connection)


def newest_file_versions(connect: Connect) -> dict[str, str | None]:
    """By video, the version of its file that was observed last."""
    with connect() as connection:
        found = _newest(connection, (LIBRARY_FILES,), OBSERVED)[LIBRARY_FILES]
    return {video_id: event.tags.get(DATA_VERSION) for video_id, event in found.items()}


def newest_event_id(connect: Connect) -> int:
    """Rises with whatever happens to a stage or a source: whoever saw the same number before has seen everything."""
    watched = [_db_key(name) for name in (*SOURCES, *STAGE_DEFS)]
    query = sa.select(sa.func.max(_events.c.id)).where(
        _events.c.asset_key == sa.bindparam("key"), _events.c.dagster_event_type == sa.bindparam("type")
    )  # fmt: skip
    with connect() as connection:
        found = [
            connection.scalar(query, {"key": key, "type": kind})
            for key in watched
            for kind in (MATERIALIZED, OBSERVED)
        ]
    return max((event_id for event_id in found if event_id), default=0)


def _db_key(name: str) -> str:
    """An asset's key as Dagster stores it."""
    return json.dumps(name.split("/"))


def _wiped(connection: Connection) -> dict[str, datetime]:
    """When an asset was wiped: what is older does not count."""
    rows = connection.execute(sa.select(_keys).where(_keys.c.asset_details.like("%wipe%")))
    found = {}
    for key, details in rows:
        at_s = json.loads(details).get("last_wipe_timestamp")
        if at_s:
            found[key] = datetime.fromtimestamp(at_s, UTC).replace(tzinfo=None)
    return found


def _sources(connection: Connection) -> dict[str, Source]:
    names = SOURCES.keys() - {LIBRARY_FILES}
    return {
        name: Source(event.tags.get(DATA_VERSION, ""), event.at_s)
        for name, events in _newest(connection, names, OBSERVED).items()
        for event in events.values()
    }


def _newest(
    connection: Connection,
    names: Iterable[str],
    kind: str,
    video_ids: Collection[str] | None = None,
) -> dict[str, dict[str, _Event]]:
    """By asset, then partition; what has no partitions is under the empty string."""
    found: dict[str, dict[str, _Event]] = {name: {} for name in names}
    if not sa.inspect(connection).has_table("event_logs"):  # nothing was ever recorded
        return found
    name_of = {_db_key(name): name for name in found}
    event, wiped = _events.c, _wiped(connection)
    where = [event.asset_key.in_(name_of), event.dagster_event_type == kind]
    if video_ids is not None and len(video_ids) <= MAX_IN:
        where.append(event.partition.in_(list(video_ids)))
    where += [sa.or_(event.asset_key != key, event.timestamp > at) for key, at in wiped.items()]
    newest = (
        sa.select(event.asset_key, event.partition, sa.func.max(event.id).label("id"))
        .where(*where)
        .group_by(event.asset_key, event.partition)
    )
    ids = newest.subquery("newest")
    tags = (
        sa.select(
            _tags.c.event_id,
            sa.func.min(_tags.c.event_timestamp),
            _as_json(connection)(_tags.c.key, _tags.c.value),
        )
        .join_from(ids, _tags, _tags.c.event_id == ids.c.id)
        .group_by(_tags.c.event_id)
    )
    tagged = {
        event_id: _Event(event_id, _seconds(at), _parsed(tags))
        for event_id, at, tags in connection.execute(tags)
    }
    places = {event_id: (name_of[key], part) for key, part, event_id in connection.execute(newest)}
    if kind == MATERIALIZED:
        bare = [i for i in places if i not in tagged or CODE_VERSION not in tagged[i].tags]
        tagged |= _from_events(connection, bare)
    for event_id, (name, partition) in places.items():
        found[name][partition or ""] = tagged.get(event_id) or _Event(event_id, 0.0, {})
    return found


def _from_events(connection: Connection, event_ids: Sequence[int]) -> dict[int, _Event]:
    """Of events whose tags are not all in their table: stored before ours indexed them, or by another storage.

    One that cannot be read says nothing of what it was made from, like one that was reported by hand.
    """
    found = {}
    query = sa.select(_events.c.id, _events.c.timestamp, _events.c.event)
    for at in range(0, len(event_ids), MAX_IN):
        rows = connection.execute(query.where(_events.c.id.in_(event_ids[at : at + MAX_IN])))
        for event_id, stored_at, event in rows:
            try:
                told = json.loads(event)["dagster_event"]["event_specific_data"]
                tags = told["materialization"]["tags"] or {}
            except (ValueError, KeyError, TypeError):
                tags = {}
            found[event_id] = _Event(event_id, _seconds(stored_at), tags)
    return found


def _as_json(connection: Connection) -> Any:
    """One row an event instead of one a tag: a tenth of the rows to fetch."""
    if connection.dialect.name == "postgresql":
        return sa.func.json_object_agg
    return sa.func.json_group_object


def _parsed(tags: object) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(tags) if isinstance(tags, str) else tags  # type: ignore[assignment]
    return found


def _seconds(at: object) -> float:
    """Dagster stores UTC without a zone; SQLite gives an aggregate of times as the text that it stores."""
    if at is None:
        return 0.0
    naive = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return naive.replace(tzinfo=UTC).timestamp()


def _made(event: _Event) -> Made:
    tags = event.tags
    inputs = {}
    for key, version in tags.items():
        if key.startswith(INPUT_VERSION):
            name = key[len(INPUT_VERSION) :]
            pointer = tags.get(INPUT_EVENT + name)
            if pointer is not None:  # Dagster takes one without the other for no input at all
                inputs[name] = Read(version, int(pointer) if pointer.isdecimal() else None)
    return Made(
        event.event_id,
        event.at_s,
        tags.get(DATA_VERSION),
        tags.get(CODE_VERSION),
        inputs,
        tags.get(OVERRIDE),
    )


def _older(
    connection: Connection, made: Mapping[str, Mapping[str, Made]]
) -> dict[tuple[str, str, int], str | None]:
    """The data version of each event that was read, where there is a newer one by now."""
    wanted = list(_outdated(made))
    event_ids = sorted({event_id for *_, event_id in wanted})
    found: dict[int, str | None] = {}
    for at in range(0, len(event_ids), MAX_IN):
        query = sa.select(_tags.c.event_id, _tags.c.value).where(
            _tags.c.event_id.in_(event_ids[at : at + MAX_IN]), _tags.c.key == DATA_VERSION
        )
        found |= {event_id: version for event_id, version in connection.execute(query)}
    return {
        (name, video_id, event_id): found[event_id]
        if event_id in found
        else _before(connection, name, video_id, event_id)
        for name, video_id, event_id in wanted
    }


def _outdated(made: Mapping[str, Mapping[str, Made]]) -> Iterator[tuple[str, str, int]]:
    for stage in STAGE_DEFS:
        for video_id, result in made[stage].items():
            for name, (_, event_id) in result.inputs.items():
                newest = made.get(name, {}).get(video_id)
                if newest is not None and event_id is not None and newest.event_id > event_id:
                    yield name, video_id, event_id


def _before(connection: Connection, name: str, video_id: str, event_id: int) -> str | None:
    """The event is gone with its run, or has no version: the newest that is not younger counts, as in Dagster."""
    event = _events.c
    kind = OBSERVED if name in SOURCES else MATERIALIZED
    query = sa.select(sa.func.max(event.id)).where(
        event.asset_key == _db_key(name),
        event.dagster_event_type == kind,
        event.partition == video_id,
        event.id <= event_id,
    )
    before = connection.scalar(query)
    return connection.scalar(
        sa.select(_tags.c.value).where(_tags.c.event_id == before, _tags.c.key == DATA_VERSION)
    )
