"""How every video stands: what is stored of it, what has to run, and what failed and was not mended.

The same for the commands, the check in the web UI and whoever else asks. Needs no Dagster, and writes nothing.
"""

from collections.abc import Collection, Mapping, Sequence

from chrysopedia_assets.freshness.plan import ByStage, next_stages
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.runs import Run, RunState, VideoStanding, VideoState
from resources.event_log import run_tables_on_disk
from resources.freshness import Look
from resources.store.dagster_runs import newest_failures, newest_runs, unfinished_runs
from resources.store.dagster_tables import RunTables
from resources.store.database import Database
from resources.store.pages import count_stored
from resources.store.run_events import filled

NOTHING = {"stages": 0, "chunks": 0, "moments": 0, "pages": 0}


def video_states(found: Look, database: Database) -> list[VideoStanding]:
    """Of all videos that were looked at, in order of their ids."""
    tables = run_tables_on_disk()
    to_run = {v: tuple(next_stages(by_stage)) for v, by_stage in found.verdicts.items()}
    last_runs = newest_runs(tables)
    failures = _failures(tables, last_runs, {v for v, stages in to_run.items() if stages})
    in_flight: dict[str | None, set[RunState]] = {}
    for run in unfinished_runs(tables):
        in_flight.setdefault(run.video_id, set()).add(run.state)
    with database.reading() as connection:
        counts = count_stored(connection)
    standings = []
    for video_id, by_stage in found.verdicts.items():
        stored = counts.get(video_id, NOTHING)
        last_run, failure = last_runs.get(video_id), failures.get(video_id)
        if failure is not None and last_run is not None and failure.run_id == last_run.run_id:
            last_run = failure
        if failure is not None and _is_mended(failure, to_run[video_id], by_stage):
            failure = None
        standings.append(
            VideoStanding(
                video_id=video_id,
                creator=found.videos[video_id].video.creator,
                state=_in_flight(in_flight.get(video_id, ()))
                or _settled(to_run[video_id], stored["stages"], failure),
                stored=stored,
                to_run=to_run[video_id],
                last_run=last_run,
                failed_run=failure,
            )
        )
    return standings


def _failures(
    tables: RunTables, last_runs: Mapping[str, Run], unfinished: Collection[str]
) -> dict[str | None, Run]:
    """By video, what failed last, with where and why. Only where that matters: to read the events is most of the work."""
    told = [
        run
        for video_id, run in newest_failures(tables).items()
        if video_id in unfinished or run.run_id == last_runs[video_id].run_id
    ]
    return {run.video_id: run for run in filled(tables, told)}


def failed(standings: Sequence[VideoStanding]) -> list[VideoStanding]:
    """Those that somebody has to look after."""
    return [standing for standing in standings if standing.state == "error"]


def _in_flight(states: Collection[RunState]) -> VideoState | None:
    """Of the runs of a video that have not ended."""
    if "running" in states:
        return "processing"
    return "queued" if states else None


def _settled(to_run: Sequence[str], stored_stages: int, unmended: Run | None) -> VideoState:
    """What is out of date does not undo what is published; a failure that nothing has mended since is an error."""
    if not to_run:
        return "complete"
    if unmended is not None:
        return "error"
    return "complete" if stored_stages == len(STAGES) else "not started"


def _is_mended(run: Run, to_run: Sequence[StageName], by_stage: ByStage) -> bool:
    """Whether the stage that failed was made since, or does not have to run any more.

    What failed at no stage, or between two, failed at whatever has to run next.
    """
    failed_at = run.failure.stage if run.failure else None
    stage = next((name for name in to_run if failed_at in (None, name)), None)
    if stage is None:
        return True
    made = by_stage[stage].made
    since = run.started_at or run.created_at
    return stage not in run.stages and made is not None and made.at_s > since.timestamp()
