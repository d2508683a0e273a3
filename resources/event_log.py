"""The tables of Dagster's records, opened for reading without Dagster, whose import takes seconds.

Belongs here: where they are. Does not: what is in them (`store/dagster_tables.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from resources.database import open_database
from resources.settings import settings
from resources.store.dagster_tables import Connect, RunTables

BUSY_TIMEOUT_S = 30


def event_log_on_disk() -> Connect:
    """Dagster's, as `dagster.yaml` has it: SQLite in the data folder, or the PostgreSQL database of our own records."""
    if settings().dagster_database_url:
        return open_database().reading
    return partial(_sqlite, _history() / "runs" / "index.db")


def run_tables_on_disk() -> RunTables:
    """The same for its runs. On SQLite every run has a log of its own."""
    if settings().dagster_database_url:
        reading = open_database().reading
        return RunTables(reading, reading)
    history = _history()
    return RunTables(
        runs=partial(_sqlite, history / "runs.db"),
        events=event_log_on_disk(),
        log_of=lambda run_id: partial(_sqlite, history / "runs" / f"{run_id}.db"),
    )


def _history() -> Path:
    return settings().dagster_dir / "history"


@contextmanager
def _sqlite(path: Path) -> Iterator[Connection]:
    # Before the first command there is no file, and no table in an empty database either.
    with _engine(str(path) if path.is_file() else ":memory:").connect() as connection:
        yield connection


@lru_cache(maxsize=4)
def _engine(path: str) -> Engine:
    url = sa.URL.create("sqlite", database=path)
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": BUSY_TIMEOUT_S})
