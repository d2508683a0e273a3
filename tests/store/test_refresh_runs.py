"""Runs of refreshes, read from Dagster's tables on both databases: the same as Dagster's own API gives."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from chrysopedia_assets.inspection.refreshes import RefreshRun
from chrysopedia_assets.models.runs import PARTITION, REFRESH
from resources.event_log import run_tables_on_disk
from resources.store.refresh_runs import backfill_states, runs_of_refreshes


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url.render_as_string(hide_password=False))
    with run_tables_on_disk().runs() as connection:
        assert runs_of_refreshes(connection) == {}, "nothing was ever run"
        assert backfill_states(connection) == {}
    with dg.DagsterInstance.get() as found:
        yield found


def add_run(
    instance: dg.DagsterInstance, run_id: str, status: dg.DagsterRunStatus, **tags: str
) -> None:
    named = {{"refresh": REFRESH, "video": PARTITION}[name]: value for name, value in tags.items()}
    instance.add_run(dg.DagsterRun(job_name="job", run_id=run_id, status=status, tags=named))


def test_runs_are_those_that_are_marked_with_the_refresh(instance: dg.DagsterInstance) -> None:
    done, failed = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
    add_run(instance, "1", failed, refresh="r1", video="a")
    add_run(instance, "2", done, refresh="r1", video="a")
    add_run(instance, "3", done, refresh="r2", video="b")
    add_run(instance, "4", done, refresh="r1")
    add_run(instance, "5", done, video="a")
    with run_tables_on_disk().runs() as connection:
        found = runs_of_refreshes(connection)
    assert found == {
        "r1": [RefreshRun("1", "a", "FAILURE"), RefreshRun("2", "a", "SUCCESS")],
        "r2": [RefreshRun("3", "b", "SUCCESS")],
    }


def test_a_backfill_stands_as_dagster_says(instance: dg.DagsterInstance) -> None:
    status = BulkActionStatus.REQUESTED
    backfill = PartitionBackfill(
        "b1", status=status, from_failure=False, tags={}, backfill_timestamp=0.0
    )
    instance.add_backfill(backfill)
    with run_tables_on_disk().runs() as connection:
        assert backfill_states(connection) == {"b1": "REQUESTED"}
    instance.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    with run_tables_on_disk().runs() as connection:
        assert backfill_states(connection) == {"b1": "COMPLETED_SUCCESS"}
