"""What the inspector looks at: all that is stored of a video, and what a run gave of a stage.

Belongs here: reading it, and knowing a run by the beginning of its id. Does not: what can be seen of it (`inspection`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.records import STAGES, StageName, StageRecord
from resources.store.addresses import addresses
from resources.store.dagster_events import runs_that_gave
from resources.store.dagster_tables import Connect
from resources.store.database import Database
from resources.store.records import load, stored_versions
from resources.store.stage_versions import (
    StageVersion,
    list_versions,
    load_version,
    version_given,
)
from resources.store.videos import list_videos


@dataclass(frozen=True)
class Given:
    """A result of a stage, and which one it is, in words."""

    name: str
    record: StageRecord


def look_into(database: Database, video_id: str) -> Stored:
    """All that is stored of a video of the library."""
    with database.reading() as connection:
        [entry] = list_videos(connection, [video_id])
        there = stored_versions(connection, [video_id])
        records: dict[str, Any] = {
            stage: load(connection, stage, video_id)
            for stage in STAGES
            if (video_id, stage) in there
        }
        at = addresses(connection, [video_id])
    return Stored(video=entry.video, chapters=entry.chapters, addresses=at, **records)


def given_now(stored: Stored, stage: StageName) -> Given:
    """What is stored. Raises ConfigurationError where the stage has not run."""
    record: StageRecord | None = getattr(stored, stage)
    if record is None:
        raise ConfigurationError(
            f"{stage} of {stored.video.video_id} has not run",
            cure=f"Run it: chrysopedia process {stored.video.video_id}",
        )
    return Given(f"now, {record.made_by}", record)


def given_by(
    database: Database, connect: Connect, video_id: str, stage: StageName, asked: str
) -> Given:
    """What a run gave, by the beginning of its id, or a version as `v2`. Raises ConfigurationError, RecordMissing."""
    with database.reading() as connection:
        versions = list_versions(connection, video_id, stage)
    found = next((one for one in versions if asked == f"v{one.version}"), None)
    told = ""
    if found is None:
        runs = runs_that_gave(connect, stage, video_id)
        run_id = _one_run(asked, runs, versions, video_id, stage)
        found = version_given(versions, run_id, runs.get(run_id))
        told = f"run {run_id[:8]}, "
        if found is None:
            raise ConfigurationError(
                f"what run {run_id} gave of {stage} is not kept any more",
                cure=f"List what is: chrysopedia inspect {video_id} --versions",
            )
    with database.reading() as connection:
        record = load_version(connection, video_id, stage, found.version)
    return Given(f"{told}v{found.version}, {found.made_by}", record)


def _one_run(
    asked: str,
    runs: Mapping[str, str | None],
    versions: list[StageVersion],
    video_id: str,
    stage: StageName,
) -> str:
    known = dict.fromkeys((*runs, *(one.run_id for one in versions if one.run_id)))
    meant = [run_id for run_id in known if asked and run_id.startswith(asked)]
    if len(meant) == 1:
        return meant[0]
    wrong = f"{len(meant)} runs of {stage} begin with" if meant else f"no run made {stage} called"
    raise ConfigurationError(
        f"{wrong} {asked}",
        where=video_id,
        cure=f"List them: chrysopedia inspect {video_id} --versions",
    )
