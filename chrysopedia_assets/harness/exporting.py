"""From the database to a fixture: the records that a stage would read now, and what it has given."""

from chrysopedia_assets.harness.fixtures import (
    FIXTURE_VERSION,
    INPUTS,
    KIND,
    TASK_OF,
    Fixture,
    Records,
)
from chrysopedia_assets.models.prompts import REPLY_VERSIONS
from chrysopedia_assets.models.records import StageName, StageRecord
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.models.transcripts import Transcript
from resources.store.database import Database
from resources.store.records import load, stored_versions


def export(
    database: Database,
    stage: StageName,
    video_id: str,
    taxonomy: Taxonomy,
    prompt_version: str | None = None,
) -> Fixture:
    """All of one moment. `prompt_version` is on record for the output. Raises RecordMissing for an input that was never made."""
    with database.reading() as connection:
        given = {name: _light(load(connection, name, video_id)) for name in INPUTS[stage]}
        made = (video_id, stage) in stored_versions(connection, [video_id])
        output = {stage: load(connection, stage, video_id)} if made else {}
    [first, *_] = given.values()
    return Fixture(
        kind=KIND,
        fixture_version=FIXTURE_VERSION,
        stage=stage,
        reply_version=REPLY_VERSIONS[TASK_OF[stage]],
        prompt_version=prompt_version if made else None,
        video=first.video,
        taxonomy=taxonomy,
        input=Records.only(given),
        output=Records.only(output),
    )


def _light(record: StageRecord) -> StageRecord:
    if not isinstance(record, Transcript):
        return record
    segments = tuple(segment.model_copy(update={"words": ()}) for segment in record.segments)
    return record.model_copy(update={"segments": segments})
