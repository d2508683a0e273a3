"""What the web UI is told of staleness, on a small library that is really processed: report, check, sensors' runs."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord
from sqlalchemy.engine import URL

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.freshness.verdicts import Accepted
from resources.clients.library import look
from resources.database import open_database
from resources.settings import PROJECT, settings
from resources.sources import read_sources
from resources.store.acceptances import accept
from tests.library import put_vtt, put_whisper

PAGES = dg.AssetKey("technique_pages")
CHECK = dg.AssetCheckKey(PAGES, "pages_are_fresh")
KICK, SNARE, HAT = "ann--kick", "ann--snare", "ann--hat"


@pytest.fixture
def prompt(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prompt that may be edited: synthesis."""
    copy = shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(copy))
    return copy / "synthesis" / "system.md"


@pytest.fixture
def library(instance: dg.DagsterInstance, prompt: Path, own_world: Path) -> dg.DagsterInstance:
    """Two videos with all their pages, and one that was never processed."""
    folder = own_world / "library" / "Ann"
    put_vtt(folder / "Kick.vtt")
    put_whisper(folder / "Snare.json", title="Snare")
    put_vtt(folder / "Hat.vtt", "hats at 12 kHz")
    ingest(look([settings().library_dir]).files, open_database(), instance)
    for video_id in (KICK, SNARE):
        process(instance, video_id)
    return instance


@pytest.fixture(params=["sqlite", "postgresql"])
def either_library(
    request: pytest.FixtureRequest, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> dg.DagsterInstance:
    """The same library, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        url: URL = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url.render_as_string(hide_password=False))
    library: dg.DagsterInstance = request.getfixturevalue("library")
    return library


def process(instance: dg.DagsterInstance, video_id: str) -> None:
    job = build_defs().resolve_job_def("process_video")
    assert job.execute_in_process(instance=instance, partition_key=video_id).success


def edit(prompt: Path) -> None:
    prompt.write_text(prompt.read_text() + "\nWrite in short sentences.\n")


def report(instance: dg.DagsterInstance) -> tuple[dict[str, object], list[dg.AssetCheckEvaluation]]:
    """What the report shows, by name, and the results that its run has written, in order."""
    done = build_defs().resolve_job_def("report_freshness").execute_in_process(instance=instance)
    [made] = done.asset_materializations_for_node("freshness_report")
    shown = {name: getattr(value, "value", value) for name, value in made.metadata.items()}
    return shown, [
        one for one in done.get_asset_check_evaluations() if one.asset_check_key == CHECK
    ]


def badge(instance: dg.DagsterInstance) -> AssetCheckExecutionRecord:
    """The result that the graph shows on the asset."""
    storage = instance.event_log_storage
    return storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]


def checks_tab(instance: dg.DagsterInstance) -> dict[str, set[str]]:
    """The videos in each state that the Checks tab filters by, as Dagster itself works it out."""
    with partition_loading_context(dynamic_partitions_store=instance):
        state = instance.event_log_storage.get_asset_check_state([(CHECK, videos)])[CHECK]
        return {
            status.value: set(subset.subset_value.get_partition_keys())
            for status, subset in state.subsets.items()
            if not subset.is_empty
        }


def test_a_finished_library_passes_for_each_page_and_for_all(library: dg.DagsterInstance) -> None:
    shown, results = report(library)
    assert [result.partition for result in results] == [KICK, SNARE, None]
    assert all(result.passed for result in results)
    assert results[-1].description == "None of 2 pages out of date, 1 never made."
    assert (shown["stale_pages"], shown["fresh_pages"], shown["missing_pages"]) == (0, 2, 1)
    assert checks_tab(library) == {"SUCCEEDED": {KICK, SNARE}}
    assert badge(library).partition is None


def test_an_edited_prompt_fails_the_check_and_says_which_and_what_to_do(
    library: dg.DagsterInstance, prompt: Path
) -> None:
    before = read_sources().version("prompts/synthesis")
    report(library)
    edit(prompt)
    after = read_sources().version("prompts/synthesis")
    shown, results = report(library)
    assert [(result.partition, result.passed) for result in results] == [
        (KICK, False), (SNARE, False), (None, False),
    ]  # fmt: skip
    whole = results[-1]
    assert whole.severity == dg.AssetCheckSeverity.WARN
    told = str(whole.description)
    assert told.startswith("2 of 2 pages out of date, 1 never made.\n")
    assert (
        f"* 2 videos: prompts/synthesis was edited ({before[:8]} → {after[:8]}), since 20" in told
    )
    assert "`chrysopedia refresh` makes them anew: 2 stages, no calls" in told
    assert f"edited (made with {before[:8]})." in str(results[0].description)
    assert results[0].metadata["to_run"].value == f"chrysopedia refresh --video {KICK}"
    assert checks_tab(library) == {"FAILED": {KICK, SNARE}}
    assert (shown["stale_pages"], shown["predicted_calls"]) == (2, 0.0)


def test_only_what_has_flipped_is_written_again(
    either_library: dg.DagsterInstance, prompt: Path
) -> None:
    library = either_library
    report(library)
    assert [result.partition for result in report(library)[1]] == [None]
    edit(prompt)
    report(library)
    process(library, KICK)
    _, results = report(library)
    assert [(result.partition, result.passed) for result in results] == [
        (KICK, True),
        (None, False),
    ]
    assert checks_tab(library) == {"SUCCEEDED": {KICK}, "FAILED": {SNARE}}
    assert [result.partition for result in report(library)[1]] == [None]


def test_a_prompt_that_is_put_back_passes_again(library: dg.DagsterInstance, prompt: Path) -> None:
    text = prompt.read_text()
    edit(prompt)
    report(library)
    prompt.write_text(text)
    _, results = report(library)
    assert [(result.partition, result.passed) for result in results] == [
        (KICK, True), (SNARE, True), (None, True),
    ]  # fmt: skip


def test_a_page_made_again_with_the_same_result_gets_a_result_of_its_own(
    library: dg.DagsterInstance,
) -> None:
    report(library)
    process(library, KICK)
    assert checks_tab(library) == {"SUCCEEDED": {SNARE}}  # to Dagster the new page is unchecked
    _, results = report(library)
    assert [result.partition for result in results] == [KICK, None]
    assert checks_tab(library) == {"SUCCEEDED": {KICK, SNARE}}


def test_what_was_accepted_as_equal_passes_and_is_counted(
    library: dg.DagsterInstance, prompt: Path
) -> None:
    before = read_sources().version("prompts/synthesis")
    edit(prompt)
    pair = Accepted("prompts/synthesis", before, read_sources().version("prompts/synthesis"))
    with open_database().writing(lock="prompts/synthesis") as connection:
        accept(connection, [pair], reason="a typo", accepted_by="Ann")
    shown, results = report(library)
    assert (shown["accepted_pages"], shown["stale_pages"]) == (2, 0)
    assert all(result.passed for result in results)
    assert "accepted as equal" in str(results[0].description)


def test_a_page_made_with_an_override_passes_and_is_counted(library: dg.DagsterInstance) -> None:
    config = {"ops": {"technique_pages": {"config": {"prompt_text": "Write briefly."}}}}
    job = build_defs().resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(
        instance=library, partition_key=KICK, asset_selection=[PAGES], run_config=config
    )
    assert done.success
    shown, _ = report(library)
    assert (shown["overridden_pages"], shown["fresh_pages"]) == (1, 1)
    assert checks_tab(library) == {"SUCCEEDED": {KICK, SNARE}}


def test_a_page_made_by_hand_is_checked_in_the_same_run(
    library: dg.DagsterInstance, prompt: Path
) -> None:
    edit(prompt)
    report(library)
    job = build_defs().resolve_implicit_global_asset_job_def()
    done = job.execute_in_process(instance=library, partition_key=KICK, asset_selection=[PAGES])
    results = {one.check_name: one for one in done.get_asset_check_evaluations()}
    result = results["pages_are_fresh"]
    assert (result.partition, result.passed, result.description) == (KICK, True, "Up to date.")
    assert results["no_video_left_failed"].partition is None, "it is about all of them"
    assert badge(library).partition == KICK  # until the next report
    report(library)
    assert badge(library).partition is None


def test_a_broken_prompt_is_named_and_makes_nothing_stale(
    library: dg.DagsterInstance, prompt: Path
) -> None:
    report(library)
    prompt.write_text("first line\nWrite about {{ this thing }}.\n")
    shown, results = report(library)
    assert [(result.partition, result.passed) for result in results] == [(None, True)]
    assert "system.md, line 2" in str(shown["unreadable"])
    assert "Cannot be read" in str(results[-1].description)
