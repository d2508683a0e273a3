"""Connections, transactions, and bringing the schema up to date.

Reading and writing are two kinds of transaction: on SQLite a writer takes the lock at once and waits for it,
because a reader that turns writer is refused without waiting.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)

from chrysopedia_assets.errors import ConfigurationError

REVISION = "0009"
"""The newest migration; a test holds it against Alembic's own answer."""
VERSION_TABLE = "chrysopedia_migrations"
"""Not `alembic_version`: Dagster keeps that name in the same PostgreSQL database."""
BUSY_TIMEOUT_S = 30
MAX_IN = 500
"""Values of one IN: SQLite compiles no more than some ten thousands, and a longer list is no quicker."""
T = TypeVar("T")


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many as one IN takes."""
    return (values[at : at + MAX_IN] for at in range(0, len(values), MAX_IN))


def insert_into(connection: Connection, table: sa.Table) -> Any:
    """The dialect's own insert, which can leave alone, or add to, a row that is there."""
    from sqlalchemy.dialects import postgresql, sqlite  # of both, and few commands write such rows

    own = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return own[connection.dialect.name](table)


class Database:
    """One database, migrated when opened. Raises ConfigurationError where it does not answer or cannot be used."""

    def __init__(self, url: URL) -> None:
        self.url = url
        if url.get_backend_name() == "sqlite" and url.database:
            with self._answering():
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(url)
        try:
            self._migrate()
        except ConfigurationError:
            self.close()
            raise

    @property
    def name(self) -> str:
        """Where it is, without user, password or options."""
        if self.url.get_backend_name() == "sqlite":
            return f"SQLite {self.url.database}"
        return f"PostgreSQL {self.url.host or 'local'}/{self.url.database}"

    @property
    def folder(self) -> Path | None:
        """Where the file is, on SQLite; None for a server."""
        path = self.url.database
        return Path(path).parent if self.url.get_backend_name() == "sqlite" and path else None

    @property
    def size(self) -> int:
        """Of the file in bytes, on SQLite; 0 for a server."""
        path = self.url.database
        return Path(path).stat().st_size if self.folder and path else 0

    def compact(self) -> None:
        """Write the SQLite file anew without free room; others may read meanwhile, and wait to write. Raises ConfigurationError."""
        alone = self._engine.connect().execution_options(outside=True)
        with self._answering(), alone as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def holding(self) -> Iterator[Connection]:
        """A connection outside of transactions, for what it holds while it is open."""
        with self._answering():
            connection = self._engine.connect()
        with connection:  # what fails meanwhile need not be the database's doing
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._answering(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, lock: str) -> Iterator[Connection]:
        """One transaction: all of it is stored, or nothing. Transactions with the same lock wait for each other."""
        with (
            self._answering(),
            self._engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
                key = sa.func.hashtext(f"chrysopedia {lock}")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def revision(self) -> str | None:
        """The migration that the schema is at; None for an empty database."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(VERSION_TABLE):
                return None
            version = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))
            return connection.scalar(sa.select(version.c.version_num))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OSError, DatabaseError) as error:
            if isinstance(error, IntegrityError | DataError | ProgrammingError):
                raise  # a defect of ours, not of the database
            why = error.orig if isinstance(error, DBAPIError) else error
            raise ConfigurationError(
                f"the database does not answer: {why}",
                where=self.name,
                cure="Start it, wait for whoever holds it, or correct CHRYSOPEDIA_DATABASE_URL or _DATA_DIR.",
            ) from error

    def _migrate(self) -> None:
        if self.revision() == REVISION:
            return
        from alembic import command  # 0.3 s, and needed once in a database's life
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.writing(lock="migrations") as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise ConfigurationError(
                    f"the database has a schema that this version does not know ({error})",
                    cure="It was written by a newer version of Chrysopedia: update this one.",
                ) from error


def _json(value: object) -> str:
    """Several times faster than Python's own, which matters for the words of an hour; takes records as they are."""
    return to_json(value).decode()


def _engine(url: URL) -> Engine:
    in_json = {"json_serializer": _json, "json_deserializer": from_json}
    if url.get_backend_name() != "sqlite":
        # A connection for each video at work is held beside those that come and go.
        return sa.create_engine(url, pool_pre_ping=True, max_overflow=-1, **in_json)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, **in_json)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing. A power cut may cost the last moments, for waiting for the disk at every call.
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("outside"):  # of transactions
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine
