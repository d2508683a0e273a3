"""Dagster's runs, read as tables: what ran, for which refresh, and how it stands.

What belongs here: reading the tables `runs`, `run_tags` and `bulk_actions`. What does not: what the logs of runs tell
(`run_events`), tokens and money, which are the ledger's, and printing. A test holds these and Dagster's own API to the
same answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.runs import (
    PARTITION,
    PROCESS,
    REFRESH,
    RUN_NUMBER,
    TRIGGER,
    Failure,
    Run,
    RunState,
    killed,
    trigger_of,
)
from resources.processes import is_gone
from resources.store import dagster_tables as t
from resources.store.dagster_tables import RunTables, is_there
from resources.store.database import MAX_IN
from resources.store.run_events import filled

STATES: Mapping[str, RunState] = {
    "QUEUED": "queued",
    "NOT_STARTED": "queued",
    "MANAGED": "queued",
    "STARTING": "running",
    "STARTED": "running",
    "SUSPENDED": "running",
    "CANCELING": "running",
    "SUCCESS": "complete",
    "FAILURE": "error",
    "CANCELED": "cancelled",
}
UNFINISHED = tuple(word for word, state in STATES.items() if state in ("queued", "running"))
HIDDEN = ".dagster/"
"""How tags begin that Dagster shows to nobody."""

_run, _tag = t.runs.c, t.run_tags.c


def read_runs(
    tables: RunTables,
    video_id: str | None = None,
    *,
    state: RunState | None = None,
    trigger: str | None = None,
    limit: int | None = None,
) -> list[Run]:
    """The newest first; all, or those of a video, in a state, by a trigger."""
    query = sa.select(t.runs).order_by(_run.id.desc())
    if video_id is not None:
        query = query.where(_run.run_id.in_(_with_tag(PARTITION, video_id)))
    found: list[Run] = []
    with tables.runs() as connection:
        for run in _described(connection, query, limit):
            if state in (None, run.state) and trigger in (None, run.trigger):
                found.append(run)
                if len(found) == limit:
                    break
    return filled(tables, found)


def find_runs(tables: RunTables, name: str) -> list[Run]:
    """What a name may mean: VIDEO#NUMBER, or how a run's id begins, in small or large letters."""
    video_id, _, number = name.rpartition("#")
    # Not `startswith`: LIKE tells small letters from large ones on PostgreSQL, and does not on SQLite.
    which = (
        _run.run_id.in_(_with_tag(PARTITION, video_id))
        if video_id
        else _run.run_id.istartswith(name, autoescape=True)
    )
    with tables.runs() as connection:
        runs = _described(connection, sa.select(t.runs).where(which).order_by(_run.id))
        found = [run for run in runs if not video_id or str(run.number) == number]
    return filled(tables, found)


def newest_runs(tables: RunTables) -> dict[str, Run]:
    """By video, its last run, without what only events tell."""
    newest = (
        # Tags are stored with their run, in the same order, and an index has all that is asked for here.
        sa.select(sa.func.max(_tag.id).label("id"))
        .where(_tag.key == PARTITION)
        .group_by(_tag.value)
        .subquery("newest")
    )
    query = (
        sa.select(t.runs)
        .join_from(newest, t.run_tags, _tag.id == newest.c.id)
        .join(t.runs, _run.run_id == _tag.run_id)
    )
    with tables.runs() as connection:
        return {str(run.video_id): run for run in _described(connection, query)}


def newest_failures(tables: RunTables) -> dict[str, Run]:
    """By video, the last of its runs that failed, whatever ran since; without what only events tell."""
    may_have_failed = (
        sa.select(sa.func.max(_run.id))
        .join_from(t.runs, t.run_tags, _run.run_id == _tag.run_id)
        .where(_run.status.in_(("FAILURE", *UNFINISHED)), _tag.key == PARTITION)
        .group_by(_tag.value, _run.status)
    )
    query = sa.select(t.runs).where(_run.id.in_(may_have_failed)).order_by(_run.id)
    with tables.runs() as connection:
        runs = _described(connection, query)
        return {str(run.video_id): run for run in runs if run.state == "error"}


def unfinished_runs(tables: RunTables) -> list[Run]:
    """Those that wait or go on, without what only events tell."""
    query = sa.select(t.runs).where(_run.status.in_(UNFINISHED)).order_by(_run.id)
    with tables.runs() as connection:
        return [run for run in _described(connection, query) if run.state in ("queued", "running")]


def runs_of_refreshes(tables: RunTables) -> dict[str, list[Run]]:
    """By refresh, its runs of videos, the oldest first, without what only events tell."""
    query = sa.select(t.runs).where(_run.run_id.in_(_with_tag(REFRESH))).order_by(_run.id)
    found: dict[str, list[Run]] = {}
    with tables.runs() as connection:
        for run in _described(connection, query):
            if run.video_id is not None:
                found.setdefault(str(run.refresh_id), []).append(run)
    return found


def backfill_states(tables: RunTables) -> dict[str, str]:
    """Dagster's word for how each of its backfills stands, by its id."""
    with tables.runs() as connection:
        if not is_there(connection, t.backfills):
            return {}
        return {key: status for key, status in connection.execute(sa.select(t.backfills))}


def run_ids(tables: RunTables) -> set[str]:
    """Of all runs that there still are."""
    with tables.runs() as connection:
        if not is_there(connection, t.runs):
            return set()
        return set(connection.scalars(sa.select(_run.run_id)))


def _with_tag(key: str, value: str | None = None) -> sa.Select[Any]:
    """The ids of runs that have it."""
    query = sa.select(_tag.run_id).where(_tag.key == key)
    return query if value is None else query.where(_tag.value == value)


def _described(
    connection: Connection, query: sa.Select[Any], limit: int | None = None
) -> Iterator[Run]:
    """Runs without what only events tell, a batch at a time: whoever has enough stops asking."""
    if not is_there(connection, t.runs):
        return
    rows = connection.execute(query)
    while some := rows.fetchmany(min(limit or MAX_IN, MAX_IN)):
        tags = _tags_of(connection, [row.run_id for row in some])
        numbers = _numbers(connection, tags)
        for row in some:
            yield _as_run(row, tags.get(row.run_id, {}), numbers.get(row.run_id))


def _as_run(row: sa.Row[Any], tags: Mapping[str, str], number: int | None) -> Run:
    state = STATES[row.status]
    failure = None
    if state in ("queued", "running") and PROCESS in tags and is_gone(tags[PROCESS]):
        state = "cancelled" if row.status == "CANCELING" else "error"
        failure = Failure(stage=None, reason=killed(tags[PROCESS])) if state == "error" else None
    return Run(
        run_id=row.run_id,
        job=row.pipeline_name,
        video_id=tags.get(PARTITION),
        number=number,
        trigger=tags.get(TRIGGER) or trigger_of(tags, None),
        state=state,
        created_at=row.create_timestamp.replace(tzinfo=UTC),
        started_at=_at(row.start_time),
        ended_at=_at(row.end_time),
        stages=(),
        failure=failure,
        tags=tags,
    )


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _tags_of(connection: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    query = sa.select(_tag.run_id, _tag.key, _tag.value).where(_tag.run_id.in_(run_ids))
    found: dict[str, dict[str, str]] = {}
    for run_id, key, value in connection.execute(query):
        if not key.startswith(HIDDEN):
            found.setdefault(run_id, {})[key] = value
    return found


def _numbers(connection: Connection, tags: Mapping[str, Mapping[str, str]]) -> dict[str, int]:
    """As they were given; runs from before there were numbers are counted within their video."""
    found = {run_id: int(told[RUN_NUMBER]) for run_id, told in tags.items() if RUN_NUMBER in told}
    old = {
        told[PARTITION] for told in tags.values() if PARTITION in told and RUN_NUMBER not in told
    }
    if not old:
        return found
    query = (
        sa.select(_tag.value, _run.run_id)
        .join_from(t.run_tags, t.runs, _run.run_id == _tag.run_id)
        .where(_tag.key == PARTITION, _tag.value.in_(old))
        .order_by(_run.id)
    )
    counted = dict.fromkeys(old, 0)
    for video_id, run_id in connection.execute(query).all():
        counted[video_id] += 1
        found.setdefault(run_id, counted[video_id])
    return found
