"""Who works on a video, or has a machine's place: one at a time, whichever command it runs. A claim ends with its process,
however that ends.

Beside SQLite it is a lock on a file, on PostgreSQL an advisory lock of a connection; neither leaves anything to mend.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chrysopedia_assets.models.records import content_hash
from resources.store.database import Database

FOLDER = "claims"


@contextmanager
def claim(database: Database, video_id: str) -> Iterator[bool]:
    """Whether the video is ours until the end of the block; if not, somebody else is at work on it."""
    locked = (
        claim_in(database.folder, video_id) if database.folder else _advisory(database, video_id)
    )
    with locked as ours:
        yield ours


@contextmanager
def claim_in(folder: Path, what: str) -> Iterator[bool]:
    """The same of anything else, for all who use the folder. Needs no database."""
    path = folder / FOLDER / content_hash(what)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The file stays: who removes the file of a lock takes the lock from others.
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextmanager
def _advisory(database: Database, video_id: str) -> Iterator[bool]:
    key = sa.func.hashtextextended(f"chrysopedia video {video_id}", 0)
    with database.holding() as connection:
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))):
            yield False
            return
        try:
            yield True
        finally:
            with suppress(DBAPIError):  # a connection that was cut has given it back
                connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
