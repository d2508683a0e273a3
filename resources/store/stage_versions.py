"""What each run of a stage gave, kept to be looked at and compared later.

What belongs here: keeping, listing and loading those records. What does not: what is stored now (`records.py`), the
versions of single pages (`page_versions`, which do not say what pages a run left out), and dropping old ones. Transcripts
are not kept: they are large, and their file says them again.

A run whose output is that of the run before gets no row of its own: both have the same data version.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.errors import RecordMissing
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.records import StageName, StageRecord
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunks
from resources.store import tables as t

KEPT: Mapping[StageName, type[StageRecord]] = {
    "topic_chunks": TopicChunks,
    "key_moments": KeyMoments,
    "classifications": Classifications,
    "synthesis_groups": SynthesisGroups,
    "technique_pages": TechniquePages,
}


@dataclass(frozen=True)
class StageVersion:
    """`version` counts from 1 within the video and stage; `run_id` is of the run that gave it first."""

    video_id: str
    stage: StageName
    version: int
    data_version: str
    made_by: str
    run_id: str | None
    stored_at: datetime


def keep_version(
    connection: Connection,
    stage: StageName,
    record: StageRecord,
    data_version: str,
    run_id: str | None,
    stored_at: datetime,
) -> None:
    """Add what a run gave, unless the newest version is equal to it; inside the caller's transaction."""
    versions = list_versions(connection, record.video.video_id, stage)
    if versions and versions[0].data_version == data_version:
        return
    row = {
        "video_id": record.video.video_id,
        "stage": stage,
        "version": versions[0].version + 1 if versions else 1,
        "data_version": data_version,
        "made_by": record.made_by,
        "run_id": run_id,
        "stored_at": stored_at,
        "record": zlib.compress(record.model_dump_json().encode()),
    }
    connection.execute(sa.insert(t.stage_versions), row)


def list_versions(
    connection: Connection, video_id: str, stage: StageName | None = None
) -> list[StageVersion]:
    """What is kept of a video, of one stage or all: by stage, newest first."""
    kept = t.stage_versions.c
    query = (
        sa.select(*(column for column in t.stage_versions.columns if column is not kept.record))
        .where(kept.video_id == video_id)
        .order_by(kept.stage, kept.version.desc())
    )
    if stage is not None:
        query = query.where(kept.stage == stage)
    return [StageVersion(**row) for row in connection.execute(query).mappings()]


def version_given(
    versions: Sequence[StageVersion], run_id: str, data_version: str | None
) -> StageVersion | None:
    """The version that a run gave: its own, or else the newest one that equals what Dagster recorded of it."""
    own = (found for found in versions if found.run_id == run_id)
    equal = (found for found in versions if found.data_version == data_version)
    return next(own, None) or next(equal, None)


def load_version(
    connection: Connection, video_id: str, stage: StageName, version: int
) -> StageRecord:
    """The record of that version. Raises RecordMissing."""
    kept = t.stage_versions.c
    packed = connection.scalar(
        sa.select(kept.record).where(
            kept.video_id == video_id, kept.stage == stage, kept.version == version
        )
    )
    if packed is None:
        raise RecordMissing(
            f"version {version} of {stage} is not kept",
            where=video_id,
            cure=f"List those that are: chrysopedia inspect {video_id} --versions",
        )
    return KEPT[stage].model_validate_json(zlib.decompress(packed))
