"""Dagster's runs read as tables, on both databases: the same as its own API says, and what it does not say in one place."""

import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.storage.runs.schema import KeyValueStoreTable, RunTagsTable

from chrysopedia_assets.automation.dead_runs import end_dead_runs
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.runs import (
    PARTITION,
    PROCESS,
    REFRESH,
    RUN_NUMBER,
    Failure,
    Run,
    killed,
)
from resources.event_log import run_tables_on_disk
from resources.failures import our_failures
from resources.processes import mark_of
from resources.store.dagster_runs import (
    STATES,
    backfill_states,
    find_runs,
    newest_failures,
    newest_runs,
    read_runs,
    run_ids,
    runs_of_refreshes,
    unfinished_runs,
)
from resources.store.run_events import FROM_OUTSIDE, count_events, read_events

KICK, SNARE = "ann--kick", "ann--snare"
HOSTILE = "the model said \x1b[31m<b>stop</b> | `rm`"


@dg.asset(partitions_def=videos)
def transcripts() -> None: ...


@dg.asset(partitions_def=videos, deps=[transcripts])
def topic_chunks(context: dg.AssetExecutionContext) -> None:
    context.log.info("about to cut")
    if "fails" in context.run.tags:
        raise RuntimeError(HOSTILE)
    if "refuses" in context.run.tags:
        with our_failures():
            from chrysopedia_assets.errors import ConfigurationError

            raise ConfigurationError("there is no key", cure="Give one.")


@dg.asset
def report() -> None: ...


JOB = dg.Definitions(
    [transcripts, topic_chunks, report], executor=dg.in_process_executor
).resolve_implicit_global_asset_job_def()


def run(instance: dg.DagsterInstance, video: str = KICK, **tags: str) -> str:
    keys = [dg.AssetKey("transcripts"), dg.AssetKey("topic_chunks")]
    return JOB.execute_in_process(
        instance=instance, partition_key=video, asset_selection=keys, tags=tags, raise_on_error=False
    ).run_id  # fmt: skip


def begun(instance: dg.DagsterInstance, status: str, mark: str | None = None) -> str:
    made = instance.create_run_for_job(
        JOB, status=dg.DagsterRunStatus(status), tags={PARTITION: KICK}
    )
    if mark:
        instance.add_run_tags(made.run_id, {PROCESS: mark})
    return made.run_id


def dead() -> str:
    """The mark of a process that is gone."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        mark = mark_of(process.pid)
        process.kill()
    return mark


def read(run_id: str) -> Run:
    [found] = find_runs(run_tables_on_disk(), run_id)
    return found


def test_before_the_first_run_there_is_none(own_world: object) -> None:
    tables = run_tables_on_disk()
    assert read_runs(tables) == unfinished_runs(tables) == []
    assert newest_runs(tables) == newest_failures(tables) == {} and run_ids(tables) == set()
    assert runs_of_refreshes(tables) == backfill_states(tables) == {}
    assert (find_runs(tables, "a"), find_runs(tables, "a#1"), read_events(tables, "a")) == ([], [], [])  # fmt: skip


def test_what_is_read_is_what_dagster_says(either: dg.DagsterInstance) -> None:
    run(either)
    run(either, SNARE, fails="yes")
    report_run = JOB.execute_in_process(instance=either, asset_selection=[dg.AssetKey("report")])
    run(either, KICK, refuses="yes")
    for status in ("NOT_STARTED", "STARTING", "CANCELING"):
        begun(either, status)
    tables = run_tables_on_disk()
    ours, theirs = read_runs(tables), either.get_run_records()
    assert [one.run_id for one in ours] == [record.dagster_run.run_id for record in theirs]
    for one, record in zip(ours, theirs, strict=True):
        its = record.dagster_run
        assert (one.state, one.job) == (STATES[its.status.value], its.job_name)
        assert one.tags == its.tags
        assert one.created_at == record.create_timestamp
        for ours_at, theirs_at in ((one.started_at, record.start_time), (one.ended_at, record.end_time)):  # fmt: skip
            assert (ours_at and ours_at.timestamp()) == theirs_at
        logs = either.all_logs(one.run_id)
        made = [log.asset_materialization for log in logs if log.asset_materialization]
        assert one.stages == tuple(event.asset_key.to_user_string() for event in made)
        assert count_events(tables, [one.run_id]) == {one.run_id: len(logs)}
        events = read_events(tables, one.run_id)
        assert [event.at.timestamp() for event in events] == [pytest.approx(log.timestamp) for log in logs]  # fmt: skip
        assert [event.stage for event in events] == [log.step_key for log in logs]
    assert read(report_run.run_id).name == report_run.run_id[:8]
    assert run_ids(tables) == {one.run_id for one in ours}
    newest = {video: one.run_id for video, one in newest_runs(tables).items()}
    assert newest == {
        video: either.get_runs(dg.RunsFilter(tags={PARTITION: video}), limit=1)[0].run_id
        for video in (KICK, SNARE)
    }


def test_where_a_run_failed_and_why_is_told_in_the_error_s_own_words(
    either: dg.DagsterInstance,
) -> None:
    crashed, refused = read(run(either, SNARE, fails="yes")), read(run(either, refuses="yes"))
    assert crashed.stages == ("transcripts",)
    assert crashed.failure == Failure(stage="topic_chunks", reason=f"RuntimeError: {HOSTILE}")
    assert refused.failure == Failure(stage="topic_chunks", reason="there is no key. Give one.")
    assert read(run(either)).failure is None
    events = read_events(run_tables_on_disk(), crashed.run_id)
    assert [event.message for event in events if event.kind == "log"] == ["about to cut"]
    [at] = [event for event in events if event.kind == "step_failure"]
    assert at.message.endswith(HOSTILE)
    failed = newest_failures(run_tables_on_disk())
    assert {video: one.run_id for video, one in failed.items()} == {SNARE: crashed.run_id, KICK: refused.run_id}, "whatever ran since"  # fmt: skip


def test_a_run_whose_process_is_gone_has_failed_before_and_after_anybody_said_so(
    either: dg.DagsterInstance,
) -> None:
    mark = dead()
    killed, asked = begun(either, "STARTED", mark), begun(either, "CANCELING", mark)
    goes_on, elsewhere = begun(either, "STARTED", mark_of()), begun(either, "STARTED", "other:1:1")
    for at in ("before", "after"):
        states = {one.run_id: one.state for one in read_runs(run_tables_on_disk())}
        assert states == {killed: "error", asked: "cancelled", goes_on: "running", elsewhere: "running"}, at  # fmt: skip
        assert [one.run_id for one in unfinished_runs(run_tables_on_disk())] == [goes_on, elsewhere]
        failure = read(killed).failure
        assert (
            failure
            and failure.reason == f"The process that ran it ({mark.split(':')[1]}) was killed."
        )
        end_dead_runs(either)
    ended = {one.run_id: one.status.value for one in either.get_runs() if one.is_finished}
    assert ended == {killed: "FAILURE", asked: "CANCELED"}


KILLED = """
import os, signal
import dagster as dg
from tests.store import test_dagster_runs as t
@dg.asset(partitions_def=t.videos, name="topic_chunks", deps=[t.transcripts])
def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
with dg.DagsterInstance.get() as instance:
    dg.materialize([t.transcripts, dies], instance=instance, partition_key=t.KICK)
"""


def test_of_a_killed_run_the_stage_is_known_that_was_under_way(either: dg.DagsterInstance) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr
    for _ in "ab":
        [found] = read_runs(run_tables_on_disk())
        assert found.state == "error" and found.stages == ("transcripts",)
        assert found.failure and found.failure.stage == "topic_chunks"
        assert "was killed" in found.failure.reason
        end_dead_runs(either)


def test_a_run_that_dagster_itself_found_without_its_process_was_killed(
    either: dg.DagsterInstance,
) -> None:
    mark = dead()
    run_id = begun(either, "STARTED", mark)
    found = either.get_run_by_id(run_id)
    assert found is not None
    either.report_run_failed(found)
    failure = read(run_id).failure
    assert failure and failure.reason == killed(mark)


@pytest.mark.parametrize("mark", [mark_of(), "another:1:1:0:1"], ids=["ours", "another host"])
def test_what_was_called_failed_from_outside_is_told_so_where_nobody_knows_of_a_kill(
    either: dg.DagsterInstance, mark: str
) -> None:
    run_id = begun(either, "STARTED", mark)
    found = either.get_run_by_id(run_id)
    assert found is not None
    either.report_run_failed(found)
    failure = read(run_id).failure
    assert failure and failure.reason == FROM_OUTSIDE


def test_runs_are_found_by_video_state_trigger_and_limit(either: dg.DagsterInstance) -> None:
    first, second = run(either), run(either, fails="yes")
    other = run(either, SNARE, **{"chrysopedia/trigger": "sensor"})
    tables = run_tables_on_disk()

    def found(*of: str, **which: object) -> list[str]:
        return [one.run_id for one in read_runs(tables, *of, **which)]  # type: ignore[arg-type]

    assert found() == [other, second, first]
    assert found(KICK) == [second, first]
    assert found(limit=2) == [other, second]
    assert found(state="error") == [second]
    assert found(state="complete", limit=1) == [other]
    assert found(trigger="sensor") == [other]
    assert found(KICK, trigger="sensor") == found("nobody") == []
    assert [one.run_id for one in find_runs(tables, f"{KICK}#2")] == [second]
    assert [one.run_id for one in find_runs(tables, second[:13].upper())] == [second]
    assert find_runs(tables, f"{KICK}#3") == find_runs(tables, "_") == find_runs(tables, "%") == []
    assert {one.run_id for one in find_runs(tables, "")} == {first, second, other}


def test_a_run_from_before_there_were_numbers_is_counted_in_its_video(
    either: dg.DagsterInstance,
) -> None:
    old = [run(either), run(either, SNARE), run(either)]
    with either.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(RunTagsTable.delete().where(RunTagsTable.c.key == RUN_NUMBER))
        connection.execute(KeyValueStoreTable.delete())
    new = run(either)
    assert [read(one).number for one in (*old, new)] == [1, 1, 2, 3]


def test_a_run_that_is_deleted_in_dagster_is_gone(either: dg.DagsterInstance) -> None:
    first, second = run(either), run(either)
    either.delete_run(second)
    assert [one.run_id for one in read_runs(run_tables_on_disk())] == [first]
    assert newest_runs(run_tables_on_disk())[KICK].run_id == first
    assert second not in run_ids(run_tables_on_disk())


def test_runs_of_a_refresh_are_those_of_videos_that_are_marked_with_it(
    either: dg.DagsterInstance,
) -> None:
    first, second = run(either, fails="yes", **{REFRESH: "r1"}), run(either, **{REFRESH: "r1"})
    other = run(either, SNARE, **{REFRESH: "r2"})
    JOB.execute_in_process(
        instance=either, asset_selection=[dg.AssetKey("report")], tags={REFRESH: "r1"}
    )
    run(either)
    killed = begun(either, "STARTED", dead())
    either.add_run_tags(killed, {REFRESH: "r2"})
    found = {
        refresh_id: [(one.run_id, one.state) for one in runs]
        for refresh_id, runs in runs_of_refreshes(run_tables_on_disk()).items()
    }
    assert found == {
        "r1": [(first, "error"), (second, "complete")],
        "r2": [(other, "complete"), (killed, "error")],
    }


def test_a_backfill_stands_as_dagster_says(either: dg.DagsterInstance) -> None:
    backfill = PartitionBackfill(
        "b1",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=0.0,
    )
    either.add_backfill(backfill)
    assert backfill_states(run_tables_on_disk()) == {"b1": "REQUESTED"}
    either.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    assert backfill_states(run_tables_on_disk()) == {"b1": "COMPLETED_SUCCESS"}
