"""Dagster's SQLite files kept open: the same events in the same tables as by Dagster's own classes, and none lost.

Whatever Dagster's release may change in the private methods that are overridden has to show here.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import AssetObservationData, DagsterEvent, DagsterEventType
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage

from resources.dagster_sqlite import (
    OPEN_RUNS,
    OpenEventLogStorage,
    OpenRunStorage,
    OpenSqliteStorage,
    QuickScheduleStorage,
)
from resources.provenance import IndexesProvenance
from resources.settings import PROJECT, settings

RUN = "6c25d2dc-2b4c-4d0b-8a2c-3e5c5a3c1f00"
SOON_S = 30
OWN_CLOCK = {"create_timestamp", "migration_completed"}
VIDEOS = dg.DynamicPartitionsDefinition(name="videos")
KEY = dg.AssetKey("seen")


@dg.asset(partitions_def=VIDEOS, pool="engine")
def heard(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    context.log.info("listening")
    return dg.MaterializeResult(data_version=dg.DataVersion(f"{context.partition_key} 1"))


@dg.asset(
    partitions_def=VIDEOS,
    deps=[heard],
    check_specs=[dg.AssetCheckSpec("whole", asset="understood")],
)
def understood(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    context.log_event(dg.AssetObservation("prompt", tags={"dagster/data_version": "abc"}))
    if context.partition_key == "bad":
        raise ValueError("nothing was understood")
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


def run(instance: dg.DagsterInstance, video: str, run_id: str | None = None) -> str:
    instance.add_dynamic_partitions("videos", [video])
    done = (
        dg.Definitions([heard, understood])
        .resolve_implicit_global_asset_job_def()
        .execute_in_process(
            instance=instance,
            partition_key=video,
            raise_on_error=False,
            run_id=run_id,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    )
    assert done.success == (video != "bad")
    return done.run_id


def seen(run_id: str, number: int) -> dg.EventLogEntry:
    """An event that goes into the run's file and into the index."""
    observed = dg.AssetObservation(KEY, partition=str(number), tags={"number": str(number)})
    return dg.EventLogEntry(
        error_info=None,
        level=20,
        user_message="",
        run_id=run_id,
        timestamp=1e9 + number,
        step_key="seen",
        job_name="watching",
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_OBSERVATION.value,
            job_name="watching",
            step_key="seen",
            event_specific_data=AssetObservationData(observed),
        ),
    )


def numbers(log: SqliteEventLogStorage, run_id: str) -> list[int]:
    return [number_of(entry) for entry in log.get_logs_for_run(run_id)]


def number_of(entry: dg.EventLogEntry) -> int:
    return int(str(entry.get_dagster_event().partition))


def in_index(folder: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(folder / "index.db")) as index:
        rows = index.execute("SELECT run_id, partition FROM event_logs ORDER BY id").fetchall()
    return [(run_id, int(partition)) for run_id, partition in rows]


def not_ours(tags: Mapping[str, str]) -> dict[str, str]:
    """Of a run's tags; how runs are marked has tests of its own."""
    return {name: value for name, value in tags.items() if not name.startswith("chrysopedia/")}


def tables_of(file: Path) -> dict[str, Any]:
    """Schema and every row of every table, but for what the database stamps with its own clock."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        made = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
        found: dict[str, Any] = {"schema": sorted(tuple(row) for row in made)}
        for name in [row["name"] for row in made if row["type"] == "table"]:
            rows = connection.execute(f"SELECT * FROM {name}").fetchall()
            found[name] = [{k: row[k] for k in row.keys() if k not in OWN_CLOCK} for row in rows]  # noqa: SIM118
    return found


@contextmanager
def event_log(folder: Path) -> Iterator[OpenEventLogStorage]:
    log = OpenEventLogStorage(str(folder))
    yield log
    log.dispose()


def write(folder: str, runs: int, first: int, count: int) -> None:
    """In a process of its own: number after number, each to the next of the runs, and told once it is stored."""
    log = OpenEventLogStorage(folder)
    for number in range(first, first + count):
        log.store_event(seen(f"run-{number % runs}", number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def writer(folder: Path, runs: int, first: int, count: int) -> subprocess.Popen[str]:
    program = (
        "from tests.store.test_dagster_sqlite import write\n"
        f"write({str(folder)!r}, {runs}, {first}, {count})"
    )
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> Iterator[int]:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            yield int(line)


def until(what: Any) -> None:
    ends = time.monotonic() + SOON_S
    while not what() and time.monotonic() < ends:
        time.sleep(0.05)
    assert what()


def test_the_project_s_storage_is_these_classes(instance: dg.DagsterInstance) -> None:
    # also through the reference with which other processes open it
    with dg.DagsterInstance.from_ref(instance.get_ref()) as again:
        for found in (instance, again):
            assert isinstance(found.event_log_storage, OpenEventLogStorage)
            assert isinstance(found.run_storage, OpenRunStorage)
            assert isinstance(found.schedule_storage, QuickScheduleStorage)


class DagstersWithProvenance(IndexesProvenance, SqliteEventLogStorage):
    """Opens files as Dagster does."""


def test_the_same_events_make_the_same_tables_as_by_dagster(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    entries = [
        entry for video in ("good", "bad") for entry in instance.all_logs(run(instance, video))
    ]
    instance.report_runless_asset_event(dg.AssetObservation("prompt"))
    entries += instance.all_logs("")
    types = {entry.dagster_event_type for entry in entries}
    assert {*(DagsterEventType.ASSET_CHECK_EVALUATION, DagsterEventType.RUN_FAILURE)} < types
    dagsters, ours = DagstersWithProvenance(str(tmp_path / "a")), tmp_path / "b"
    with event_log(ours) as log:
        for entry in entries:
            dagsters.store_event(entry)
            log.store_event(entry)
        for file in [*(tmp_path / "a").glob("*.db"), tmp_path / "a" / ".db"]:
            assert tables_of(ours / file.name) == tables_of(file)


@pytest.mark.parametrize("video", ["good", "bad"])
def test_a_run_leaves_the_same_record_as_by_dagster(
    instance: dg.DagsterInstance, tmp_path: Path, video: str
) -> None:
    def record(of: dg.DagsterInstance) -> list[object]:
        events = [
            entry.get_dagster_event() if entry.is_dagster_event else None
            for entry in of.all_logs(RUN)
        ]
        found = of.get_run_by_id(RUN)
        assert found is not None
        status = of.fetch_run_status_changes(DagsterEventType.RUN_START, limit=9).records
        return [
            *[(e and (e.event_type, e.step_key, e.asset_key, e.partition)) for e in events],
            (found.status, not_ours(found.tags), len(status)),
            of.get_latest_storage_id_by_partition(heard.key, DagsterEventType.ASSET_MATERIALIZATION),
        ]  # fmt: skip

    home = tmp_path / "dagster"
    home.mkdir()
    quiet = "telemetry: {enabled: false}\n"
    (home / "dagster.yaml").write_text(
        f"{quiet}concurrency: {{pools: {{granularity: op, default_limit: 16}}}}"
    )
    with dg.DagsterInstance.from_config(str(home)) as dagsters:
        assert type(dagsters.event_log_storage) is SqliteEventLogStorage
        run(dagsters, video, RUN)
        run(instance, video, RUN)
        assert record(instance) == record(dagsters)


def test_a_run_opens_nothing_in_dagster_s_own_way(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*given: object, **named: object) -> None:
        raise AssertionError("the slow way")

    for module in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
        monkeypatch.setattr(module, "create_engine", forbidden)
        monkeypatch.setattr(module, "check_alembic_revision", forbidden)
    run(instance, "good")
    with (
        dg.DagsterInstance.get() as again
    ):  # and what is there is opened without reading migrations
        assert again.get_runs_count() == 1


def test_every_file_has_a_write_ahead_log(instance: dg.DagsterInstance) -> None:
    run(instance, "good")
    files = list(settings().dagster_dir.rglob("*.db"))
    assert len(files) == 4  # runs, schedules, index, one run
    for file in files:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_dagster_s_own_classes_began_is_continued_and_the_other_way_round(
    own_world: Path,
) -> None:
    folder = str(own_world / "dagster")
    for number, storage in enumerate([DagsterSqliteStorage, OpenSqliteStorage] * 2):
        opened = storage.from_local(folder)
        log, runs = opened.event_log_storage, opened.run_storage
        assert isinstance(log, SqliteEventLogStorage) and isinstance(runs, SqliteRunStorage)
        log.store_event(seen(RUN, number))
        log.add_dynamic_partitions("videos", [str(number)])
        runs.add_run(dg.DagsterRun(job_name="watching", run_id=f"{RUN[:-1]}{number}"))
        assert numbers(log, RUN) == list(range(number + 1))
        assert len(log.get_dynamic_partitions("videos")) == runs.get_runs_count() == number + 1
        opened.dispose()


def test_two_processes_that_write_at_once_lose_nothing(own_world: Path) -> None:
    with event_log(own_world):
        pass  # made by one, as the project's storage sees to with a lock
    writers = [writer(own_world, runs=3, first=first, count=60) for first in (0, 1000)]
    for process in writers:
        assert len(list(told(process))) == 60 and process.wait() == 0
    every = [*range(60), *range(1000, 1060)]
    with event_log(own_world) as log:
        stored = [(f"run-{n}", number) for n in range(3) for number in numbers(log, f"run-{n}")]
    assert sorted(number for _, number in stored) == every
    for events in (stored, in_index(own_world)):  # none twice, and each writer's in its order
        for first in (0, 1000):
            mine = [event for event in events if first <= event[1] < first + 60]
            assert sorted(mine) == sorted((f"run-{n % 3}", n) for n in range(first, first + 60))
            assert all(
                sorted(m) == m
                for r in range(3)
                if (m := [n for run_id, n in mine if run_id == f"run-{r}"])
            )


@pytest.mark.parametrize("runs", [1, 10_000], ids=["in one run", "each in a new run"])
def test_killed_at_any_moment_what_was_stored_can_be_read(own_world: Path, runs: int) -> None:
    known: list[int] = []
    for attempt in range(3):
        process = writer(own_world, runs, first=attempt * 1000, count=1000)
        for number in told(process):
            known.append(number)
            if number % 1000 == 7 * attempt + 5:
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        dagsters = SqliteEventLogStorage(str(own_world))
        run_ids = sorted(file.stem for file in own_world.glob("run-*.db"))
        stored = sorted(number for run_id in run_ids for number in numbers(dagsters, run_id))
        assert set(stored) >= set(known) and len(set(stored)) == len(stored)
        assert {number for _, number in in_index(own_world)} >= set(known)
        for file in own_world.glob("*.db"):
            with closing(sqlite3.connect(file)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_another_process_sees_each_event_as_soon_as_it_is_stored(own_world: Path) -> None:
    with event_log(own_world) as reader:
        stored = 0
        for number in told(process := writer(own_world, runs=1, first=0, count=40)):
            assert len(numbers(reader, "run-0")) > stored
            stored = number
        assert process.wait() == 0 and numbers(reader, "run-0") == list(range(40))


def test_the_web_page_is_told_of_events_while_the_run_goes_on(own_world: Path) -> None:
    heard_of: list[int] = []
    with event_log(own_world) as run_s_own, event_log(own_world) as web_server_s:
        run_s_own.store_event(seen(RUN, 0))
        web_server_s.watch(RUN, None, lambda entry, cursor: heard_of.append(number_of(entry)))
        for number in (1, 2):
            run_s_own.store_event(seen(RUN, number))  # and the file stays open
            until(lambda to=number: heard_of == list(range(to + 1)))


def test_runs_in_threads_of_one_process_neither_fail_nor_wait_for_ever(own_world: Path) -> None:
    """In a process of its own: threads that wait for each other cannot be ended."""
    settings = (PROJECT / "dagster.yaml").read_text()
    if "ProjectInstance" not in settings:
        settings += "\ninstance_class: {module: resources.dagster_home, class: ProjectInstance}\n"
    (own_world / "dagster.yaml").write_text(settings)
    program = """if True:
        from tests.store.test_dagster_sqlite import *
        with dg.DagsterInstance.get() as instance, ThreadPoolExecutor(4) as pool:
            run_ids = list(pool.map(lambda n: run(instance, f"video-{n}"), range(12)))
            logs = [instance.all_logs(run_id) for run_id in run_ids]
            assert len({tuple(str(entry.dagster_event_type) for entry in log) for log in logs}) == 1
            assert instance.get_runs_count() == len(set(run_ids)) == 12
            assert len(instance.fetch_materializations(understood.key, limit=99).records) == 12
    """
    environment = os.environ | {"DAGSTER_HOME": str(own_world)}
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=120)


def test_threads_never_hold_the_same_connection(own_world: Path) -> None:
    runs = OpenRunStorage.from_local(str(own_world))
    both = threading.Barrier(2, timeout=SOON_S)

    def connection_used() -> int:
        with runs.connect() as connection:
            both.wait()  # two are inside
            return id(connection.connection.driver_connection)

    with ThreadPoolExecutor(2) as pool:
        assert len({f.result() for f in [pool.submit(connection_used) for _ in range(2)]}) == 2
    runs.dispose()


def test_a_forked_child_uses_connections_of_its_own(own_world: Path) -> None:
    program = f"""if True:
        import os
        from tests.store.test_dagster_sqlite import OpenEventLogStorage, numbers, seen
        log = OpenEventLogStorage({str(own_world)!r})
        log.store_event(seen("run", 0))
        of_parent = log._index()
        if os.fork() == 0:
            log.store_event(seen("run", 1))
            assert log._index() is not of_parent
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
        log.store_event(seen("run", 2))
        assert numbers(log, "run") == [0, 1, 2]
    """
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True, timeout=120)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no list of open files here")
def test_files_of_many_runs_do_not_stay_open(own_world: Path) -> None:
    with event_log(own_world) as log:
        before = open_files()
        for number in range(500):
            log.store_event(seen(f"run-{number}", number))
        assert open_files() - before <= 3 * (OPEN_RUNS + 1)
        assert numbers(log, "run-0") == [0]  # opened again
    assert open_files() <= before


def test_a_wiped_log_begins_anew(own_world: Path) -> None:
    with event_log(own_world) as log:
        log.store_event(seen(RUN, 0))
        log.wipe()
        assert in_index(own_world) == [] and not (own_world / f"{RUN}.db").exists()
        log.store_event(seen(RUN, 1))
        assert numbers(log, RUN) == [1]
