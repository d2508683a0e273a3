"""What every test gets: a world of its own. No test sees the developer's data, and none waits for a service."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.engine import URL

from resources.database import close_database
from resources.llm import close_llm
from resources.settings import PROJECT
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
    monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", "")  # stronger than a developer's .env
    monkeypatch.setenv("CHRYSOPEDIA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHRYSOPEDIA_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("DAGSTER_HOME", str(PROJECT))
    yield tmp_path
    close_llm()
    close_database()


@pytest.fixture
def instance(own_world: Path) -> Iterator[dg.DagsterInstance]:
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
def postgres_url(cluster: Cluster) -> URL:
    """An empty database of a real PostgreSQL."""
    return cluster.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The product's schema, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        url = URL.create("sqlite", database=str(tmp_path / "records.sqlite"))
    else:
        url = request.getfixturevalue("postgres_url").set(drivername="postgresql+psycopg")
    database = Database(url)
    yield database
    database.close()
