"""Dagster's own PostgreSQL storage, with what a result was made from indexed, runs marked, and nothing else changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.storage import DagsterPostgresStorage
from sqlalchemy.engine import Connection

from resources.provenance import IndexesProvenance
from resources.run_marks import MarksRuns


class ProvenancePostgresEventLogStorage(IndexesProvenance, PostgresEventLogStorage):
    """The event log, found sooner."""


class MarkedPostgresRunStorage(MarksRuns, PostgresRunStorage):
    """Runs, marked."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Dagster's own connections commit every statement by itself."""
        with (
            self._engine.connect().execution_options(
                isolation_level="READ COMMITTED"
            ) as connection,
            connection.begin(),
        ):
            yield connection


class ProjectPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in one database."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._run_storage = MarkedPostgresRunStorage(postgres_url)
        self._event_log_storage = ProvenancePostgresEventLogStorage(postgres_url)
