"""Commands on the library: take files in, bring videos up to date."""

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from chrysopedia_assets.cli.output import (
    Json,
    plain,
    print_json,
    refuse,
    results,
    unknown,
)
from chrysopedia_assets.cli.running import processor, progress_bar, stage_progress
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.plan import is_unfinished, next_stages
from chrysopedia_assets.models.records import STAGES
from resources.clients.library import Look, look, settled
from resources.settings import settings

NOTES = ("chapters_left_out", "not_heard")
"""Of an ingest, what is told beside what became of the files."""


def ingest_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Libraries (<library>/<Creator>/<file>) or single files; default: CHRYSOPEDIA_LIBRARY."
        ),
    ] = None,
    creator: Annotated[
        str | None,
        typer.Option(help="The creator of everything given, instead of the folder's name."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take transcripts and media files into the library. Nothing is processed yet."""
    report = ingest(look_twice(paths or [settings().library_dir], creator))
    if as_json:
        print_json(report)
    else:
        print_ingest(report)
    raise typer.Exit(1 if report["refused"] else 0)


def look_twice(paths: Sequence[Path], creator: str | None = None) -> Look:
    """The files at the paths, less those that are still being written."""
    find = partial(look, paths, creator, library=settings().library_dir)
    return settled(find(), find)


def ingest(seen: Look) -> dict[str, list[Any]]:
    """Take the files in, with progress; what became of each, in plain words."""
    import dagster as dg

    from chrysopedia_assets.automation.ingest import ingest as take_in
    from resources.database import open_database

    with progress_bar() as bar, dg.DagsterInstance.get() as instance:
        task = bar.add_task("", total=len(seen.files), what="reading files")
        report = take_in(
            seen.files, open_database(), instance, progress=partial(_tell_reading, bar, task)
        )
    plan = report.plan
    kinds = {
        "new": plan.new,
        "changed": plan.changed,
        "moved": plan.moved,
        "unchanged": plan.unchanged,
    }
    told: dict[str, list[Any]] = {
        kind: [entry.video.video_id for entry in entries] for kind, entries in kinds.items()
    }
    told["duplicates"] = [{"path": path, "video_id": video} for path, video in plan.duplicates]
    told["refused"] = [
        {"where": error.where, "what": error.what, "cure": error.cure}
        for error in (*seen.refused, *(error for _, error in report.refused))
    ]
    told["chapters_left_out"] = [
        {"where": path, "what": what} for path, what in report.chapters_left_out
    ]
    told["not_heard"] = [
        {"media": media, "transcript": transcript} for media, transcript in report.not_heard
    ]
    return told


def _tell_reading(bar: Progress, task: TaskID, path: Path, share: float) -> None:
    """A step for each file; the share is of a large one."""
    read = f", {share:.0%}" if share else ""
    bar.update(task, advance=0 if share else 1, what=f"reading {plain(path.name)}{read}")


def print_ingest(report: dict[str, list[Any]]) -> None:
    for kind in ("new", "changed", "moved"):
        for video_id in report[kind]:
            results.print(f"{kind:10} {video_id}", markup=False, highlight=False, soft_wrap=True)
    for copy in report["duplicates"]:
        results.print(
            f"copy       {copy['path']} is {copy['video_id']}", markup=False, soft_wrap=True
        )
    for error in report["refused"]:
        refuse(f"refused    {error['where']}: {error['what']}. {error['cure']}")
    for note in report["chapters_left_out"]:
        refuse(f"chapters   {note['where']}: {note['what']}")
    for pair in report["not_heard"]:
        told = f"transcript {pair['transcript']} counts, so {pair['media']} is not transcribed"
        results.print(told, markup=False, highlight=False, soft_wrap=True)
    counts = ", ".join(
        f"{len(entries)} {kind}" for kind, entries in report.items() if kind not in NOTES
    )
    results.print(counts, highlight=False)
    if report["new"] or report["changed"]:
        results.print("Next: chrysopedia process")


def process_command(
    videos: Annotated[list[str] | None, typer.Argument(help="Video ids; default: all.")] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Make everything of the named videos anew, and pay for every reply again.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the stages that need it, from file to technique pages: of the named videos whatever is out of date, else of
    all those that are not complete. What is complete and only out of date is for `chrysopedia refresh`.
    """
    if fresh and not videos:
        raise ConfigurationError("--fresh makes everything anew", cure="Name the videos it is for.")
    try:
        done = process(known_videos(videos), fresh=fresh, unfinished_only=not videos)
    except KeyboardInterrupt:
        refuse("Stopped. What was finished is stored; go on with: chrysopedia process")
        raise
    if as_json:
        print_json(done)
    else:
        print_processed(done)
    raise typer.Exit(1 if any(row["error"] for row in done) else 0)


def process(
    video_ids: Sequence[str], *, fresh: bool = False, unfinished_only: bool = False
) -> list[dict[str, Any]]:
    """Process the videos, with progress; a row for each, in their order.

    `unfinished_only` leaves those that are complete and only out of date: making them anew may cost money.

    Raises ConfigurationError when one fails for a reason that all would share; those before it are told about.
    """
    from resources.engine import engine
    from resources.read_ahead import read_ahead
    from resources.sources import read_sources

    read_sources().check()  # what is wrong for all is said once, before any run
    engine()
    run_ids = {} if fresh else read_ahead(video_ids)

    from chrysopedia_assets.automation.process import Order, Processed
    from chrysopedia_assets.automation.workers import process_many

    order = Order("clean_reprocess", first=STAGES, fresh=True) if fresh else Order("manual")
    found = {}
    with processor() as ours:
        verdicts = ours.staleness.look(video_ids).verdicts
        is_due = is_unfinished if unfinished_only else next_stages
        todo = [video_id for video_id in video_ids if fresh or is_due(verdicts[video_id])]
        with (
            stage_progress(len(todo) * len(STAGES), "processing") as progress,
            closing(
                process_many(ours, todo, order, run_ids=run_ids, on_stage=progress.on_stage)
            ) as each,
        ):
            for done in each:
                found[done.video_id] = done
                progress.on_video(done, len(STAGES))
    stale = [v for v in video_ids if v not in todo and next_stages(verdicts[v])]
    if stale:
        refuse(f"{len(stale)} videos are complete and out of date: chrysopedia stale, then refresh")
    rows = [found.get(v, Processed(v, ran=())).as_row() for v in video_ids if v not in stale]
    if wrong := [done.failed for done in found.values() if done.failed and done.failed.for_all]:
        print_processed([row for row in rows if row["ran"]])
        undone = [v for v in todo if v not in found or found[v].failed]
        refuse(f"{len(undone)} videos are left undone: {', '.join(undone)}")
        raise ConfigurationError(
            f"{wrong[0].message} Nothing more was tried",
            cure="Then go on with: chrysopedia process",
        )
    return rows


def print_row(row: dict[str, Any]) -> None:
    """What became of one video."""
    if row["left_to"]:
        refuse(f"{row['video']}: left to {row['left_to']}")
    elif row["error"]:
        where = f" at {row['failed_at']}" if row["failed_at"] else ""
        refuse(f"{row['video']} failed{where}: {row['error']}")
    elif row["ran"]:
        results.print(f"{row['video']}: {', '.join(row['ran'])}", highlight=False, soft_wrap=True)


def print_processed(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        print_row(row)
    worked = sum(1 for row in rows if row["ran"] and not row["error"])
    failed = sum(1 for row in rows if row["error"])
    busy = sum(1 for row in rows if row["left_to"])
    elsewhere = f", {busy} in other hands" if busy else ""
    results.print(
        f"{worked} brought up to date, {len(rows) - worked - failed - busy} already were, {failed} failed{elsewhere}.",
        highlight=False,
    )


def known_videos(asked: Sequence[str] | None) -> list[str]:
    from resources.database import open_database
    from resources.store.videos import list_videos

    with open_database().reading() as connection:
        known = [entry.video.video_id for entry in list_videos(connection)]
    if not asked:
        return known
    for video_id in asked:
        if video_id not in known:
            raise unknown("video", video_id, known, "chrysopedia status")
    return list(dict.fromkeys(asked))
