"""What the logs of Dagster's runs tell: the stages that were made, where and why a run failed, and every entry of one log.

Texts of events are long: only those are read that are shown.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.runs import PROCESS, Failure, Run, RunEvent, killed
from resources.processes import is_gone
from resources.store import dagster_tables as t
from resources.store.dagster_tables import MATERIALIZED, RunTables, is_there
from resources.store.database import batches

FAILED = "PIPELINE_FAILURE"
FROM_OUTSIDE = "This run has been marked as failed from outside the execution context."
"""All that Dagster says of a run that did not say itself that it failed."""
OUR_ERRORS = "chrysopedia_assets.errors."
STEP_FAILED = "STEP_FAILURE"
_BEGAN, _ENDED = "STEP_START", ("STEP_SUCCESS", STEP_FAILED, "STEP_SKIPPED")
_event = t.events.c


def filled(tables: RunTables, runs: Sequence[Run]) -> list[Run]:
    """With the stages that were made, and with why it failed."""
    failed = [run for run in runs if run.state == "error"]
    with tables.events() as connection:
        if not is_there(connection, t.events):
            return list(runs)
        made = _made(connection, [run.run_id for run in runs])
        failures = _failures(connection, [run.run_id for run in failed if run.failure is None])
    for run in failed:
        found = failures.get(run.run_id) or run.failure or Failure(stage=None, reason="Unknown.")
        mark = run.tags.get(PROCESS)
        if found.reason == FROM_OUTSIDE and mark and is_gone(mark):
            found = Failure(stage=None, reason=killed(mark))
        if found.stage is None:
            found = found.model_copy(update={"stage": _under_way(tables, run.run_id)})
        failures[run.run_id] = found
    return [
        run.model_copy(
            update={"stages": made.get(run.run_id, ()), "failure": failures.get(run.run_id)}
        )
        for run in runs
    ]


def read_events(tables: RunTables, run_id: str) -> list[RunEvent]:
    """The whole log of a run, in its order."""
    columns = (_event.timestamp, _event.dagster_event_type, _event.step_key, _event.event)
    return [
        _told(at, kind, step, text)
        for at, kind, step, text in _log(tables, run_id, sa.select(*columns))
    ]


def count_events(tables: RunTables, run_ids: Sequence[str]) -> dict[str, int]:
    """By run, how many entries its log has."""
    counted = dict.fromkeys(run_ids, 0)
    query = sa.select(_event.run_id, sa.func.count()).group_by(_event.run_id)
    for connect, some in tables.logs(run_ids):
        with connect() as connection:
            if is_there(connection, t.events):
                rows = connection.execute(query.where(_event.run_id.in_(some)))
                counted |= {run_id: number for run_id, number in rows}
    return counted


def _log(tables: RunTables, run_id: str, query: sa.Select[Any]) -> Sequence[Any]:
    [(connect, _)] = tables.logs([run_id])
    with connect() as connection:
        if not is_there(connection, t.events):
            return []
        return connection.execute(query.where(_event.run_id == run_id).order_by(_event.id)).all()


def _made(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    query = sa.select(_event.run_id, _event.asset_key)
    query = query.where(_event.dagster_event_type == MATERIALIZED).order_by(_event.id)
    for batch in batches(run_ids):
        for run_id, key in connection.execute(query.where(_event.run_id.in_(batch))):
            found[run_id] = (*found.get(run_id, ()), "/".join(json.loads(key)))
    return found


def _failures(connection: Connection, run_ids: Sequence[str]) -> dict[str, Failure]:
    query = sa.select(_event.run_id, _event.event).where(_event.dagster_event_type == FAILED)
    return {
        run_id: _failure(text)
        for batch in batches(run_ids)
        for run_id, text in connection.execute(query.where(_event.run_id.in_(batch)))
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
    kinds = _event.dagster_event_type.in_((_BEGAN, *_ENDED))
    begun: list[str] = []
    query = sa.select(_event.dagster_event_type, _event.step_key).where(kinds)
    for kind, step in _log(tables, run_id, query):
        if kind == _BEGAN:
            begun.append(step)
        elif step in begun:
            begun.remove(step)
    return begun[-1] if begun else None


def _told(at: datetime, kind: str | None, step: str | None, text: str) -> RunEvent:
    """By Dagster, or logged by a stage."""
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
