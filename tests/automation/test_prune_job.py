"""The job `prune`, as the launchpad starts it."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Label, Result
from resources.database import open_database
from resources.store import tables as t
from resources.store.ledger import Ledger
from tests.automation.test_refresh_jobs import launch
from tests.fakes.calling import request

OP = "drop_what_is_old"


@pytest.fixture
def old_call(own_world: object) -> Ledger:
    ledger = Ledger(open_database())
    label = Label("extraction", "ada--low-end", "segments 0 to 9", "prompt-1", 60.0)
    call_id = ledger.begin(Attempt("key", None, "host/v1", "m", label, Dialect()), request())
    ledger.end(call_id, Result("ok", 1.0, completion=Completion("x" * 2_000_000)))
    with open_database().writing(lock="test") as connection:
        long_ago = datetime.now(UTC) - timedelta(days=100)
        connection.execute(sa.update(t.llm_calls).values(started_at=long_ago))
    return ledger


def test_the_job_drops_what_the_command_drops_and_says_so(
    instance: dg.DagsterInstance, old_call: Ledger
) -> None:
    told = launch(instance, "prune", OP, older_than="90d", dry_run=True)
    assert (round(told["dropped_mb"]), round(told["held_mb"])) == (2, 0)
    assert "Would drop: 1 request with its replies" in told["account"]
    assert old_call.reply("key") is not None
    told = launch(instance, "prune", OP, older_than="90d", max_size="500MB")
    assert "- Dropped: 1 request with its replies, 2.0 MB." in told["account"]
    assert "The database's file" in told["account"]
    assert old_call.reply("key") is None


def test_without_a_bound_nothing_is_dropped(instance: dg.DagsterInstance, old_call: Ledger) -> None:
    with pytest.raises(dg.Failure, match="no bound is given"):
        launch(instance, "prune", OP)
    assert old_call.reply("key") is not None
