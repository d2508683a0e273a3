"""How every video stands. A state is one of five words; there is no pending and no review."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import dagster as dg

from chrysopedia_assets.automation.dead_runs import end_dead_runs
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import PARTITION
from resources.store.database import Database
from resources.store.pages import count_stored
from resources.store.videos import list_videos

State = Literal["not started", "queued", "processing", "error", "complete"]

IN_FLIGHT: Mapping[State, tuple[dg.DagsterRunStatus, ...]] = {
    "queued": (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED),
    "processing": (
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ),
}


def video_states(instance: dg.DagsterInstance, database: Database) -> list[dict[str, Any]]:
    """One row per video: its state, the counts of what is stored, and the stages that need to run."""
    with database.reading() as connection:
        entries = list_videos(connection)
        counts = count_stored(connection)
    video_ids = [entry.video.video_id for entry in entries]
    end_dead_runs(instance)
    needed = Staleness(instance, database).needed(video_ids)
    in_flight = _in_flight(instance)
    nothing = {"stages": 0, "chunks": 0, "moments": 0, "pages": 0}
    rows = []
    for entry in entries:
        video_id = entry.video.video_id
        to_run = needed[video_id]
        state = in_flight.get(video_id) or _settled_state(
            instance, video_id, counts.get(video_id, nothing), to_run
        )
        rows.append(
            {"video": video_id, "creator": entry.video.creator, "state": state}
            | counts.get(video_id, nothing)
            | {"to_run": to_run}
        )
    return rows


def _in_flight(instance: dg.DagsterInstance) -> dict[str, State]:
    """The videos that a run is working on or waiting for."""
    states: dict[str, State] = {}
    for state, statuses in IN_FLIGHT.items():
        for run in instance.get_runs(dg.RunsFilter(statuses=list(statuses))):
            if video_id := run.tags.get(PARTITION):
                states[video_id] = state
    return states


def _settled_state(
    instance: dg.DagsterInstance, video_id: str, stored: Mapping[str, int], to_run: Sequence[str]
) -> State:
    """A stage that is out of date does not undo what is published: the video stays complete."""
    if not to_run:
        return "complete"
    latest = instance.get_runs(dg.RunsFilter(tags={PARTITION: video_id}), limit=1)
    if latest and latest[0].status == dg.DagsterRunStatus.FAILURE:
        return "error"
    return "complete" if stored["stages"] == len(STAGES) else "not started"
