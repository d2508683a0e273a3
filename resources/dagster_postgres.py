"""Dagster's own PostgreSQL storage, with what a result was made from indexed, and nothing else changed."""

from dagster._serdes import ConfigurableClassData
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.storage import DagsterPostgresStorage

from resources.provenance import IndexesProvenance


class ProvenancePostgresEventLogStorage(IndexesProvenance, PostgresEventLogStorage):
    """The event log, found sooner."""


class ProjectPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in one database."""

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._event_log_storage = ProvenancePostgresEventLogStorage(postgres_url)
