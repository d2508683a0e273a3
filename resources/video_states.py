"""How every video stands: what is stored of it, what has to run, and what came of its last run.

The same for the commands, the check in the web UI and whoever else asks. Needs no Dagster, and writes nothing.
"""

from collections.abc import Collection, Sequence

from chrysopedia_assets.freshness.plan import next_stages
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import Run, RunState, VideoStanding, VideoState
from resources.event_log import run_tables_on_disk
from resources.freshness import Look
from resources.store.dagster_runs import newest_runs, unfinished_runs
from resources.store.database import Database
from resources.store.pages import count_stored

NOTHING = {"stages": 0, "chunks": 0, "moments": 0, "pages": 0}


def video_states(found: Look, database: Database) -> list[VideoStanding]:
    """Of all videos that were looked at, in order of their ids."""
    tables = run_tables_on_disk()
    runs = newest_runs(tables)
    in_flight: dict[str | None, set[RunState]] = {}
    for run in unfinished_runs(tables):
        in_flight.setdefault(run.video_id, set()).add(run.state)
    with database.reading() as connection:
        counts = count_stored(connection)
    standings = []
    for video_id, by_stage in found.verdicts.items():
        stored = counts.get(video_id, NOTHING)
        to_run = tuple(next_stages(by_stage))
        last_run = runs.get(video_id)
        standings.append(
            VideoStanding(
                video_id=video_id,
                creator=found.videos[video_id].video.creator,
                state=_in_flight(in_flight.get(video_id, ()))
                or _settled(to_run, stored["stages"], last_run),
                stored=stored,
                to_run=to_run,
                last_run=last_run,
            )
        )
    return standings


def failed(standings: Sequence[VideoStanding]) -> list[VideoStanding]:
    """Those that somebody has to look after."""
    return [standing for standing in standings if standing.state == "error"]


def _in_flight(states: Collection[RunState]) -> VideoState | None:
    """Of the runs of a video that have not ended."""
    if "running" in states:
        return "processing"
    return "queued" if states else None


def _settled(to_run: Sequence[str], stored_stages: int, last_run: Run | None) -> VideoState:
    """What is out of date does not undo what is published; a failure that nothing has mended since is an error."""
    if not to_run:
        return "complete"
    if last_run is not None and last_run.state == "error":
        return "error"
    return "complete" if stored_stages == len(STAGES) else "not started"
