"""Dagster's own records, on both of its databases."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.engine import URL

from chrysopedia_assets.automation.partitions import VIDEOS


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """Where there is nothing yet, of both databases."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "empty.sqlite"))
    url: URL = request.getfixturevalue("empty_postgres_url")
    return url.set(drivername="postgresql+psycopg")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """Dagster as the product configures it, on both databases."""
    if request.param == "postgresql":
        url: URL = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url.render_as_string(hide_password=False))
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions(VIDEOS, ["ann--kick", "ann--snare"])
        yield instance
