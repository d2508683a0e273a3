"""Where things are, from the environment. The one place that reads `CHRYSOPEDIA_*`; `.env.example` lists them all.

A process that has no `DAGSTER_HOME` gets the project's own, so that nobody has to export anything by hand.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from chrysopedia_assets.errors import ConfigurationError

PROJECT = Path(__file__).resolve().parents[1]
SAMPLES = PROJECT / "samples"


@dataclass(frozen=True)
class Settings:
    """All paths are absolute; `database_url` is ours, `dagster_database_url` is None for SQLite."""

    data_dir: Path
    library_dir: Path
    taxonomy_file: Path
    database_url: URL
    dagster_database_url: URL | None

    @property
    def dagster_dir(self) -> Path:
        return self.data_dir / "dagster"


def settings() -> Settings:
    """Read the environment anew. Raises ConfigurationError."""
    data_dir = _path("CHRYSOPEDIA_DATA_DIR", PROJECT / "data")
    url, dagster_url = _database(data_dir)
    return Settings(
        data_dir=data_dir,
        library_dir=_path("CHRYSOPEDIA_LIBRARY", PROJECT / "library"),
        taxonomy_file=_path("CHRYSOPEDIA_TAXONOMY", PROJECT / "prompts" / "taxonomy.toml"),
        database_url=url,
        dagster_database_url=dagster_url,
    )


def use_project_dagster_home() -> None:
    """Point Dagster at the project's `dagster.yaml` unless the user has chosen another home."""
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT))


def _path(variable: str, default: Path) -> Path:
    """A relative path is relative to the project, wherever the command is run from."""
    return (PROJECT / Path(os.environ.get(variable) or default).expanduser()).resolve()


def _database(data_dir: Path) -> tuple[URL, URL | None]:
    text = os.environ.get("CHRYSOPEDIA_DATABASE_URL")
    if not text:
        return URL.create("sqlite", database=str(data_dir / "chrysopedia.sqlite")), None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a ValueError is a port that is no number
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        # The value is not shown: it may hold a password.
        raise ConfigurationError(
            "CHRYSOPEDIA_DATABASE_URL is not a PostgreSQL URL",
            cure="Use postgresql://user:password@host/database, or unset it to use SQLite.",
        )
    # Two drivers on purpose: psycopg 3 is ours, dagster-postgres is written for psycopg2.
    return url.set(drivername="postgresql+psycopg"), url.set(drivername="postgresql+psycopg2")
