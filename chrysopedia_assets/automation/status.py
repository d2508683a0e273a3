"""How every video stands. A state is one of five words; there is no pending and no review."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import dagster as dg

from chrysopedia_assets.automation.process import Processor
from chrysopedia_assets.models.records import STAGES
from resources.store.database import Database
from resources.store.pages import count_stored
from resources.store.videos import list_videos

State = Literal["not started", "queued", "processing", "error", "complete"]

PARTITION = "dagster/partition"
PROCESSING = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
QUEUED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
)


def video_states(
    defs: dg.Definitions, instance: dg.DagsterInstance, database: Database
) -> list[dict[str, Any]]:
    """One row per video: its state, the counts of what is stored, and the stages that need to run."""
    with database.reading() as connection:
        entries = list_videos(connection)
        counts = count_stored(connection)
    video_ids = [entry.video.video_id for entry in entries]
    needed = Processor(defs, instance).needed(video_ids)
    processing, queued = _in_flight(instance, PROCESSING), _in_flight(instance, QUEUED)
    nothing = {"stages": 0, "chunks": 0, "moments": 0, "pages": 0}
    rows = []
    for entry in entries:
        video_id = entry.video.video_id
        to_run = needed[video_id]
        if video_id in processing:
            state: State = "processing"
        elif video_id in queued:
            state = "queued"
        else:
            state = _settled_state(instance, video_id, counts.get(video_id, nothing), to_run)
        rows.append(
            {"video": video_id, "creator": entry.video.creator, "state": state}
            | counts.get(video_id, nothing)
            | {"to_run": to_run}
        )
    return rows


def _in_flight(
    instance: dg.DagsterInstance, statuses: Sequence[dg.DagsterRunStatus]
) -> Mapping[str, dg.DagsterRun]:
    runs = instance.get_runs(dg.RunsFilter(statuses=list(statuses)))
    return {run.tags[PARTITION]: run for run in runs if PARTITION in run.tags}


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
