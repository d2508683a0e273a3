"""The process's one handle on the database that the settings name."""

from functools import lru_cache

from sqlalchemy.engine import URL

from resources.settings import settings
from resources.store.database import Database


def open_database() -> Database:
    """Opened, and migrated where needed, at first use. Raises ConfigurationError."""
    return _open(settings().database_url)


def close_database() -> None:
    """Give the connections back; the next use opens it anew."""
    if _open.cache_info().currsize:
        open_database().close()
        _open.cache_clear()


@lru_cache(maxsize=1)
def _open(url: URL) -> Database:
    return Database(url)
