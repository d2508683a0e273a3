"""Dagster's runs, read as tables: what ran, how it stands, where and why it failed, and what its log says.

Belongs here: reading the tables `runs`, `run_tags` and `event_logs` of Dagster 1.13. Does not: writing, which is Dagster's
alone, tokens and money, which are the ledger's, and printing. Nothing is imported from Dagster, whose import takes
seconds; a test holds both to the same answers. Texts of events are long: only those are read that are shown.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.runs import (
    PARTITION,
    PROCESS,
    RUN_NUMBER,
    TRIGGER,
    Failure,
    Run,
    RunEvent,
    RunState,
    killed,
    trigger_of,
)
from resources.processes import is_gone
from resources.store.dagster_events import MATERIALIZED, MAX_IN, Connect

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
HIDDEN = ".dagster/"
"""How tags begin that Dagster shows to nobody."""
FAILED = "PIPELINE_FAILURE"
FROM_OUTSIDE = "This run has been marked as failed from outside the execution context."
"""All that Dagster's code server says of a run whose process it finds gone."""
OUR_ERRORS = "chrysopedia_assets.errors."
STEP_FAILED = "STEP_FAILURE"
_BEGAN, _ENDED = "STEP_START", ("STEP_SUCCESS", STEP_FAILED, "STEP_SKIPPED")

_runs = sa.table(
    "runs",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("pipeline_name", sa.Text),
    sa.column("status", sa.Text),
    sa.column("create_timestamp", sa.DateTime),
    sa.column("start_time", sa.Float),
    sa.column("end_time", sa.Float),
)
_tags = sa.table(
    "run_tags",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("key", sa.Text),
    sa.column("value", sa.Text),
)
_events = sa.table(
    "event_logs",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("event", sa.Text),
    sa.column("dagster_event_type", sa.Text),
    sa.column("timestamp", sa.DateTime),
    sa.column("step_key", sa.Text),
    sa.column("asset_key", sa.Text),
)


@dataclass(frozen=True)
class RunTables:
    """Where Dagster keeps its runs, the events of all runs that are about assets or a run's state, and one run's own log."""

    runs: Connect
    events: Connect
    log_of: Callable[[str], Connect]


def read_runs(
    tables: RunTables,
    video_id: str | None = None,
    *,
    state: RunState | None = None,
    trigger: str | None = None,
    limit: int | None = None,
) -> list[Run]:
    """The newest first; all, or those of a video, in a state, by a trigger."""
    query = sa.select(_runs).order_by(_runs.c.id.desc())
    if video_id is not None:
        query = query.where(_runs.c.run_id.in_(_of_videos([video_id])))
    found: list[Run] = []
    with tables.runs() as connection:
        if not _is_there(connection, "runs"):
            return []
        for run in _described(connection, query, limit):
            if state in (None, run.state) and trigger in (None, run.trigger):
                found.append(run)
                if len(found) == limit:
                    break
    return _filled(tables, found)


def find_runs(tables: RunTables, name: str) -> list[Run]:
    """What a name may mean: VIDEO#NUMBER, or how a run's id begins."""
    video_id, _, number = name.rpartition("#")
    if video_id:
        return [run for run in read_runs(tables, video_id) if str(run.number) == number]
    like = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = sa.select(_runs).where(_runs.c.run_id.like(like, escape="\\")).order_by(_runs.c.id)
    with tables.runs() as connection:
        if not _is_there(connection, "runs"):
            return []
        found = list(_described(connection, query, None))
    return _filled(tables, found)


def newest_runs(tables: RunTables) -> dict[str, Run]:
    """By video, its last run. What only events tell is read of those that failed: it would be most of the work."""
    with tables.runs() as connection:
        found = _newest(connection)
    failed = _filled(tables, [run for run in found if run.state == "error"])
    return {str(run.video_id): run for run in (*found, *failed)}


def last_failures(tables: RunTables) -> list[str]:
    """The ids of the last runs of videos that failed."""
    with tables.runs() as connection:
        return [run.run_id for run in _newest(connection) if run.state == "error"]


def _newest(connection: Connection) -> list[Run]:
    """Of each video, without what only events tell."""
    if not _is_there(connection, "runs"):
        return []
    newest = (
        # Tags are stored with their run, in the same order, and an index has all that is asked for here.
        sa.select(sa.func.max(_tags.c.id).label("id"))
        .where(_tags.c.key == PARTITION)
        .group_by(_tags.c.value)
        .subquery("newest")
    )
    query = (
        sa.select(_runs)
        .join_from(newest, _tags, _tags.c.id == newest.c.id)
        .join(_runs, _runs.c.run_id == _tags.c.run_id)
    )
    return list(_described(connection, query, None))


def unfinished_runs(tables: RunTables) -> list[Run]:
    """Those that wait or go on, without what only events tell."""
    statuses = [status for status, state in STATES.items() if state in ("queued", "running")]
    query = sa.select(_runs).where(_runs.c.status.in_(statuses)).order_by(_runs.c.id)
    with tables.runs() as connection:
        if not _is_there(connection, "runs"):
            return []
        found = list(_described(connection, query, None))
    return [run for run in found if run.state in ("queued", "running")]


def run_ids(tables: RunTables) -> set[str]:
    """Of all runs that there still are."""
    with tables.runs() as connection:
        if not _is_there(connection, "runs"):
            return set()
        return set(connection.scalars(sa.select(_runs.c.run_id)))


def read_events(tables: RunTables, run_id: str) -> list[RunEvent]:
    """The whole log of a run, in its order."""
    query = sa.select(
        _events.c.timestamp, _events.c.dagster_event_type, _events.c.step_key, _events.c.event
    )
    query = query.where(_events.c.run_id == run_id).order_by(_events.c.id)  # fmt: skip
    with tables.log_of(run_id)() as connection:
        if not _is_there(connection, "event_logs"):
            return []
        return [_event(*row) for row in connection.execute(query)]


def count_events(tables: RunTables, run_id: str) -> int:
    """How many entries its log has."""
    query = sa.select(sa.func.count()).where(_events.c.run_id == run_id)
    with tables.log_of(run_id)() as connection:
        if not _is_there(connection, "event_logs"):
            return 0
        return int(connection.scalar(query) or 0)


# --- runs


def _of_videos(video_ids: Sequence[str]) -> sa.Select[Any]:
    return sa.select(_tags.c.run_id).where(_tags.c.key == PARTITION, _tags.c.value.in_(video_ids))


def _described(connection: Connection, query: sa.Select[Any], limit: int | None) -> Iterator[Run]:
    """Runs without what only events tell, a batch at a time: whoever has enough stops asking."""
    batch = min(max(limit or MAX_IN, 1), MAX_IN)
    rows = connection.execute(query)
    while some := rows.fetchmany(batch):
        tags = _tags_of(connection, [row.run_id for row in some])
        numbers = _numbers(connection, tags)
        for row in some:
            yield _run(row, tags.get(row.run_id, {}), numbers.get(row.run_id))


def _run(row: sa.Row[Any], tags: Mapping[str, str], number: int | None) -> Run:
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
    query = sa.select(_tags.c.run_id, _tags.c.key, _tags.c.value).where(_tags.c.run_id.in_(run_ids))
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
        sa.select(_tags.c.value, _runs.c.run_id)
        .join_from(_tags, _runs, _runs.c.run_id == _tags.c.run_id)
        .where(_tags.c.key == PARTITION, _tags.c.value.in_(old))
        .order_by(_runs.c.id)
    )
    counted = dict.fromkeys(old, 0)
    for video_id, run_id in connection.execute(query).all():
        counted[video_id] += 1
        found.setdefault(run_id, counted[video_id])
    return found


def _is_there(connection: Connection, table: str) -> bool:
    return sa.inspect(connection).has_table(table)


# --- what events tell


def _filled(tables: RunTables, runs: Sequence[Run]) -> list[Run]:
    """With the stages that were made, and with why it failed."""
    failed = [run for run in runs if run.state == "error"]
    with tables.events() as connection:
        if not _is_there(connection, "event_logs"):
            return list(runs)
        made = _made(connection, [run.run_id for run in runs])
        failures = _failures(connection, [run.run_id for run in failed if run.failure is None])
    for run in failed:
        found = failures.get(run.run_id) or run.failure or Failure(stage=None, reason="Unknown.")
        if found.reason == FROM_OUTSIDE and PROCESS in run.tags:
            found = Failure(stage=None, reason=killed(run.tags[PROCESS]))
        if found.stage is None:
            found = found.model_copy(update={"stage": _under_way(tables, run.run_id)})
        failures[run.run_id] = found
    return [
        run.model_copy(
            update={"stages": made.get(run.run_id, ()), "failure": failures.get(run.run_id)}
        )
        for run in runs
    ]


def _batches(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[at : at + MAX_IN] for at in range(0, len(values), MAX_IN))


def _made(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    event = _events.c
    query = sa.select(event.run_id, event.asset_key).where(event.dagster_event_type == MATERIALIZED)
    for batch in _batches(run_ids):
        for run_id, key in connection.execute(
            query.where(event.run_id.in_(batch)).order_by(event.id)
        ):
            found[run_id] = (*found.get(run_id, ()), "/".join(json.loads(key)))
    return found


def _failures(connection: Connection, run_ids: Sequence[str]) -> dict[str, Failure]:
    event = _events.c
    query = sa.select(event.run_id, event.event).where(event.dagster_event_type == FAILED)
    return {
        run_id: _failure(text)
        for batch in _batches(run_ids)
        for run_id, text in connection.execute(query.where(event.run_id.in_(batch)))
    }


def _failure(text: str) -> Failure:
    """From the event that ended a run: what the step that failed first says of it, else what whoever ended it says."""
    event = _dagster_event(text)
    about = event.get("event_specific_data") or {}
    step = about.get("first_step_failure_event") or {}
    reason = _reason(step.get("event_specific_data") or about) or event.get("message") or "Unknown."
    return Failure(stage=step.get("step_key"), reason=reason)


def _reason(about: Mapping[str, Any]) -> str:
    """In our own words where a stage gave some; else the error that all others came from, without its trace."""
    in_words = (about.get("user_failure_data") or {}).get("description")
    error = about.get("error") or {}
    while error.get("cause"):
        error = error["cause"]
    return str(in_words or error.get("message") or "").strip().removeprefix(OUR_ERRORS)


def _under_way(tables: RunTables, run_id: str) -> str | None:
    """The stage that had begun and not ended when the run did."""
    event = _events.c
    query = sa.select(event.dagster_event_type, event.step_key).where(
        event.run_id == run_id, event.dagster_event_type.in_((_BEGAN, *_ENDED))
    )
    begun: list[str] = []
    with tables.log_of(run_id)() as connection:
        if not _is_there(connection, "event_logs"):
            return None
        for kind, step in connection.execute(query.order_by(event.id)):
            if kind == _BEGAN:
                begun.append(step)
            elif step in begun:
                begun.remove(step)
    return begun[-1] if begun else None


def _event(at: datetime, kind: str | None, step: str | None, text: str) -> RunEvent:
    """Told by Dagster, or logged by a stage."""
    try:
        told = json.loads(text)
    except ValueError:
        told = {}
    event = told.get("dagster_event") or {}
    message = event.get("message") or told.get("user_message") or ""
    if kind == STEP_FAILED:
        message = f"{message} {_reason(event.get('event_specific_data') or {})}"
    return RunEvent(
        at=at.replace(tzinfo=UTC),
        kind=(kind or "log").lower().replace("pipeline", "run"),
        stage=step,
        message=message,
    )


def _dagster_event(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text).get("dagster_event") or {}
    except ValueError:
        return {}
    return found
