"""Results of asset checks, read from Dagster's table in one query: its own API reads every event in whole.

Belongs here: reading `asset_check_executions` of Dagster 1.13. Does not: writing, which is Dagster's alone, and judging.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import sqlalchemy as sa

from chrysopedia_assets.freshness.summary import Reported
from resources.store import dagster_tables as t
from resources.store.dagster_tables import Connect, is_there
from resources.store.database import batches

_results, _events = t.check_results, t.events
_PASSED, _FAILED = "SUCCEEDED", "FAILED"


def newest_results(connect: Connect, asset: str, check: str) -> dict[str, Reported]:
    """By partition; a check that was begun and never ended has none."""
    row = _results.c
    newest = (
        sa.select(sa.func.max(row.id))
        .where(*_of(asset, check), row.partition.is_not(None))
        .group_by(row.partition)
    )
    query = sa.select(
        row.partition,
        row.execution_status,
        row.materialization_event_storage_id,
        row.evaluation_event,
    ).where(row.id.in_(newest), row.execution_status.in_((_PASSED, _FAILED)))
    with connect() as connection:
        if not is_there(connection, t.check_results):
            return {}
        return {
            partition: Reported(status == _PASSED, event_id, _words(event))
            for partition, status, event_id, event in connection.execute(query)
        }


def newest_is_of_a_partition(connect: Connect, asset: str, check: str) -> bool:
    """Whether the newest result, which is the one that Dagster shows for the asset, is about one partition alone."""
    query = sa.select(_results.c.partition).where(*_of(asset, check))
    with connect() as connection:
        if not is_there(connection, t.check_results):
            return False
        return connection.scalar(query.order_by(_results.c.id.desc()).limit(1)) is not None


@dataclass(frozen=True)
class DayOfChecks:
    """How checks of single videos went on one day; `judged` are the values that a judge has given, 0 to 1."""

    passed: int
    failed: int
    judged: tuple[float, ...]


def results_by_day(
    connect: Connect, since: datetime, *, judge: str, without: str
) -> dict[date, DayOfChecks]:
    """By day (UTC). `judge` is the check that a model answers, counted apart; `without` is not counted."""
    row = _results.c
    query = sa.select(
        row.evaluation_event_timestamp,
        row.execution_status,
        sa.case((row.check_name == judge, row.evaluation_event)),
    ).where(
        row.partition.is_not(None),
        row.check_name != without,
        row.execution_status.in_((_PASSED, _FAILED)),
        # Dagster stores UTC without a zone.
        row.evaluation_event_timestamp >= since.astimezone(UTC).replace(tzinfo=None),
    )
    found: dict[date, DayOfChecks] = {}
    with connect() as connection:
        if not is_there(connection, t.check_results):
            return {}
        for at, status, judged in connection.execute(query):
            day = found.get(at.date(), DayOfChecks(0, 0, ()))
            if judged is not None:
                value = _judged(judged)
                found[at.date()] = replace(day, judged=(*day.judged, *value))
            elif status == _PASSED:
                found[at.date()] = replace(day, passed=day.passed + 1)
            else:
                found[at.date()] = replace(day, failed=day.failed + 1)
    return found


def _judged(event: str) -> tuple[float, ...]:
    """What the judge has given over all; nothing where nobody was there to judge."""
    try:
        metadata = json.loads(event)["dagster_event"]["event_specific_data"]["metadata"]
        return (float(metadata["overall"]["value"]),)
    except (ValueError, KeyError, TypeError):
        return ()


def runs_of(connect: Connect, event_ids: list[int]) -> dict[int, str]:
    """The run that each event is from."""
    found: dict[int, str] = {}
    query = sa.select(_events.c.id, _events.c.run_id)
    with connect() as connection:
        for batch in batches(event_ids):
            rows = connection.execute(query.where(_events.c.id.in_(batch)))
            found |= {event_id: run_id for event_id, run_id in rows}
    return found


def _words(event: str) -> str:
    """The description; one that cannot be read says nothing, and is told anew."""
    try:
        told = json.loads(event)["dagster_event"]["event_specific_data"]["description"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(told)


def _of(asset: str, check: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return (
        _results.c.asset_key == json.dumps(asset.split("/")),
        _results.c.check_name == check,
    )
