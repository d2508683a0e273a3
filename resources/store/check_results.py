"""Results of asset checks, read from Dagster's table in one query: its own API reads every event in whole.

Belongs here: reading `asset_check_executions` of Dagster 1.13. Does not: writing, which is Dagster's alone, and judging.
"""

import json

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.summary import Reported
from resources.store.dagster_events import MAX_IN, Connect

_results = sa.table(
    "asset_check_executions",
    sa.column("id", sa.Integer),
    sa.column("asset_key", sa.Text),
    sa.column("check_name", sa.Text),
    sa.column("partition", sa.Text),
    sa.column("execution_status", sa.Text),
    sa.column("evaluation_event", sa.Text),
    sa.column("materialization_event_storage_id", sa.Integer),
)
_events = sa.table("event_logs", sa.column("id", sa.Integer), sa.column("run_id", sa.Text))
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
        if not _is_there(connection):
            return {}
        return {
            partition: Reported(status == _PASSED, event_id, _words(event))
            for partition, status, event_id, event in connection.execute(query)
        }


def newest_is_of_a_partition(connect: Connect, asset: str, check: str) -> bool:
    """Whether the newest result, which is the one that Dagster shows for the asset, is about one partition alone."""
    query = sa.select(_results.c.partition).where(*_of(asset, check))
    with connect() as connection:
        if not _is_there(connection):
            return False
        return connection.scalar(query.order_by(_results.c.id.desc()).limit(1)) is not None


def runs_of(connect: Connect, event_ids: list[int]) -> dict[int, str]:
    """The run that each event is from."""
    found: dict[int, str] = {}
    query = sa.select(_events.c.id, _events.c.run_id)
    with connect() as connection:
        for at in range(0, len(event_ids), MAX_IN):
            some = query.where(_events.c.id.in_(event_ids[at : at + MAX_IN]))
            found |= {event_id: run_id for event_id, run_id in connection.execute(some)}
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


def _is_there(connection: Connection) -> bool:
    return sa.inspect(connection).has_table("asset_check_executions")
