"""The standing list of broken videos, as the web UI has it: who is on it, what is said, and when it is empty again."""

import re

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from chrysopedia_assets.assets.no_video_left_failed import SAID_VIDEOS, in_words
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.runs import PARTITION, PROCESS, Failure, VideoStanding
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import look
from resources.video_states import video_states
from tests.models.test_runs import run
from tests.pipeline.test_process import VIDEO, Engine, kick, take_in
from tests.store.test_dagster_runs import dead

CHECK = dg.AssetCheckKey(dg.AssetKey("technique_pages"), "no_video_left_failed")
__all__ = ["kick"]


def processed(instance: dg.DagsterInstance, defs: dg.Definitions) -> None:
    Processor(defs, instance, open_database()).process(VIDEO, Order("manual"))


def told(instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    """As the report evaluates it; the newest result is the one of that."""
    done = build_defs().resolve_job_def("report_freshness").execute_in_process(instance=instance)
    [found] = [one for one in done.get_asset_check_evaluations() if one.asset_check_key == CHECK]
    storage = instance.event_log_storage
    newest = storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
    assert newest.partition is None
    assert (newest.status == AssetCheckExecutionRecordStatus.SUCCEEDED) == found.passed
    return found


@pytest.mark.usefixtures("kick")
def test_a_video_that_failed_is_on_the_list_until_it_is_mended(
    instance: dg.DagsterInstance,
) -> None:
    take_in(instance)
    assert told(instance).passed, "a video that was never run has not failed"
    processed(instance, build_defs(engine=Engine(fail_at="classification")))
    found = told(instance)
    assert not found.passed and found.severity == dg.AssetCheckSeverity.WARN
    words = str(found.description)
    assert words.startswith("1 video failed, and nothing has mended that since.\n")
    assert "failed at classifications: RuntimeError: the engine broke down" in words
    assert f"`chrysopedia process {VIDEO}`" in words and f"`chrysopedia runs {VIDEO}`" in words
    assert found.metadata["failed_videos"].value == 1
    [row] = found.metadata["videos"].records  # type: ignore[union-attr]
    assert (row.data["video"], row.data["failed at"]) == (VIDEO, "classifications")
    processed(instance, build_defs())
    found = told(instance)
    assert (found.passed, found.description) == (True, "No video is left failed.")
    assert found.metadata["failed_videos"].value == 0


@pytest.mark.usefixtures("kick")
def test_it_can_be_executed_alone(instance: dg.DagsterInstance) -> None:
    take_in(instance)
    processed(instance, build_defs(engine=Engine(fail_at="classification")))
    job = build_defs().resolve_implicit_global_asset_job_def()
    alone = job.get_subset(asset_selection=frozenset(), asset_check_selection={CHECK})
    [found] = alone.execute_in_process(instance=instance).get_asset_check_evaluations()
    assert (found.passed, found.partition) == (False, None)


@pytest.mark.usefixtures("kick")
def test_what_mended_nothing_takes_no_video_off_the_list(instance: dg.DagsterInstance) -> None:
    take_in(instance)
    job = build_defs().resolve_implicit_global_asset_job_def()

    def run_alone(*stages: str) -> None:
        keys = [dg.AssetKey(stage) for stage in stages]
        job.execute_in_process(instance=instance, partition_key=VIDEO, asset_selection=keys)

    processed(instance, build_defs(engine=Engine(fail_at="extraction")))
    for succeeds in (("topic_chunks",), ("transcripts", "topic_chunks")):
        run_alone(*succeeds)
        assert (state(), failed_at()) == ("error", "key_moments"), "it was not made since"
    tags = {PARTITION: VIDEO}
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.CANCELED, tags=tags)
    assert (state(), failed_at()) == ("error", "key_moments")
    assert not told(instance).passed
    run_alone("key_moments")
    assert (state(), failed_at()) == ("not started", None), "it is made, and the rest never failed"

    between = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.add_run_tags(between.run_id, {PROCESS: dead()})
    run_alone("key_moments")
    assert (state(), failed_at()) == ("error", ""), "what has to run next was not made since"
    run_alone("classifications")
    run_alone("synthesis_groups")
    run_alone("technique_pages")
    assert (state(), failed_at()) == ("complete", None)


def state() -> str:
    return standing().state


def failed_at() -> str | None:
    return standing().failed_at if standing().failed_run else None


def standing() -> VideoStanding:
    [found] = video_states(look(event_log_on_disk(), open_database()), open_database())
    return found


def broken(number: int, reason: str) -> VideoStanding:
    last = run(video_id=f"v-{number}", number=1, state="error", failure=Failure(stage="key_moments", reason=reason))  # fmt: skip
    return VideoStanding(video_id=f"v-{number}", creator="Ann", state="error", stored={}, to_run=("key_moments",), last_run=last, failed_run=last)  # fmt: skip


def test_what_models_and_files_say_is_text_and_a_long_list_is_cut() -> None:
    hostile = "<img src=x> [click](http://evil)\n# Heading `rm`"
    words = in_words([broken(number, hostile) for number in range(SAID_VIDEOS + 3)])
    assert not re.search(r"(?<!\\)[<\[#]", words), "none of it is Markdown or HTML"
    assert words.startswith(f"{SAID_VIDEOS + 3} videos failed")
    assert "v-9" in words and "v-10" not in words
    assert "and 3 more" in words
