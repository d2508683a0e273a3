"""The checks of a video in real runs, whoever starts them: every door evaluates them, for its own video, and no other check."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from chrysopedia_assets.assets._checks import CHECKS, own_checks
from chrysopedia_assets.assets.pages_read_well import NOBODY, in_figures
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.stages.judging import JudgingReply
from resources.clients.library import look
from resources.database import open_database
from resources.llm import close_llm
from resources.settings import settings
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt, put_whisper

PAGES = dg.AssetKey("technique_pages")
JUDGE = dg.AssetCheckKey(PAGES, "pages_read_well")
KICK, SNARE = "ann--kick", "ann--snare"


@pytest.fixture
def library(instance: dg.DagsterInstance, own_world: Path) -> dg.DagsterInstance:
    """Two videos that were taken in and never processed."""
    folder = own_world / "library" / "Ann"
    put_vtt(folder / "Kick.vtt")
    put_whisper(folder / "Snare.json", title="Snare")
    ingest(look([settings().library_dir]).files, open_database(), instance)
    return instance


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer() as served:
        monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", served.base_url)
        monkeypatch.setenv("CHRYSOPEDIA_LLM_JUDGING_MODEL", "test-model")
        close_llm()
        yield served


def checks_tab(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dict[str, set[str]]:
    """The videos in each state that the Checks tab filters by, as Dagster itself works it out."""
    with partition_loading_context(dynamic_partitions_store=instance):
        state = instance.event_log_storage.get_asset_check_state([(key, videos)])[key]
        return {
            status.value: set(subset.subset_value.get_partition_keys())
            for status, subset in state.subsets.items()
            if not subset.is_empty
        }


def test_process_evaluates_every_check_of_a_stage_for_its_video_and_no_other(
    library: dg.DagsterInstance,
) -> None:
    processor = Processor(build_defs(), library, open_database())
    assert processor.process(KICK, Order("manual")).failed is None
    for key in own_checks():
        found = checks_tab(library, key)
        assert set().union(*found.values()) == {KICK} and found.keys() <= {"SUCCEEDED", "FAILED"}
    for other in ("pages_are_fresh", "pages_read_well"):
        assert checks_tab(library, dg.AssetCheckKey(PAGES, other)) == {}
    assert processor.process(SNARE, Order("manual")).failed is None
    for key in own_checks():
        assert set().union(*checks_tab(library, key).values()) == {KICK, SNARE}


def test_one_stage_run_again_evaluates_its_own_checks_alone(library: dg.DagsterInstance) -> None:
    processor = Processor(build_defs(), library, open_database())
    done = processor.process(KICK, Order("manual"))
    again = processor.process(KICK, Order("stage_rerun", first=("key_moments",)))
    assert again.ran == ("key_moments",) and len(done.ran) == len(STAGES)
    storage = library.event_log_storage
    for stage, checks in CHECKS.items():
        for name in checks:
            key = dg.AssetCheckKey(dg.AssetKey(stage), name)
            assert len(storage.get_asset_check_execution_history(key, limit=9)) == (
                2 if stage == "key_moments" else 1
            )


@pytest.mark.parametrize("job", ["process_video", "clean_reprocess"])
def test_a_job_evaluates_the_checks_of_the_stages(library: dg.DagsterInstance, job: str) -> None:
    done = build_defs().resolve_job_def(job).execute_in_process(
        instance=library, partition_key=KICK
    )  # fmt: skip
    found = done.get_asset_check_evaluations()
    assert {one.asset_check_key for one in found} == set(own_checks())
    assert {one.partition for one in found} == {KICK}
    assert {one.severity for one in found} == {dg.AssetCheckSeverity.WARN}


def test_a_result_is_about_the_materialisation_that_it_came_with(
    library: dg.DagsterInstance,
) -> None:
    job = build_defs().resolve_job_def("process_video")
    done = job.execute_in_process(instance=library, partition_key=KICK)
    made = library.fetch_materializations(PAGES, limit=1).records[0]
    for one in done.get_asset_check_evaluations():
        target = one.target_materialization_data
        assert target is not None and target.run_id == done.run_id
        if one.asset_key == PAGES:
            assert target.storage_id == made.storage_id


def test_a_video_with_little_speech_is_a_warning_with_its_place_and_its_pages_are_made_all_the_same(
    library: dg.DagsterInstance, own_world: Path
) -> None:
    late = {"id": 0, "start": 5_000, "end": 5_008, "text": " and the release at 80 milliseconds"}
    path = own_world / "library" / "Ann" / "Snare.json"
    given = json.loads(path.read_text())
    given["transcript"]["segments"].append(late)
    path.write_text(json.dumps(given))
    ingest(look([settings().library_dir]).files, open_database(), library)
    job = build_defs().resolve_job_def("process_video")
    done = job.execute_in_process(instance=library, partition_key=SNARE)
    assert done.success
    [found] = [o for o in done.get_asset_check_evaluations() if "speech" in o.check_name]
    assert not found.passed
    told = str(found.description)
    assert told.startswith("Speech covers 1% of 1:23:28, the longest gap is 1:22:16.\n* somebody")
    assert "* from 1:04 to 1:23:20 there is not a word" in told
    assert found.metadata["longest_gap_s"] == dg.MetadataValue.float(4936.0)
    assert checks_tab(library, found.asset_check_key) == {"FAILED": {SNARE}}


# The judge ---------------------------------------------------------------------------------------


def judge(instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    config = {"ops": {"judge_each_page": {"config": {"videos": [KICK]}}}}
    job = build_defs().resolve_job_def("judge_pages")
    done = job.execute_in_process(instance=instance, run_config=config)
    [found] = done.get_asset_check_evaluations()
    return found


def materialise_by_hand(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """As *Materialize* in the web UI, which puts every check of the asset into the run."""
    job = build_defs().resolve_implicit_global_asset_job_def()
    done = job.get_subset(asset_selection=frozenset({PAGES})).execute_in_process(
        instance=instance, partition_key=KICK
    )
    assert done.success
    return done


def test_pages_are_judged_by_a_job_of_its_own_and_paid_for_once(
    library: dg.DagsterInstance, server: ChatServer
) -> None:
    Processor(build_defs(), library, open_database()).process(KICK, Order("manual"))
    assert server.requests == []
    found = judge(library)
    calls = len(server.requests)
    assert calls > 0
    assert found.partition == KICK and found.severity == dg.AssetCheckSeverity.WARN
    assert str(found.description).startswith("test-model gives ")
    assert checks_tab(library, JUDGE) == {"SUCCEEDED": {KICK}}
    for dimension in ("overall", *JudgingReply.model_fields):
        assert isinstance(found.metadata[dimension], dg.FloatMetadataValue), dimension
    assert found.metadata["calls"] == dg.MetadataValue.int(calls)
    again = judge(library)
    assert len(server.requests) == calls
    assert again.metadata["replies_reused"] == dg.MetadataValue.int(calls)
    assert again.metadata["overall"] == found.metadata["overall"]


def test_a_run_that_makes_the_pages_asks_no_judge(
    library: dg.DagsterInstance, server: ChatServer
) -> None:
    Processor(build_defs(), library, open_database()).process(KICK, Order("manual"))
    done = materialise_by_hand(library)
    assert server.requests == []
    names = {one.check_name for one in done.get_asset_check_evaluations()}
    assert names == {"pages_are_fresh", "no_video_left_failed", *CHECKS["technique_pages"]}
    assert checks_tab(library, JUDGE) == {"SKIPPED": {KICK}}


def test_without_a_judge_the_check_says_what_to_set(library: dg.DagsterInstance) -> None:
    Processor(build_defs(), library, open_database()).process(KICK, Order("manual"))
    found = judge(library)
    assert (found.passed, found.description) == (False, NOBODY)
    assert "CHRYSOPEDIA_LLM_JUDGING_MODEL" in NOBODY


def test_a_dimension_that_a_reader_would_notice_is_a_warning_with_the_judges_reason() -> None:
    scores = [Score("structure", 0.9), Score("readability", 0.5, why=("page '[x](y)': padding",))]
    found = in_figures(scores, "m", {})
    assert not found.passed
    assert str(found.description).splitlines() == [
        "m gives 0.70 of 1 over all; above 0.5 is wanted in each dimension.",
        r"* readability: page '\[x\](y)': padding",
    ]
    assert in_figures([Score("structure", 0.51)], "m", {}).passed
    assert in_figures([], "m", {}).passed
