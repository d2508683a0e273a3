"""The tables of Dagster's event log and of its runs, opened for reading without Dagster, whose import takes seconds.

Belongs here: where they are. Does not: what is in them (`store/dagster_events.py`, `store/refresh_runs.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from resources.database import open_database
from resources.settings import settings
from resources.store.dagster_events import Connect

BUSY_TIMEOUT_S = 30
INDEX, RUNS = "runs/index.db", "runs.db"


def event_log_on_disk() -> Connect:
    """Dagster's, as `dagster.yaml` has it: SQLite in the data folder, or the PostgreSQL database of our own records."""
    return open_database().reading if settings().dagster_database_url else partial(_sqlite, INDEX)


def runs_on_disk() -> Connect:
    """Dagster's record of its runs, at the same place."""
    return open_database().reading if settings().dagster_database_url else partial(_sqlite, RUNS)


@contextmanager
def _sqlite(name: str) -> Iterator[Connection]:
    path = settings().dagster_dir / "history" / name
    # Before the first command there is no file, and no table in an empty database either.
    with _engine(str(path) if path.is_file() else ":memory:").connect() as connection:
        yield connection


@lru_cache(maxsize=4)
def _engine(path: str) -> Engine:
    url = sa.URL.create("sqlite", database=path)
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})
