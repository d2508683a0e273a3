"""What the client's tests share: no time spent on certificates that no test uses, an empty ledger."""

import shutil
import ssl
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from resources.store.database import Database


@pytest.fixture(autouse=True, scope="package")
def certificates_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    Database(URL.create("sqlite", database=str(path))).close()
    return path


@pytest.fixture
def sqlite(migrated: Path, tmp_path: Path) -> Iterator[Database]:
    """The product's schema on SQLite, for what is not about databases."""
    path = shutil.copy(migrated, tmp_path / "ledger.sqlite")
    database = Database(URL.create("sqlite", database=str(path)))
    yield database
    database.close()
