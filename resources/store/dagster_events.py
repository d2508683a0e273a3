"""Dagster's event log, read as tables: what each stage was last made from, for all videos in a handful of queries.

Belongs here: reading the tables `event_logs`, `asset_event_tags` and `asset_keys` of Dagster 1.13, which its own API
takes minutes to read for thousands of partitions. Does not: writing, which is Dagster's alone, and judging. Nothing is
imported from Dagster, whose import takes seconds; a test holds both to the same answers.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.verdicts import Made, Read, Recorded, Source
from chrysopedia_assets.models.runs import OVERRIDE
from chrysopedia_assets.models.stage_defs import OF_VIDEOS, SOURCES, STAGE_DEFS
from resources.store import dagster_tables as t
from resources.store.dagster_tables import MATERIALIZED, OBSERVED, Connect, is_there
from resources.store.database import MAX_IN, batches

DATA_VERSION = "dagster/data_version"
CODE_VERSION = "dagster/code_version"
INPUT_VERSION = "dagster/input_data_version/"
INPUT_EVENT = "dagster/input_event_pointer/"

_events, _tags = t.events, t.event_tags
_ITS_TAGS = sa.and_(
    _tags.c.event_id == _events.c.id, _tags.c.event_timestamp == _events.c.timestamp
)
"""Dagster on SQLite wipes an asset's events without their tags, and SQLite gives ids out again: the time tells whose they are."""


class _Event(NamedTuple):
    """The newest event of an asset, or of one of its partitions; what has none has the empty string for it."""

    name: str
    partition: str
    event_id: int
    at_s: float
    tags: Mapping[str, str]


def read_recorded(connect: Connect, video_ids: Collection[str] | None = None) -> Recorded:
    """What is recorded of every stage and source; of all videos, or of those named."""
    made: dict[str, dict[str, Made]] = {name: {} for name in (*STAGE_DEFS, *OF_VIDEOS)}
    with connect() as connection:
        for event in _newest(connection, STAGE_DEFS, MATERIALIZED, video_ids):
            made[event.name][event.partition] = _made(event)
        for event in _newest(connection, OF_VIDEOS, OBSERVED, video_ids):
            made[event.name][event.partition] = _made(event)
        return Recorded(made, _sources(connection), _older(connection, made))


def runs_that_gave(connect: Connect, stage: str, video_id: str) -> dict[str, str | None]:
    """By run, the data version of what it made of a stage of a video; newest run first."""
    event = _events.c
    query = (
        sa.select(event.run_id, event.id, _tags.c.value)
        .outerjoin_from(_events, _tags, sa.and_(_ITS_TAGS, _tags.c.key == DATA_VERSION))
        .where(
            event.asset_key == _db_key(stage),
            event.dagster_event_type == MATERIALIZED,
            event.partition == video_id,
        )
    )
    with connect() as connection:
        if not is_there(connection, t.events):
            return {}
        rows = sorted(connection.execute(query).all(), key=lambda row: row.id, reverse=True)
    return {run_id: version for run_id, _, version in rows}


def read_in_runs(
    connect: Connect, stage: str, source: str, run_ids: Collection[str]
) -> dict[tuple[str, str], str]:
    """By run and video, the version of a source that the run made the stage from, as far as its events are indexed."""
    event = _events.c
    wanted = sa.and_(_ITS_TAGS, _tags.c.key == INPUT_VERSION + source)
    query = (
        sa.select(event.run_id, event.partition, _tags.c.value)
        .join_from(_events, _tags, wanted)
        .where(event.asset_key == _db_key(stage), event.dagster_event_type == MATERIALIZED)
    )
    with connect() as connection:
        if not is_there(connection, t.events):
            return {}
        return {
            (run_id, video_id): version
            for some in batches(sorted(run_ids))
            for run_id, video_id, version in connection.execute(query.where(event.run_id.in_(some)))
        }


def newest_sources(connect: Connect) -> dict[str, Source]:
    """By name, what was observed last of everything that is one for the whole library."""
    with connect() as connection:
        return _sources(connection)


def newest_of_videos(connect: Connect) -> dict[tuple[str, str], str | None]:
    """By source and video, the version that was observed last of everything that has one for each video."""
    with connect() as connection:
        found = _newest(connection, OF_VIDEOS, OBSERVED)
        return {(event.name, event.partition): event.tags.get(DATA_VERSION) for event in found}


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


def _counting(connection: Connection) -> list[sa.ColumnElement[bool]]:
    """What is older than the last time its asset was wiped does not count."""
    rows = connection.execute(
        sa.select(t.asset_keys).where(t.asset_keys.c.asset_details.like("%wipe%"))
    ).all()
    found = []
    for key, details in rows:
        at_s = json.loads(details).get("last_wipe_timestamp")
        if at_s:
            at = datetime.fromtimestamp(at_s, UTC).replace(tzinfo=None)
            found.append(sa.or_(_events.c.asset_key != key, _events.c.timestamp > at))
    return found


def _sources(connection: Connection) -> dict[str, Source]:
    names = SOURCES.keys() - set(OF_VIDEOS)
    return {
        event.name: Source(event.tags.get(DATA_VERSION, ""), event.at_s)
        for event in _newest(connection, names, OBSERVED)
    }


def _newest(
    connection: Connection,
    names: Iterable[str],
    kind: str,
    video_ids: Collection[str] | None = None,
) -> Iterator[_Event]:
    """Of each asset and partition."""
    if not is_there(connection, t.events):  # nothing was ever recorded
        return
    name_of = {_db_key(name): name for name in names}
    event = _events.c
    where = [event.asset_key.in_(name_of), event.dagster_event_type == kind]
    where += _counting(connection)
    if video_ids is not None and len(video_ids) <= MAX_IN:
        where.append(event.partition.in_(list(video_ids)))
    newest = (
        sa.select(sa.func.max(event.id).label("id"))
        .where(*where)
        .group_by(event.asset_key, event.partition)
        .subquery("newest")
    )
    told = _as_json(connection)(_tags.c.key, _tags.c.value).filter(_tags.c.key.is_not(None))
    query = (
        sa.select(event.asset_key, event.partition, event.id, event.timestamp, told)
        .join_from(newest, _events, event.id == newest.c.id)
        .outerjoin(_tags, _ITS_TAGS)
        .group_by(event.id)
    )
    bare = []
    for key, partition, event_id, at, told in connection.execute(query).all():
        tags = _parsed(told)
        found = _Event(name_of[key], partition or "", event_id, _seconds(at), tags)
        if kind == MATERIALIZED and CODE_VERSION not in tags:
            bare.append(found)
        else:
            yield found
    yield from _from_events(connection, bare)


def _from_events(connection: Connection, bare: Sequence[_Event]) -> Iterator[_Event]:
    """Events whose tags are not all in their table: stored before ours indexed them, or by another storage.

    One that cannot be read says no more than those, like one that was reported by hand.
    """
    query = sa.select(_events.c.id, _events.c.event)
    for batch in batches(bare):
        some = {event.event_id: event for event in batch}
        for event_id, text in connection.execute(query.where(_events.c.id.in_(some))).all():
            try:
                told = json.loads(text)["dagster_event"]["event_specific_data"]
                tags = told["materialization"]["tags"] or {}
            except (ValueError, KeyError, TypeError):
                tags = some[event_id].tags
            yield some[event_id]._replace(tags=tags)


def _as_json(connection: Connection) -> Any:
    """One row an event instead of one a tag: a tenth of the rows to fetch."""
    if connection.dialect.name == "postgresql":
        return sa.func.json_object_agg
    return sa.func.json_group_object


def _parsed(tags: object) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(tags) if isinstance(tags, str) else tags or {}  # type: ignore[assignment]
    return found


def _seconds(at: datetime) -> float:
    """Dagster stores UTC without a zone."""
    return at.replace(tzinfo=UTC).timestamp()


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
    """The data version that was read, where there is a newer event by now.

    What Dagster points at is the newest event of the whole asset at that time, often that of another video: what was
    read is the video's own newest that is not younger. What is gone with its run, or wiped, does not count.
    """
    found: dict[tuple[str, str, int], str | None] = {}
    wanted: dict[str, dict[str, set[int]]] = {}
    for name, video_id, event_id in _outdated(made):
        wanted.setdefault(name, {}).setdefault(video_id, set()).add(event_id)
    counting = _counting(connection) if wanted else []
    for name, reads in wanted.items():
        for video_ids in batches(list(reads)):
            versions = _versions(connection, counting, name, video_ids)
            for video_id, event_id in ((v, e) for v in video_ids for e in reads[v]):
                before = [v for at, v in versions.get(video_id, ()) if at <= event_id]
                found[name, video_id, event_id] = before[-1] if before else None
    return found


def _outdated(made: Mapping[str, Mapping[str, Made]]) -> Iterator[tuple[str, str, int]]:
    for stage in STAGE_DEFS:
        for video_id, result in made[stage].items():
            for name, (_, event_id) in result.inputs.items():
                newest = made.get(name, {}).get(video_id)
                if newest is not None and event_id is not None and newest.event_id > event_id:
                    yield name, video_id, event_id


def _versions(
    connection: Connection,
    counting: Sequence[sa.ColumnElement[bool]],
    name: str,
    video_ids: Collection[str],
) -> dict[str, list[tuple[int, str | None]]]:
    """By video, the id and data version of all its events of that name, in order."""
    event = _events.c
    query = (
        sa.select(event.partition, event.id, _tags.c.value)
        .outerjoin_from(_events, _tags, sa.and_(_ITS_TAGS, _tags.c.key == DATA_VERSION))
        .where(
            event.asset_key == _db_key(name),
            event.dagster_event_type == (OBSERVED if name in SOURCES else MATERIALIZED),
            event.partition.in_(video_ids),
            *counting,
        )
    )  # in no order: asked for one, SQLite reads all partitions
    found: dict[str, list[tuple[int, str | None]]] = {}
    for video_id, event_id, version in sorted(connection.execute(query).all()):
        found.setdefault(video_id, []).append((event_id, version))
    return found
