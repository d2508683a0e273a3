"""A video is worked on by one at a time, and a claim ends with whoever had it: SQLite and PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from resources.settings import PROJECT
from resources.store.claims import claim
from resources.store.database import Database

HOLD = """
import sys
from sqlalchemy.engine import make_url
from resources.store.claims import claim
from resources.store.database import Database
with claim(Database(make_url(sys.argv[1])), "ann--kick") as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(database: Database) -> Iterator[subprocess.Popen[str]]:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", HOLD, url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        yield holder
        holder.kill()


def test_a_claim_is_for_one_and_is_given_back(database: Database) -> None:
    for _ in range(2):
        with claim(database, "ann--kick") as ours, claim(database, "ann--snare") as other:
            assert (ours, other) == (True, True)
            with claim(database, "ann--kick") as again:
                assert not again


def test_what_another_process_has_is_not_ours_until_it_is_killed(database: Database) -> None:
    with held_elsewhere(database) as holder:
        with claim(database, "ann--kick") as ours:
            assert not ours
        holder.kill()
        holder.wait()
        for _ in range(100):  # a server notices a moment later
            with claim(database, "ann--kick") as ours:
                if ours:
                    return
        raise AssertionError("the claim outlived its process")


def test_what_fails_meanwhile_is_not_laid_on_the_database(database: Database) -> None:
    with pytest.raises(FileNotFoundError), claim(database, "ann--kick"):
        raise FileNotFoundError("a transcript")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_cuts_the_connection_fails_nothing_that_was_done(database: Database) -> None:
    with claim(database, "ann--kick") as ours:
        assert ours
        others = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        )
        with database.reading() as connection:
            assert connection.execute(others).all() == [(True,)]
    with claim(database, "ann--kick") as ours:
        assert ours


def test_a_failure_gives_the_claim_back(database: Database) -> None:
    try:
        with claim(database, "ann--kick"):
            raise RuntimeError("the stage broke down")
    except RuntimeError:
        pass
    with claim(database, "ann--kick") as ours:
        assert ours
