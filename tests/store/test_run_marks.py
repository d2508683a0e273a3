"""Every run is marked when it is stored, on both databases: who asked for it, which of its video's it is, who is at it."""

import subprocess
import sys

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.errors import DagsterRunAlreadyExists
from dagster._core.storage.runs.schema import KeyValueStoreTable, RunsTable, RunTagsTable
from dagster._serdes import serialize_value

from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.runs import CHOSEN, PARTITION, PROCESS, RUN_NUMBER, TRIGGER
from resources.processes import mark_of
from resources.settings import PROJECT

KICK, SNARE = "ann--kick", "ann--snare"


@dg.asset(partitions_def=videos)
def transcripts() -> None: ...


@dg.asset(partitions_def=videos, deps=[transcripts])
def topic_chunks() -> None: ...


@dg.asset
def report() -> None: ...


DEFS = dg.Definitions([transcripts, topic_chunks, report])


def add(instance: dg.DagsterInstance, **tags: str) -> dg.DagsterRun:
    job = DEFS.resolve_implicit_global_asset_job_def()
    named = {name.replace("__", "/"): value for name, value in tags.items()}
    return instance.create_run_for_job(job, tags=named)


def stored(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """A run's tags, which are in its body and in their own table alike."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        rows = connection.execute(sa.select(RunTagsTable).where(RunTagsTable.c.run_id == run_id))
        told = {row.key: row.value for row in rows if not row.key.startswith(".dagster/")}
    assert told == run.tags
    return told


def test_runs_are_numbered_within_their_video(either: dg.DagsterInstance) -> None:
    runs = [add(either, dagster__partition=video) for video in (KICK, SNARE, KICK, KICK)]
    assert [run.tags[RUN_NUMBER] for run in runs] == ["1", "1", "2", "3"]
    assert [stored(either, run.run_id)[RUN_NUMBER] for run in runs] == ["1", "1", "2", "3"]
    assert [run.run_id for run in either.get_runs(dg.RunsFilter(tags={RUN_NUMBER: "3"}))] == [
        runs[3].run_id
    ]


def test_a_number_is_not_given_again(either: dg.DagsterInstance) -> None:
    add(either, dagster__partition=KICK)
    either.delete_run(add(either, dagster__partition=KICK).run_id)
    assert add(either, dagster__partition=KICK).tags[RUN_NUMBER] == "3"


def test_a_run_that_could_not_be_stored_took_no_number(either: dg.DagsterInstance) -> None:
    run = add(either, dagster__partition=KICK)
    with pytest.raises(DagsterRunAlreadyExists):
        either.run_storage.add_run(run)
    assert add(either, dagster__partition=KICK).tags[RUN_NUMBER] == "2"


def test_runs_from_before_there_were_numbers_are_counted(either: dg.DagsterInstance) -> None:
    old = add(either, dagster__partition=KICK)
    with either.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(KeyValueStoreTable.delete())
        body = serialize_value(old.with_tags({PARTITION: KICK}))
        connection.execute(RunsTable.update().values(run_body=body))
        connection.execute(RunTagsTable.delete().where(RunTagsTable.c.key == RUN_NUMBER))
    assert [add(either, dagster__partition=KICK).tags[RUN_NUMBER] for _ in "ab"] == ["2", "3"]


def test_what_is_of_no_single_video_has_a_trigger_and_no_number(either: dg.DagsterInstance) -> None:
    of_many = {"dagster/asset_partition_range_start": KICK, "dagster/asset_partition_range_end": SNARE}  # fmt: skip
    for tags in ({}, of_many):
        job = DEFS.resolve_implicit_global_asset_job_def()
        run = either.create_run_for_job(job, tags=tags)
        assert run.tags == {**tags, TRIGGER: "manual"}
        assert stored(either, run.run_id) == run.tags


def test_a_trigger_that_is_given_stays(either: dg.DagsterInstance) -> None:
    run = add(either, dagster__partition=KICK, chrysopedia__trigger="sensor")
    assert run.tags[TRIGGER] == "sensor"


def test_a_run_of_single_stages_is_told_from_one_of_all(either: dg.DagsterInstance) -> None:
    job = DEFS.resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(
        instance=either, partition_key=KICK, asset_selection=[dg.AssetKey("transcripts")]
    )
    assert stored(either, done.run_id)[TRIGGER] == "stage_rerun"
    assert done.dagster_run.tags[TRIGGER] == "stage_rerun"


def test_a_run_is_marked_with_the_process_that_begins_to_carry_it_out(
    either: dg.DagsterInstance,
) -> None:
    launched = add(either, dagster__partition=KICK)
    assert PROCESS not in stored(either, launched.run_id), "whoever stores a run need not run it"
    job = DEFS.resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(instance=either, partition_key=SNARE)
    assert stored(either, done.run_id)[PROCESS] == mark_of()


def test_a_run_that_is_tried_again_has_marks_of_its_own(either: dg.DagsterInstance) -> None:
    first = add(either, dagster__partition=KICK, chrysopedia__trigger="sensor")
    # As the web UI does it: the tags of the first are handed on, all of them.
    copied = {**first.tags, PROCESS: "elsewhere:1:1", CHOSEN: "true"}
    job = DEFS.resolve_implicit_global_asset_job_def()
    again = either.create_run_for_job(
        job, tags=copied, root_run_id=first.run_id, parent_run_id=first.run_id
    )
    assert stored(either, again.run_id) == {PARTITION: KICK, TRIGGER: "manual", RUN_NUMBER: "2"}


ADDS = """
import dagster as dg
from tests.store.test_run_marks import add, KICK
with dg.DagsterInstance.get() as instance:
    input()
    for _ in range(10):
        add(instance, dagster__partition=KICK)
"""


def test_two_processes_at_once_never_give_the_same_number(either: dg.DagsterInstance) -> None:
    both = [
        subprocess.Popen([sys.executable, "-c", ADDS], stdin=subprocess.PIPE, cwd=PROJECT, text=True)
        for _ in "ab"
    ]  # fmt: skip
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=120)
        assert process.returncode == 0
    runs = either.get_runs(dg.RunsFilter(tags={PARTITION: KICK}))
    assert sorted(int(run.tags[RUN_NUMBER]) for run in runs) == list(range(1, 21))
