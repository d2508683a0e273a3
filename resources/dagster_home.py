"""What `dagster.yaml` names: Dagster's own records beside ours, switched to PostgreSQL by the same variable."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.root import LocalArtifactStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from chrysopedia_assets.errors import ConfigurationError
from resources.database import open_database
from resources.settings import settings


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
                return DagsterSqliteStorage.from_local(str(found.dagster_dir), inst_data=inst_data)
        from dagster_postgres.storage import DagsterPostgresStorage

        url = found.dagster_database_url.render_as_string(hide_password=False)
        # Ours first: it says at once what is wrong, where dagster-postgres retries and then raises its own.
        # The lock: two first commands at once would both create Dagster's tables, and its retries are not enough.
        with open_database().writing(lock="dagster's tables"):
            return DagsterPostgresStorage(url, inst_data=inst_data)


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
