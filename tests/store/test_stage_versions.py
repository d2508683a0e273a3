"""What each run of a stage gave is kept on both databases, once for equal content, and found again by run."""

import pytest

from chrysopedia_assets.errors import RecordMissing
from chrysopedia_assets.models.records import STAGES, StageName, content_version
from resources.store.database import Database
from resources.store.records import save
from resources.store.stage_versions import list_versions, load_version, version_given
from resources.store.videos import put_video
from tests.records import library_video, record_of

VIDEO_ID = library_video().video.video_id


@pytest.fixture
def stored(database: Database) -> Database:
    with database.writing(lock="test") as connection:
        put_video(connection, library_video())
    return database


def run(database: Database, run_id: str | None, stage: StageName, maker: str | None = None) -> None:
    record = record_of(stage)
    record = record.model_copy(update={"made_by": maker or record.made_by})
    with database.writing(lock="test") as connection:
        save(connection, stage, record, run_id)


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_run_gave_comes_back_whole_and_transcripts_are_not_kept(
    stored: Database, stage: StageName
) -> None:
    run(stored, "run-1", stage)
    with stored.reading() as connection:
        kept = list_versions(connection, VIDEO_ID)
        assert [one.stage for one in kept] == ([stage] if stage != "transcripts" else [])
        for one in kept:
            assert load_version(connection, VIDEO_ID, stage, one.version) == record_of(stage)
            assert one.data_version == content_version(record_of(stage))


def test_the_same_output_again_is_no_version_of_its_own(stored: Database) -> None:
    for run_id, maker in [("r1", "a"), ("r2", "a"), ("r3", "b"), ("r4", "a"), (None, "a")]:
        run(stored, run_id, "key_moments", maker)
    with stored.reading() as connection:
        kept = list_versions(connection, VIDEO_ID, "key_moments")
        assert [(one.version, one.run_id, one.made_by) for one in kept] == [
            (3, "r4", "a"),
            (2, "r3", "b"),
            (1, "r1", "a"),
        ]
        assert load_version(connection, VIDEO_ID, "key_moments", 2).made_by == "b"
        assert list_versions(connection, VIDEO_ID, "topic_chunks") == []


def test_a_run_without_a_row_gave_what_equals_its_data_version(stored: Database) -> None:
    run(stored, "r1", "topic_chunks")
    run(stored, "r2", "topic_chunks", "b")
    with stored.reading() as connection:
        kept = list_versions(connection, VIDEO_ID, "topic_chunks")
    unchanged = content_version(record_of("topic_chunks"))

    def number(run_id: str, data_version: str | None) -> int | None:
        found = version_given(kept, run_id, data_version)
        return found and found.version

    assert number("r2", "whatever Dagster says") == 2
    assert number("r9", unchanged) == 1
    assert number("r9", "dropped since") is None
    assert number("r9", None) is None


def test_a_version_that_is_not_kept_says_how_to_list_those_that_are(stored: Database) -> None:
    with stored.reading() as connection, pytest.raises(RecordMissing, match="--versions"):
        load_version(connection, VIDEO_ID, "key_moments", 7)
