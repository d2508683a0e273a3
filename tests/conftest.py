"""What every test gets: a world of its own. No test sees the developer's data, and none waits for a service."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.engine import URL

from chrysopedia_assets.automation.partitions import VIDEOS
from resources.database import close_database, open_database
from resources.llm import close_llm
from resources.settings import PROJECT, settings
from resources.store.database import Database
from tests.postgres.cluster import Cluster, start_cluster

SHARED_DATA = PROJECT.parent / "shared" / "data"


def need(present: bool, what: str) -> None:
    """Skip with the reason; where the full suite is asked for (CI), a missing part is an error."""
    if present:
        return
    if os.environ.get("CHRYSOPEDIA_FULL_TESTS") == "1":
        pytest.fail(f"the full suite needs {what}")
    pytest.skip(f"no {what} here")


def shared(path: Path) -> Path:
    """A part of the real data that is measured on and never copied here; skips where there is none."""
    if not path.exists():
        pytest.skip(f"no real data here ({path})")
    return path


@pytest.fixture(autouse=True)
def own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Settings that point into the test's own folder; the project's `dagster.yaml`."""
    for name in [name for name in os.environ if name.startswith("CHRYSOPEDIA_")]:
        if name != "CHRYSOPEDIA_FULL_TESTS":
            monkeypatch.delenv(name)
    for name in ("DATABASE_URL", "DATABASE_URL_FILE"):  # stronger than a developer's .env
        monkeypatch.setenv(f"CHRYSOPEDIA_{name}", "")
    monkeypatch.setenv("CHRYSOPEDIA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHRYSOPEDIA_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("DAGSTER_HOME", str(PROJECT))
    yield tmp_path
    close_llm()
    close_database()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an empty library, made once: with Dagster's tables and the product's. To copy, not to write to."""
    folder = tmp_path_factory.mktemp("prepared")
    _prepare(folder)
    return folder


@pytest.fixture(scope="session")
def prepared_postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> URL:
    url = cluster.new_database()
    _prepare(tmp_path_factory.mktemp("prepared"), url.render_as_string(hide_password=False))
    cluster.shut(url)
    return url


def _prepare(data: Path, url: str = "") -> None:
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("CHRYSOPEDIA_DATABASE_URL", url)
        changed.setenv("CHRYSOPEDIA_DATA_DIR", str(data))
        changed.setenv("DAGSTER_HOME", str(PROJECT))
        with dg.DagsterInstance.get() as instance:
            open_database()
            instance.get_runs(limit=1)
            instance.get_dynamic_partitions(VIDEOS)
            instance.all_instigator_state()
        close_database()


@pytest.fixture
def new_library(own_world: Path, prepared: Path) -> Path:
    """The data folder of the test, as it is after a first command that found nothing."""
    return Path(shutil.copytree(prepared, own_world / "data"))


@pytest.fixture
def instance(new_library: Path) -> Iterator[dg.DagsterInstance]:
    """Dagster as the product configures it, on SQLite in the test's own folder."""
    with dg.DagsterInstance.get() as instance:
        yield instance


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not pytest's own folder: a later session removes those, and a server may still run in one.
    with tempfile.TemporaryDirectory(prefix="chrysopedia-postgres-") as folder:
        found = start_cluster(Path(folder))
        need(found is not None, "PostgreSQL server programs (Debian: postgresql)")
        assert found is not None
        yield found
        found.stop()


@pytest.fixture
def empty_postgres_url(cluster: Cluster) -> URL:
    """A database of a real PostgreSQL in which there is nothing."""
    return cluster.new_database()


@pytest.fixture
def postgres_url(cluster: Cluster, prepared_postgres: URL) -> URL:
    """A database of a real PostgreSQL with the tables of Dagster and of the product."""
    return cluster.new_database(like=prepared_postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The product's tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        request.getfixturevalue("new_library")
        url = settings().database_url
    else:
        url = request.getfixturevalue("postgres_url").set(drivername="postgresql+psycopg")
    database = Database(url)
    yield database
    database.close()
