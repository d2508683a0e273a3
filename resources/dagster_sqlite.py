"""Dagster's own SQLite storage, with its files kept open between accesses, and nothing else changed.

Dagster opens and closes a file for every access: a new engine that compiles every statement anew, a new connection, a
checkpoint at the end. With several hundred accesses to a run of six stages that was most of what a run cost; see
`docs/adr/0003-dagster-on-sqlite.md`. What is stored, in which file, in which order and in which transaction is Dagster's;
that more tags are indexed is said in `provenance.py`, how runs are marked in `run_marks.py`.

Belongs here: how its files are opened, and what need not be asked twice. Does not: what is in them. Private methods of
Dagster 1.13 are overridden; `tests/store/test_dagster_sqlite.py` holds both to the same event log.
"""

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster._core.event_api import EventHandlerFn
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer

from resources.provenance import IndexesProvenance
from resources.run_marks import MarksRuns

OPEN_RUNS = 8
"""Run logs kept open, three file handles each: more than runs at once in one process, few beside a limit of 1,024."""


class OpenFiles:
    """Engines by URL; beyond `most`, the one used longest ago is closed. For any thread, and for a forked process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._process = os.getpid()
        self._of_parent: list[object] = []

    def get(self, url: str) -> Engine:
        with self._lock:
            self._leave_to_parent()
            engine = self._engines.get(url) or _open(url)
            self._engines[url] = engine
            self._engines.move_to_end(url)
            while len(self._engines) > self._most:
                self._engines.popitem(last=False)[1].dispose()
            return engine

    def close(self) -> None:
        """What is asked for afterwards is opened anew."""
        with self._lock:
            self._leave_to_parent()
            while self._engines:
                self._engines.popitem()[1].dispose()

    def _leave_to_parent(self) -> None:
        """SQLite forbids a forked child to use its parent's connections, and to close them: so they are kept."""
        if self._process != os.getpid():
            self._of_parent.append(self._engines)
            self._engines = OrderedDict()
            self._process = os.getpid()


def _open(url: str) -> Engine:
    """A connection belongs to one thread at a time; one is kept, more are made while they are needed."""
    engine = create_engine(
        url,
        pool_size=1,
        max_overflow=-1,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
    )
    event.listen(engine, "connect", _set_up_connection)
    return engine


def _set_up_connection(connection: sqlite3.Connection, _record: object) -> None:
    # With the write-ahead log a killed process loses nothing, and a power cut the last moments, never the file.
    connection.execute("PRAGMA synchronous=NORMAL")


class OpenRunStorage(MarksRuns, SqliteRunStorage):
    """`runs.db`: one row a run, its tags and snapshots."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._files = OpenFiles(1)
        self._has_run_stats = self._has_backfill_id = False
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> Self:
        url = create_db_conn_string(base_dir, "runs")
        if _is_set_up(url, "instance_info"):
            return cls(url, inst_data)
        return super().from_local(base_dir, inst_data)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._files.get(self._conn_string).begin() as connection:
            yield connection

    # A column that is there stays there: only a missing one has to be looked for again.

    def has_run_stats_index_cols(self) -> bool:
        self._has_run_stats = self._has_run_stats or super().has_run_stats_index_cols()
        return self._has_run_stats

    def has_backfill_id_column(self) -> bool:
        self._has_backfill_id = self._has_backfill_id or super().has_backfill_id_column()
        return self._has_backfill_id

    def dispose(self) -> None:
        self._files.close()
        super().dispose()


class QuickScheduleStorage(SqliteScheduleStorage):
    """`schedules.db`, which no run uses and which no instance closes: it is not kept open, only found sooner."""

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> Any:
        url = create_db_conn_string(base_dir, "schedules")
        return cls(url, inst_data) if _is_set_up(url) else super().from_local(base_dir, inst_data)


class OpenRunWatchdog(SqliteEventLogStorageWatchdog):
    """Tells the web page of new events. They are in the log's `-wal` file until somebody closes the log."""

    def dispatch(self, event: FileSystemEvent) -> None:
        if event.event_type == "modified" and event.src_path in (
            self._log_path,
            f"{self._log_path}-wal",
        ):
            self._process_log()


class OpenEventLogStorage(IndexesProvenance, SqliteEventLogStorage):
    """`index.db` and a file for each run. Dagster's own lock lets one thread at a time at them."""

    _obs: Any  # Dagster's own: its type says None and nothing else

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._index_file = OpenFiles(1)
        self._run_files = OpenFiles(OPEN_RUNS)
        self._tables: set[str] = set()
        self._asset_key_columns: set[str] = set()
        self._schema: list[str] = []
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            files = self._index_file if shard == INDEX_SHARD_NAME else self._run_files
            engine = files.get(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """A run's file gets the schema that Dagster gave to the index, without its migrations being read each time."""
        if for_index_shard or not self._is_like_index(engine):
            super()._initdb(engine, for_index_shard)

    def _is_like_index(self, engine: Engine) -> bool:
        try:
            with engine.connect() as connection:
                if not _tables(connection):
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    if not _tables(connection):  # nobody else was faster
                        for statement in self._schema_of_index():
                            connection.exec_driver_sql(statement)
                    connection.commit()
                return "alembic_version" in _tables(connection)
        except OperationalError:  # locked: Dagster's own way tries again
            return False

    def _index(self) -> Engine:
        return self._index_file.get(self.conn_string_for_shard(INDEX_SHARD_NAME))

    def _schema_of_index(self) -> list[str]:
        if not self._schema:
            with self._index().connect() as connection:
                made = connection.exec_driver_sql(
                    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
                    " ORDER BY type DESC, rowid"  # tables before their indexes
                )
                schema = [statement for (statement,) in made]
                [(revision,)] = connection.exec_driver_sql(
                    "SELECT version_num FROM alembic_version"
                )
            self._schema = [*schema, f"INSERT INTO alembic_version VALUES ('{revision}')"]  # noqa: S608
        return self._schema

    # A table or column that is there stays there: only what is missing has to be asked for again.

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables:
            with self._index().connect() as connection:
                self._tables = _tables(connection)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        found = self._asset_key_columns
        if column_name not in found and super()._has_asset_key_col_on_connection(conn, column_name):
            found.add(column_name)
        return column_name in found

    def watch(self, run_id: str, cursor: str | None, callback: EventHandlerFn) -> None:
        if self._obs is None:
            self._obs = Observer()
            self._obs.start()
        watchdog = OpenRunWatchdog(self, run_id, callback, cursor)
        watched = self._obs.schedule(watchdog, self._base_dir, recursive=True)
        self._watchers[run_id][callback] = (watchdog, watched)

    def wipe(self) -> None:
        self._run_files.close()  # before they are deleted
        super().wipe()

    def dispose(self) -> None:
        super().dispose()  # first: it ends the thread that reads
        self._run_files.close()
        self._index_file.close()


class OpenSqliteStorage(DagsterSqliteStorage):
    """The three together, in the folders where Dagster has them."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # Not DagsterSqliteStorage's: it would open its own three first. All that it sets is set here.
        DagsterStorage.__init__(self)  # type: ignore[no-untyped-call,arg-type]
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = OpenRunStorage.from_local(_runs_directory(base_dir))
        self._event_log_storage = OpenEventLogStorage(_event_logs_directory(base_dir))
        self._schedule_storage = QuickScheduleStorage.from_local(_schedule_directory(base_dir))


def _tables(connection: Connection) -> set[str]:
    return set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())


def _is_set_up(url: str, *tables: str) -> bool:
    """Whether Dagster has finished making the file. To ask Dagster means reading all of its migrations."""
    path = make_url(url).database
    if path is None or not Path(path).exists():
        return False
    with create_engine(url, poolclass=NullPool).connect() as connection:
        if not _tables(connection).issuperset({"alembic_version", *tables}):
            return False
        return bool(connection.exec_driver_sql("SELECT 1 FROM alembic_version").all())
