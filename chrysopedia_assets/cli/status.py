"""How each video stands. Answers before Dagster would be loaded, and writes nothing."""

from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.output import (
    Json,
    one_line,
    print_json,
    print_table,
    refuse,
    shown_time,
)
from chrysopedia_assets.models.runs import Run, VideoStanding, VideoState
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import look
from resources.video_states import failed, video_states


def status_command(
    state: Annotated[VideoState | None, typer.Option(help="Only videos in this state.")] = None,
    as_json: Json = False,
) -> None:
    """How each video stands: its state, what is stored, what has to run, what came of its last run."""
    database = open_database()
    everything = video_states(look(event_log_on_disk(), database), database)
    shown = [one for one in everything if state is None or one.state == state]
    if as_json:
        print_json([_as_dict(one) for one in shown])
        return
    empty = "No videos yet. Next: chrysopedia ingest PATH, or chrysopedia demo"
    print_table([_as_row(one) for one in shown], "No such video." if everything else empty)
    for one in failed(shown):
        refuse(in_words(one))


def in_words(standing: VideoStanding) -> str:
    """Where a video failed, why, and what to do."""
    at = f" at {standing.failed_at}" if standing.failed_at else ""
    video = standing.video_id
    return (
        f"{video} failed{at}: {one_line(standing.why)} "
        f"Next: chrysopedia process {video} (its runs: chrysopedia runs {video})"
    )


def _as_dict(standing: VideoStanding) -> dict[str, Any]:
    return {
        "video": standing.video_id,
        "creator": standing.creator,
        "state": standing.state,
        **standing.stored,
        "to_run": list(standing.to_run),
        "last_run": standing.last_run and _run(standing.last_run),
    }


def _as_row(standing: VideoStanding) -> dict[str, Any]:
    run = standing.last_run
    return {
        "video": standing.video_id,
        "creator": standing.creator,
        "state": standing.state,
        **standing.stored,
        "last_run": run and f"{shown_time(run.started_at or run.created_at, 'minutes')} {run.trigger}",
        "came_of_it": run and run.state,
        "to_run": ", ".join(standing.to_run),
    }  # fmt: skip


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.name,
        "run_id": run.run_id,
        "trigger": run.trigger,
        "state": run.state,
        "at": (run.started_at or run.created_at).isoformat(),
        "failed_at": run.failure.stage if run.failure else None,
        "why": run.failure.reason if run.failure else None,
    }
