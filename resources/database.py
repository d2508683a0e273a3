"""The process's one handle on the database that the settings name."""

import os
from functools import lru_cache

from sqlalchemy.engine import URL

from chrysopedia_assets.errors import ConfigurationError
from resources.settings import settings
from resources.store.database import Database

PATIENCE_S = "3"
"""For a server that may be out of reach, in libpq's own variable."""


def open_database() -> Database:
    """Opened, and migrated where needed, at first use. Raises ConfigurationError."""
    return _open(settings().database_url)


def close_database() -> None:
    """Give the connections back; the next use opens it anew."""
    if _open.cache_info().currsize:
        open_database().close()
        _open.cache_clear()


def local_if_offline() -> str | None:
    """Where the database is a server that does not answer: go on with the file in the data folder; says why, if so.

    For commands to which the database is only a ledger of calls.
    """
    if settings().dagster_database_url is None:
        return None
    os.environ.setdefault("PGCONNECT_TIMEOUT", PATIENCE_S)
    try:
        open_database()
    except ConfigurationError as error:
        os.environ["CHRYSOPEDIA_DATABASE_URL"] = os.environ["CHRYSOPEDIA_DATABASE_URL_FILE"] = ""
        return f"{error.what}."
    return None


@lru_cache(maxsize=1)
def _open(url: URL) -> Database:
    return Database(url)
