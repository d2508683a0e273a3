"""How long the commands take that say what ran, how videos stand and what it cost: whole processes, start included.

A real record: one video goes through the graph once, and fails once, and its rows are copied for other videos and runs:
runs and their tags, events with their tags and pointers, results, and calls of a model. Each command is run several times.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from argparse import SUPPRESS
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.freshness import (
    COPIES_AT_ONCE,
    DATABASES,
    POINTER,
    copy_of,
    copy_records,
    environment_of,
    new_cluster,
    pointing,
)
from benchmarks.overhead import write_library
from benchmarks.report import Figure, arguments, print_figures
from resources.settings import PROJECT
from resources.store import tables as t
from resources.store.videos import LibraryVideo, list_videos

VIDEOS, RUNS = 500, 20
SEGMENTS = 100
CALLS = 6
TIMES = 5
FAILS_EVERY = 10
"""One run in so many, of the older ones and of the newest alike."""
REPLY = "x" * 1_000
CHRYSOPEDIA = Path(sys.executable).with_name("chrysopedia")


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each video")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--fill", action="store_true", help=SUPPRESS)  # in this process
    given = parser.parse_args()
    if given.fill:
        _fill(given.videos, given.runs)
        return
    wanted = DATABASES if given.database == "both" else (given.database,)
    figures: dict[str, Figure] = {}
    with ExitStack() as stack:
        for database in wanted:
            server = stack.enter_context(new_cluster()) if database == "postgresql" else None
            if database == "postgresql" and server is None:
                print("No PostgreSQL server programs here (Debian: postgresql).", file=sys.stderr)
                continue
            for name, seconds in _measured(given.videos, given.runs, server).items():
                figures[f"{database}_{name}"] = Figure(seconds, "s", f"median of {TIMES}")
    names = dict.fromkeys(name.split("_", 1)[1] for name in figures)
    worst = {
        name: Figure(
            max(figures[f].value for f in figures if f.endswith(f"_{name}")), "s", "the slower one"
        )
        for name in names
    }
    print_figures(worst | figures, given.json)


def _measured(videos: int, runs: int, server: Any) -> dict[str, float]:
    """Of a library of its own, filled for this."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PROJECT / "prompts", folder / "prompts")
        write_library(folder / "library", 1, SEGMENTS)
        own = environment_of(folder, server)
        fill = [sys.executable, "-m", "benchmarks.inside", "--fill"]
        sizes = ["--videos", str(videos), "--runs", str(runs)]
        filled = subprocess.run([*fill, *sizes], env=own, check=True, stdout=subprocess.PIPE)
        video = filled.stdout.decode().split()[-1]
        commands = {
            "runs_s": ["runs"],
            "runs_of_video_s": ["runs", video],
            "status_s": ["status"],
            "costs_s": ["costs"],
        }
        return {name: _seconds(command, own) for name, command in commands.items()}


def _seconds(command: Sequence[str], own: dict[str, str]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        subprocess.run([CHRYSOPEDIA, *command], env=own, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


# --- in a process of its own


def _fill(videos: int, runs: int) -> None:
    """One video is really run, and its rows are written as often as there are to be runs."""
    import dagster as dg

    from chrysopedia_assets.automation.ingest import ingest
    from chrysopedia_assets.automation.process import Order, Processor
    from chrysopedia_assets.definitions import build_defs
    from chrysopedia_assets.engines.extractive import ExtractiveEngine
    from resources.clients import library
    from resources.clients.taxonomy import read_taxonomy
    from resources.database import open_database
    from resources.observations import event_log
    from resources.settings import settings

    class Fails(ExtractiveEngine):
        def __call__(self, questions: Any) -> Any:
            raise RuntimeError("the engine broke down")

    with dg.DagsterInstance.get() as instance:
        ingest(library.look([settings().library_dir]).files, open_database(), instance)
        [video_id] = instance.get_dynamic_partitions("videos")
        broken = build_defs(engine=Fails(read_taxonomy(settings().taxonomy_file)))
        fails, works = Order("manual", first=("topic_chunks",)), Order("manual")
        for defs, order in ((broken, fails), (build_defs(), works)):
            Processor(defs, instance, open_database()).process(video_id, order)
        good, bad = (run.run_id for run in instance.get_runs(limit=2))
        with open_database().writing(lock="benchmark") as connection:
            [entry] = list_videos(connection)
            copies = [copy_of(entry, number) for number in range(1, videos)]
            copy_records(connection, copies)
        instance.add_dynamic_partitions("videos", [copy.video.video_id for copy in copies])
        everything = [entry, *copies]
        planned = [
            (one, str(uuid.uuid4()), number + at + 2, (number * videos + at) % FAILS_EVERY == 0)
            for number in range(runs)
            for at, one in enumerate(everything)
        ]
        with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
            _copy_runs(connection, entry, {False: good, True: bad}, planned)
        with event_log(instance)() as connection:
            _copy_events(connection, entry, {False: good, True: bad}, planned)
        with open_database().writing(lock="benchmark") as connection:
            _make_calls(connection, planned)
    _copy_logs(settings().dagster_dir / "history" / "runs", {False: good, True: bad}, planned)
    print(copies[-1].video.video_id)


Planned = Sequence[tuple[LibraryVideo, str, int, bool]]
"""Video, id, number and whether it is to fail, of each run that is to be written."""


def _copy_runs(
    connection: sa.Connection, entry: LibraryVideo, models: dict[bool, str], planned: Planned
) -> None:
    metadata = sa.MetaData()
    runs = sa.Table("runs", metadata, autoload_with=connection, resolve_fks=False)
    tags = sa.Table("run_tags", metadata, autoload_with=connection, resolve_fks=False)
    rows, tagged = {}, {}
    for failed, run_id in models.items():
        row = dict(connection.execute(sa.select(runs).where(runs.c.run_id == run_id)).mappings().one())  # fmt: skip
        del row["id"]
        rows[failed] = row
        found = connection.execute(sa.select(tags.c.key, tags.c.value).where(tags.c.run_id == run_id))  # fmt: skip
        tagged[failed] = {key: value for key, value in found}
    for some in _batches(planned):
        new_rows, new_tags = [], []
        for one, run_id, number, failed in some:
            video_id = one.video.video_id
            body = rows[failed]["run_body"].replace(models[failed], run_id)
            body = body.replace(f'"{entry.video.video_id}"', f'"{video_id}"')
            new_rows.append(rows[failed] | {"run_id": run_id, "partition": video_id, "run_body": body})  # fmt: skip
            own = tagged[failed] | {"dagster/partition": video_id, "chrysopedia/run": str(number)}
            new_tags += [{"run_id": run_id, "key": k, "value": v} for k, v in own.items()]
        connection.execute(sa.insert(runs), new_rows)
        connection.execute(sa.insert(tags), new_tags)


def _copy_events(
    connection: sa.Connection, entry: LibraryVideo, models: dict[bool, str], planned: Planned
) -> None:
    """Of each run what its model's are; results of a run point at each other, as they did."""
    metadata = sa.MetaData()
    events = sa.Table("event_logs", metadata, autoload_with=connection)
    tags = sa.Table("asset_event_tags", metadata, autoload_with=connection)
    of_file = sa.and_(events.c.partition == entry.video.video_id, events.c.dagster_event_type == "ASSET_OBSERVATION")  # fmt: skip
    shared = _rows(connection, events, tags, of_file)
    of_run = {f: _rows(connection, events, tags, events.c.run_id == r) for f, r in models.items()}
    last: Any = connection.scalar(sa.select(sa.func.max(events.c.id)))
    files: dict[str, dict[str, str]] = {}
    for some in _batches(planned):
        new_rows, new_tags = [], []
        for one, run_id, _, failed in some:
            video_id, first = one.video.video_id, one.video.video_id not in files
            copied = of_run[failed] if not first or one is entry else [*shared, *of_run[failed]]
            new = dict(files.setdefault(video_id, {}))
            for row, _told in copied:
                last += 1
                new[str(row["id"])] = str(last)
            files[video_id] |= {str(row["id"]): new[str(row["id"])] for row, _ in shared if first and one is not entry}  # fmt: skip
            for row, told in copied:
                text = row["event"].replace(f'"{entry.video.video_id}"', f'"{video_id}"')
                text = text.replace(entry.version, one.version).replace(models[failed], run_id)
                if told:
                    text = pointing(text, new)
                own = {"id": int(new[str(row["id"])]), "event": text}
                own |= {"partition": row["partition"] and video_id, "run_id": row["run_id"] and run_id}  # fmt: skip
                new_rows.append(row | own)
                for tag in told:
                    value = tag["value"].replace(entry.version, one.version)
                    value = new.get(value, value) if tag["key"].startswith(POINTER) else value
                    new_tags.append(tag | {"event_id": own["id"], "value": value})
        connection.execute(sa.insert(events), new_rows)
        connection.execute(sa.insert(tags), new_tags)
    if connection.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence("event_logs", "id")
        connection.execute(sa.select(sa.func.setval(sequence, last)))
        connection.execute(sa.text("ANALYZE"))  # what PostgreSQL does by itself within a minute
    connection.commit()


def _rows(
    connection: sa.Connection, events: sa.Table, tags: sa.Table, which: sa.ColumnElement[bool]
) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Events with their tags; those of the run's state have none."""
    found = []
    for row in connection.execute(sa.select(events).where(which).order_by(events.c.id)).mappings():
        told = connection.execute(sa.select(tags).where(tags.c.event_id == row["id"])).mappings()
        found.append((dict(row), [{k: v for k, v in tag.items() if k != "id"} for tag in told]))
    return found


def _make_calls(connection: sa.Connection, planned: Planned) -> None:
    began = datetime.now(UTC) - timedelta(days=200)
    row: dict[str, Any] = {
        "task": "synthesis", "subject": "group g1", "prompt_version": "0123456789abcdef", "endpoint": "host/v1",
        "model": "model-1", "reply_format": "json_schema", "budget_field": "max_tokens", "takes_temperature": True,
        "tried": 1, "outcome": "ok", "latency_s": 2.5, "tokens_in": 4_000, "tokens_out": 900, "tokens_cached": 1_000,
        "cost_usd": 0.003, "reply": REPLY, "finish_reason": "stop",
    }  # fmt: skip
    for some in _batches(list(enumerate(planned))):
        rows = [
            row
            | {
                "content_key": f"{run_id}-{call}",
                "run_id": run_id,
                "video_id": one.video.video_id,
                "started_at": began + timedelta(minutes=20 * number + call),
            }
            for number, (one, run_id, _, _failed) in some
            for call in range(CALLS)
        ]
        connection.execute(sa.insert(t.llm_calls), rows)


def _copy_logs(folder: Path, models: dict[bool, str], planned: Planned) -> None:
    """On SQLite a run has a file of its own; only those that are looked at are written: the newest, and one video's."""
    if not (folder / f"{models[False]}.db").exists():
        return
    import sqlite3

    last = planned[-1][0]
    shown = [one for one in planned if one[0] is last] + list(planned[-RUNS:])
    for _, run_id, _, failed in shown:
        model = sqlite3.connect(folder / f"{models[failed]}.db")
        with closing(model), closing(sqlite3.connect(folder / f"{run_id}.db")) as log:
            model.backup(log)
            log.execute("UPDATE event_logs SET run_id = ?", (run_id,))
            log.commit()


def _batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + COPIES_AT_ONCE] for at in range(0, len(values), COPIES_AT_ONCE))


if __name__ == "__main__":
    main()
