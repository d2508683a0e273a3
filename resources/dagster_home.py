"""What `dagster.yaml` names: Dagster's own records beside ours, switched to PostgreSQL by the same variable."""

import fcntl
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.root import LocalArtifactStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from chrysopedia_assets.errors import ConfigurationError
from resources.dagster_sqlite import OpenSqliteStorage
from resources.database import open_database
from resources.settings import settings


class ProjectInstance(dg.DagsterInstance):
    """Dagster's, but for one thing: runs in threads of one process do not wait for each other for ever."""

    @classmethod
    def config_schema(cls) -> dict[str, Any]:
        return {}

    @staticmethod
    def config_defaults(base_dir: str) -> Mapping[str, ConfigurableClassData | None]:
        return InstanceRef.config_defaults(base_dir)

    def get_yaml_python_handlers(self) -> Sequence[logging.Handler]:
        # Dagster sets up all of Python's logging anew at each start of a run, also where nothing is to be set up. For
        # that it takes the lock of logging and then those of all handlers. A run that stores an event holds its
        # handler's and asks SQLAlchemy's logger for its level, which takes the lock of logging: neither goes on.
        if not self.get_python_log_dagster_handler_config():
            return []
        return super().get_yaml_python_handlers()


class ProjectStorage(DagsterStorage, ConfigurableClass):
    """Runs, events and schedules: SQLite in the data folder, or PostgreSQL by `CHRYSOPEDIA_DATABASE_URL`."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(  # type: ignore[override]  # Dagster's own storages widen it too
        cls, inst_data: ConfigurableClassData | None, config_value: object
    ) -> DagsterStorage:
        found = settings()
        if found.dagster_database_url is None:
            with _alone(found.dagster_dir):
                return OpenSqliteStorage.from_local(str(found.dagster_dir), inst_data=inst_data)
        from resources.dagster_postgres import ProjectPostgresStorage

        url = found.dagster_database_url.render_as_string(hide_password=False)
        # Ours first: it says at once what is wrong, where dagster-postgres retries and then raises its own.
        # The lock: two first commands at once would both create Dagster's tables, and its retries are not enough.
        with open_database().writing(lock="dagster's tables"):
            return ProjectPostgresStorage(url, inst_data=inst_data)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two first commands at once would both create Dagster's SQLite files, and ruin them for good."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise ConfigurationError(
            f"the data folder cannot be used: {error.strerror}",
            where=str(folder),
            cure="Correct CHRYSOPEDIA_DATA_DIR, or make the folder writable.",
        ) from error


class ProjectArtifacts(LocalArtifactStorage):
    """Dagster's files, kept in the data folder instead of beside `dagster.yaml`."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(  # type: ignore[override]
        cls, inst_data: ConfigurableClassData | None, config_value: object
    ) -> LocalArtifactStorage:
        return LocalArtifactStorage(base_dir=str(settings().dagster_dir), inst_data=inst_data)
