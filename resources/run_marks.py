"""Every run is marked when it is stored, whoever starts it: with its trigger, its number, and the process that is at it.

The web UI, a sensor, a backfill, `dagster`, `dg` and our commands all store their runs here, so that all look alike.
Belongs here: which marks, and when. Does not: what is read from them (`store/dagster_runs.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
import sqlalchemy as sa
from dagster._core.errors import DagsterRunAlreadyExists
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import KeyValueStoreTable, RunsTable, RunTagsTable
from dagster._serdes import serialize_value
from dagster._time import get_current_datetime
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from chrysopedia_assets.models.runs import (
    CHOSEN,
    PARENT_RUN,
    PARTITION,
    PROCESS,
    RUN_NUMBER,
    TRIGGER,
    trigger_of,
)
from resources.processes import mark_of

LAST_NUMBER = "chrysopedia/run/"
"""Key in Dagster's table of values, with the video's id: the number that was given last. It outlives the run."""


class MarksRuns(SqlRunStorage):
    """Mixed into a run storage of Dagster, before it."""

    def add_run(self, dagster_run: dg.DagsterRun) -> dg.DagsterRun:
        """Stored with its marks, and given back with them."""
        run = dagster_run.with_tags(_marks(dagster_run))
        values = self._get_run_insertion_values(run, get_current_datetime())
        with self.transaction() as connection:
            if video_id := run.tags.get(PARTITION):
                number = _next_number(connection, video_id)
                run = run.with_tags({**run.tags, RUN_NUMBER: str(number)})
                values["run_body"] = serialize_value(run)
            try:
                connection.execute(RunsTable.insert().values(**values))
            except IntegrityError as error:
                raise DagsterRunAlreadyExists from error
            tags = run.tags_for_storage()
            rows = [{"run_id": run.run_id, "key": k, "value": v} for k, v in tags.items()]
            connection.execute(RunTagsTable.insert(), rows)
        return run

    def handle_run_event(
        self, run_id: str, event: dg.DagsterEvent, update_timestamp: datetime | None = None
    ) -> None:
        # Told by the process that begins to carry it out: before that, whoever launches it is at it.
        if event.event_type == dg.DagsterEventType.RUN_START:
            run = self._get_run_by_id(run_id)
            if run is not None and run.tags.get(PROCESS) != mark_of():
                self.add_run_tags(run_id, {PROCESS: mark_of()})
        super().handle_run_event(run_id, event, update_timestamp)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of what is done inside, or nothing."""
        with self.connect() as connection:
            yield connection


def _marks(run: dg.DagsterRun) -> dict[str, str]:
    """The tags of a run that is about to be stored. One that is tried again has those of the first, which are not its own."""
    tags = dict(run.tags)
    tags.pop(RUN_NUMBER, None)
    if run.parent_run_id or PARENT_RUN in tags:
        for name in (TRIGGER, CHOSEN):
            tags.pop(name, None)
    if PROCESS in tags and tags[PROCESS] != mark_of():
        del tags[PROCESS]
    selected = run.asset_selection
    names = None if selected is None else {key.to_user_string() for key in selected}
    tags.setdefault(TRIGGER, trigger_of(tags, names))
    return tags


def _next_number(connection: Connection, video_id: str) -> int:
    """Whoever asks at the same time waits until the run is stored. Runs from before there were numbers are counted."""
    key, kept = LAST_NUMBER + video_id, KeyValueStoreTable.c
    before = sa.select(sa.func.count()).select_from(RunTagsTable).where(
        RunTagsTable.c.key == PARTITION, RunTagsTable.c.value == video_id
    )  # fmt: skip
    first = sa.cast(before.scalar_subquery() + 1, sa.Text)
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    statement = (
        insert(KeyValueStoreTable)
        .from_select(["key", "value"], sa.select(sa.literal(key), first))
        .on_conflict_do_update(
            index_elements=[kept.key],
            set_={"value": sa.cast(sa.cast(kept.value, sa.Integer) + 1, sa.Text)},
        )
        .returning(kept.value)
    )
    return int(connection.execute(statement).scalar_one())
