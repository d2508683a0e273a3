"""The tables of Dagster 1.13 that are read here without Dagster, whose import takes seconds, and where they are.

What belongs here: columns, and what every reader of them needs. What does not: reading (`dagster_runs`, `run_events`,
`dagster_events`, `check_results`), and writing, which is Dagster's alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from resources.store.database import batches

Connect = Callable[[], AbstractContextManager[Connection]]

MATERIALIZED = "ASSET_MATERIALIZATION"
OBSERVED = "ASSET_OBSERVATION"

runs = sa.table(
    "runs",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("pipeline_name", sa.Text),
    sa.column("status", sa.Text),
    sa.column("create_timestamp", sa.DateTime),
    sa.column("start_time", sa.Float),
    sa.column("end_time", sa.Float),
)
run_tags = sa.table(
    "run_tags",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("key", sa.Text),
    sa.column("value", sa.Text),
)
backfills = sa.table("bulk_actions", sa.column("key", sa.Text), sa.column("status", sa.Text))
events = sa.table(
    "event_logs",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("event", sa.Text),
    sa.column("dagster_event_type", sa.Text),
    sa.column("timestamp", sa.DateTime),
    sa.column("step_key", sa.Text),
    sa.column("asset_key", sa.Text),
    sa.column("partition", sa.Text),
)
event_tags = sa.table(
    "asset_event_tags",
    sa.column("event_id", sa.Integer),
    sa.column("key", sa.Text),
    sa.column("value", sa.Text),
    sa.column("event_timestamp", sa.DateTime),
)
asset_keys = sa.table(
    "asset_keys", sa.column("asset_key", sa.Text), sa.column("asset_details", sa.Text)
)
check_results = sa.table(
    "asset_check_executions",
    sa.column("id", sa.Integer),
    sa.column("asset_key", sa.Text),
    sa.column("check_name", sa.Text),
    sa.column("partition", sa.Text),
    sa.column("execution_status", sa.Text),
    sa.column("evaluation_event", sa.Text),
    sa.column("evaluation_event_timestamp", sa.DateTime),
    sa.column("materialization_event_storage_id", sa.Integer),
)


@dataclass(frozen=True)
class RunTables:
    """Where Dagster keeps its runs, the events of all runs that are about assets or a run's state, and one run's own log.

    Without `log_of` all logs are in `events`.
    """

    runs: Connect
    events: Connect
    log_of: Callable[[str], Connect] | None = None

    def logs(self, run_ids: Sequence[str]) -> Iterator[tuple[Connect, Sequence[str]]]:
        """Where the whole logs of these runs are, and whose are there."""
        if self.log_of is None:
            yield from ((self.events, batch) for batch in batches(run_ids))
        else:
            yield from ((self.log_of(run_id), [run_id]) for run_id in run_ids)


def is_there(connection: Connection, table: sa.TableClause) -> bool:
    """Before anything was ever recorded there is none."""
    return sa.inspect(connection).has_table(table.name)
