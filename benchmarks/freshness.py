"""How long all verdicts on a library take, with their roots, beside Dagster's own resolver in the same run.

A real event log: one video goes through the graph, one stage of it twice, and its rows are copied for the others,
pointers and all, so that Dagster can read every one of them. Then one prompt is edited, which makes every stage that asks
or reads an answer out of date. Each look is a process of its own; Dagster's resolver is asked about a sample of the cells, and its time scaled.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.overhead import STAGE_COUNT, write_library
from benchmarks.report import Figure, arguments, print_figures
from resources.settings import PROJECT
from resources.store import tables as t
from resources.store.videos import LibraryVideo, list_videos
from tests.postgres.cluster import Cluster, start_cluster

SIZES = (500, 2_000, 5_000)
DATABASES = ("sqlite", "postgresql")
SAMPLE = 40
LOOKS = 3
SEGMENTS = 100
EDITED = "segmentation"
COPIES_AT_ONCE = 250
POINTER = "dagster/input_event_pointer/"
Measured = dict[str, float]


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--videos", type=int, nargs="+", default=SIZES, help="sizes of the library")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--measure", choices=list(MEASURES), help=SUPPRESS)  # in this process
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(MEASURES[given.measure](*given.videos[:1])))
        return
    wanted = DATABASES if given.database == "both" else (given.database,)
    with ExitStack() as stack:
        cluster = stack.enter_context(new_cluster()) if "postgresql" in wanted else None
        if "postgresql" in wanted and cluster is None:
            print("No PostgreSQL server programs here (Debian: postgresql).", file=sys.stderr)
        found = {
            (database, videos): _measured(videos, cluster if database == "postgresql" else None)
            for database in wanted
            if database == "sqlite" or cluster
            for videos in given.videos
        }
    print_figures(_figures(found), given.json)


def _figures(found: dict[tuple[str, int], Measured]) -> dict[str, Figure]:
    """One line for each size and database; above them, the worst of the largest size."""
    largest = max(videos for _, videos in found)
    worst = [measured for (_, videos), measured in found.items() if videos == largest]
    figures = {
        f"verdicts_{largest}_videos_s": Figure(
            max(m["look_s"] for m in worst), "s", f"median of {LOOKS}, the slower database"
        ),
        "ratio_to_dagster": Figure(
            max(m["look_s"] / m["dagster_s"] for m in worst),
            "ratio",
            f"our time over its, from {SAMPLE * STAGE_COUNT} cells scaled to {largest * STAGE_COUNT}",
        ),
        "mismatches_with_dagster": Figure(
            sum(m["mismatches"] for m in found.values()),
            "cells",
            f"of {sum(m['compared'] for m in found.values()):.0f} compared",
        ),
        "peak_mb": Figure(max(m["peak_mb"] for m in worst), "MB", "of the whole process"),
    }
    for (database, videos), m in found.items():
        figures |= {
            f"{database}_{videos}_s": Figure(
                m["look_s"], "s", f"{m['cpu_s']:.2f} s of it on its own CPU; {m['stale']:.0f} of {m['cells']:.0f} cells stale"
            ),
            f"{database}_{videos}_dagster_s": Figure(m["dagster_s"], "s", "scaled"),
            f"{database}_{videos}_peak_mb": Figure(m["peak_mb"], "MB"),
        }  # fmt: skip
    return figures


@contextmanager
def new_cluster() -> Iterator[Cluster | None]:
    with tempfile.TemporaryDirectory(prefix="chrysopedia-postgres-") as folder:
        cluster = start_cluster(Path(folder))
        yield cluster
        if cluster:
            cluster.stop()


def _measured(videos: int, cluster: Cluster | None) -> Measured:
    """Of a library of its own, filled for this."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PROJECT / "prompts", folder / "prompts")
        write_library(folder / "library", 1, SEGMENTS)
        environment = environment_of(folder, cluster)
        _in_own_process(environment, "fill", videos)
        edited = folder / "prompts" / EDITED / "system.md"
        edited.write_text(edited.read_text() + "\nBe brief.\n")
        looks = [_in_own_process(environment, "look", videos) for _ in range(LOOKS)]
        found = {name: statistics.median(look[name] for look in looks) for name in looks[0]}
        return found | _in_own_process(environment, "dagster", videos)


def environment_of(folder: Path, cluster: Cluster | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHRYSOPEDIA_")}
    url = cluster.new_database().render_as_string(hide_password=False) if cluster else ""
    return kept | {
        "CHRYSOPEDIA_DATABASE_URL": url,
        "CHRYSOPEDIA_DATA_DIR": str(folder / "data"),
        "CHRYSOPEDIA_LIBRARY": str(folder / "library"),
        "CHRYSOPEDIA_PROMPTS": str(folder / "prompts"),
        "CHRYSOPEDIA_TAXONOMY": str(folder / "prompts" / "taxonomy.toml"),
        "DAGSTER_HOME": str(PROJECT),
    }


def _in_own_process(environment: dict[str, str], what: str, videos: int) -> Measured:
    command = [sys.executable, "-m", "benchmarks.freshness", "--measure", what, "--videos", str(videos)]  # fmt: skip
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


# --- in processes of their own


def _look(videos: int) -> Measured:
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import look

    started, on_cpu = time.perf_counter(), time.process_time()
    found = look(event_log_on_disk(), open_database())
    look_s, cpu_s = time.perf_counter() - started, time.process_time() - on_cpu
    verdicts = [verdict for by_stage in found.verdicts.values() for verdict in by_stage.values()]
    assert len(verdicts) == videos * STAGE_COUNT
    stale = sum(1 for verdict in verdicts if verdict.roots)
    assert stale == videos * (STAGE_COUNT - 1), "all but the transcripts"
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "look_s": look_s,
        "cpu_s": cpu_s,
        "peak_mb": peak_mb,
        "stale": stale,
        "cells": len(verdicts),
    }


def _dagster(videos: int) -> Measured:
    """Its resolver on some videos from all over the library, and whether it says the same."""
    import dagster as dg

    from chrysopedia_assets.definitions import build_defs
    from resources.database import open_database
    from resources.freshness import look
    from resources.observations import event_log, observe_sources
    from resources.sources import read_sources
    from tests.verdicts import by_dagster, by_us

    with dg.DagsterInstance.get() as instance:
        observe_sources(instance, read_sources())
        ours = by_us(look(event_log(instance), open_database()).verdicts)
        video_ids = sorted({video_id for _, video_id in ours})
        sample = video_ids[:: max(videos // SAMPLE, 1)][:SAMPLE]
        graph = build_defs().resolve_asset_graph()
        started = time.perf_counter()
        theirs = by_dagster(graph, instance, sample)
        spent_s = time.perf_counter() - started
    mismatches = sum(1 for cell, verdict in theirs.items() if ours[cell] != verdict)
    return {
        "dagster_s": spent_s * videos / len(sample),
        "mismatches": mismatches,
        "compared": len(theirs),
    }


def _fill(videos: int) -> Measured:
    """One video through the graph, and its rows as often as there are to be videos."""
    import dagster as dg

    from chrysopedia_assets.automation.ingest import ingest
    from chrysopedia_assets.automation.process import QUIET, Order, Processor
    from chrysopedia_assets.definitions import build_defs
    from resources.clients import library
    from resources.database import open_database
    from resources.observations import event_log
    from resources.settings import settings

    with dg.DagsterInstance.get() as instance:
        files = library.look([settings().library_dir]).files
        ingest(files, open_database(), instance)
        [video_id] = instance.get_dynamic_partitions("videos")
        done = Processor(build_defs(), instance, open_database()).process(video_id, Order("manual"))
        assert done.failed is None, done
        again = (
            build_defs()
            .resolve_implicit_global_asset_job_def()
            .execute_in_process(
                instance=instance,
                partition_key=video_id,
                asset_selection=[dg.AssetKey("key_moments")],
                run_config=QUIET,
            )
        )  # what is below has read the result before
        assert again.success
        with open_database().writing(lock="benchmark") as connection:
            [entry] = list_videos(connection)
            copies = [copy_of(entry, number) for number in range(1, videos)]
            copy_records(connection, copies)
        instance.add_dynamic_partitions("videos", [copy.video.video_id for copy in copies])
        with event_log(instance)() as connection:
            _copy_events(connection, entry, copies)
    return {}


def copy_of(entry: LibraryVideo, number: int) -> LibraryVideo:
    video_id = f"{entry.video.video_id}-{number:05}"
    video = entry.video.model_copy(update={"video_id": video_id})
    return LibraryVideo(video, f"{number}", f"{number}", entry.source_stamp)


def _copy_events(
    connection: sa.Connection, entry: LibraryVideo, copies: list[LibraryVideo]
) -> None:
    metadata = sa.MetaData()
    events = sa.Table("event_logs", metadata, autoload_with=connection)
    tags = sa.Table("asset_event_tags", metadata, autoload_with=connection)
    kinds = ("ASSET_MATERIALIZATION", "ASSET_OBSERVATION")
    of_video = events.c.partition == entry.video.video_id
    query = sa.select(events).where(of_video, events.c.dagster_event_type.in_(kinds))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    ids = [row["id"] for row in rows]
    query = sa.select(tags).where(tags.c.event_id.in_(ids)).order_by(tags.c.id)
    tagged = [dict(row) for row in connection.execute(query).mappings()]
    for tag in tagged:
        del tag["id"]  # its own number
    last: Any = connection.scalar(sa.select(sa.func.max(events.c.id)))
    for at in range(0, len(copies), COPIES_AT_ONCE):
        new_rows, new_tags = [], []
        for copy in copies[at : at + COPIES_AT_ONCE]:
            new = {str(old): str(last + number) for number, old in enumerate(ids, start=1)}
            last += len(ids)
            video_id = copy.video.video_id
            for row in rows:
                told = row["event"].replace(f'"{entry.video.video_id}"', f'"{video_id}"')
                told = pointing(told.replace(entry.version, copy.version), new)
                new_id = int(new[str(row["id"])])
                new_rows.append(row | {"id": new_id, "partition": video_id, "event": told})
            for tag in tagged:
                value = tag["value"].replace(entry.version, copy.version)
                if tag["key"].startswith(POINTER):
                    value = new.get(value, value)
                new_tags.append(tag | {"event_id": int(new[str(tag["event_id"])]), "value": value})
        connection.execute(sa.insert(events), new_rows)
        connection.execute(sa.insert(tags), new_tags)
    if connection.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence("event_logs", "id")
        connection.execute(sa.select(sa.func.setval(sequence, last)))
        connection.execute(sa.text("ANALYZE"))  # what PostgreSQL does by itself within a minute
    connection.commit()


def pointing(event: str, new: dict[str, str]) -> str:
    """Pointers to the video's own events become those to the copy's; what is one for all stays."""
    told = json.loads(event)
    about = told["dagster_event"]["event_specific_data"]
    tags = (about.get("materialization") or about["asset_observation"])["tags"]
    for key, value in tags.items():
        if key.startswith(POINTER):
            tags[key] = new.get(value, value)
    return json.dumps(told)


def copy_records(connection: sa.Connection, copies: list[LibraryVideo]) -> None:
    """What a look reads of our tables."""
    [video] = connection.execute(sa.select(t.videos)).mappings()
    outputs = connection.execute(sa.select(t.stage_outputs)).mappings().all()
    for at in range(0, len(copies), COPIES_AT_ONCE):
        some = copies[at : at + COPIES_AT_ONCE]
        rows = [
            dict(video)
            | {
                "video_id": copy.video.video_id,
                "source_path": copy.source_path,
                "source_hash": copy.source_hash,
            }
            for copy in some
        ]
        made = [dict(row) | {"video_id": c.video.video_id} for row in outputs for c in some]
        connection.execute(sa.insert(t.videos), rows)
        connection.execute(sa.insert(t.stage_outputs), made)


MEASURES = {"fill": _fill, "look": _look, "dagster": _dagster}


if __name__ == "__main__":
    main()
