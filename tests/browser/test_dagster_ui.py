"""The Dagster web UI as a curator meets it: `chrysopedia ui` started as a program, looked at in a real browser.

One server for the module, on two samples that the command line has ingested and processed. What is clicked is what the
product adds to Dagster's pages; a backfill is asked for through the API behind the pages.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from resources.settings import PROJECT, SAMPLES
from tests.browser.web_ui import (
    CHRYSOPEDIA,
    RUN_S,
    WebUI,
    chrysopedia,
    new_world,
    serving,
    until,
    visit,
)

VIDEOS = {
    "colin-hathersage--getting-a-vocal-to-sit-still": SAMPLES
    / "Colin Hathersage"
    / "Getting a Vocal to Sit Still.json",
    "fizzy-marlo--punchy-kicks-from-scratch": SAMPLES
    / "Fizzy Marlo"
    / "Punchy Kicks From Scratch.vtt",
}
VIDEO = min(VIDEOS)
GROUPS = {
    "transcribe": {"library_files", "speech_recognition", "transcripts"},
    "understand": {"topic_chunks", "key_moments", "classifications"},
    "synthesize": {"synthesis_groups", "technique_pages"},
    "measure": {"freshness_report"},
}
BACKFILL_S = 100.0
DAGSTER = (
    str(CHRYSOPEDIA.with_name("dagster")), "asset", "materialize", "-m", "chrysopedia_assets.definitions",
)  # fmt: skip
PROMPT = "Divide the transcript by subject."

MATERIALIZED = """query Materialized($asset: String!, $videos: [String!]) {
  assetNodes(assetKeys: [{path: [$asset]}]) {
    latestMaterializationByPartition(partitions: $videos) {
      partition runId tags { key value }
      runOrError { ... on Run { status tags { key value } } } } } }"""
BACKFILL = """mutation Backfill($videos: [String!]) {
  launchPartitionBackfill(backfillParams: {assetSelection: [{path: ["technique_pages"]}], partitionNames: $videos}) {
    ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
BACKFILL_STATUS = """query Status($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status error { message } } } }"""


@dataclass(frozen=True)
class Made:
    """The latest materialization of an asset for one video."""

    run_id: str
    run_status: str
    backfill: str | None
    data_version: str


@dataclass(frozen=True)
class Backfill:
    """A backfill of all technique pages, and what there was before it."""

    backfill_id: str
    before: Mapping[str, Made]


def latest(web_ui: WebUI, asset: str) -> dict[str, Made]:
    [node] = web_ui.ask(MATERIALIZED, asset=asset, videos=sorted(VIDEOS))["assetNodes"]
    return {
        made["partition"]: Made(
            made["runId"],
            made["runOrError"]["status"],
            _tags(made["runOrError"]).get("dagster/backfill"),
            _tags(made)["dagster/data_version"],
        )
        for made in node["latestMaterializationByPartition"]
        if made
    }


def _partition(web_ui: WebUI, asset: str, video: str) -> str:
    return f"{web_ui.url}/assets/{asset}?view=partitions&partition={video}"


def _tags(tagged: Mapping[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tagged["tags"]}


@pytest.fixture(scope="module")
def web_ui(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebUI]:
    """The server, with two finished videos."""
    world = tmp_path_factory.mktemp("ui")
    environment = new_world(world)
    chrysopedia(environment, "ingest", *map(str, VIDEOS.values()))
    chrysopedia(environment, "process")
    with serving(environment, world / "ui.log") as ui:
        yield ui


@pytest.fixture(scope="module", autouse=True)
def backfill(web_ui: WebUI) -> Backfill:
    """Asked for before anything else: Dagster looks at backfills every 30 s, and the other tests run meanwhile."""
    before = latest(web_ui, "technique_pages")
    launched = web_ui.ask(BACKFILL, videos=sorted(VIDEOS))["launchPartitionBackfill"]
    return Backfill(launched["backfillId"], before)


@pytest.mark.parametrize("group", GROUPS)
def test_the_graph_shows_each_stage_in_its_group(
    web_ui: WebUI, browser: Browser, group: str
) -> None:
    with visit(browser, f"{web_ui.url}/asset-groups") as page:
        page.get_by_text("Materialize all").wait_for()
        page.get_by_text(group, exact=True).last.click()
        for stage in GROUPS[group]:
            page.get_by_text(stage, exact=True).first.wait_for()
        for other in set().union(*GROUPS.values()) - GROUPS[group]:
            assert page.get_by_text(other, exact=True).count() == 0


def test_the_page_of_a_partition_previews_its_technique_pages(
    web_ui: WebUI, browser: Browser
) -> None:
    listed = chrysopedia(web_ui.environment, "pages", "list", "--video", VIDEO, "--json")
    title = json.loads(listed)[0]["title"]
    with visit(browser, _partition(web_ui, "technique_pages", VIDEO)) as page:
        page.get_by_text("[Show Markdown]").click()
        page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def test_one_partition_can_be_made_again_from_its_page(web_ui: WebUI, browser: Browser) -> None:
    before = latest(web_ui, "synthesis_groups")
    with visit(browser, _partition(web_ui, "synthesis_groups", VIDEO)) as page:
        page.get_by_role("button", name="Materialize…").click()
        page.get_by_role("button", name="Launch 1 run").click()
        page.get_by_text("Launched run").wait_for()

    def made_again() -> bool:
        made = latest(web_ui, "synthesis_groups")[VIDEO]
        return made.run_id != before[VIDEO].run_id and made.run_status == "SUCCESS"

    until("a new run has made the groups", made_again, RUN_S)
    after = latest(web_ui, "synthesis_groups")
    assert after[VIDEO].data_version == before[VIDEO].data_version
    assert after.keys() == before.keys() == VIDEOS.keys()
    assert all(after[video] == before[video] for video in VIDEOS if video != VIDEO)


def test_a_backfill_makes_every_partition_with_its_own_version(
    web_ui: WebUI, backfill: Backfill
) -> None:
    _until_finished(web_ui, backfill)
    after = latest(web_ui, "technique_pages")
    assert after.keys() == VIDEOS.keys()
    assert {made.backfill for made in after.values()} == {backfill.backfill_id}
    versions = {video: made.data_version for video, made in after.items()}
    assert len(set(versions.values())) == len(VIDEOS)
    assert versions == {video: made.data_version for video, made in backfill.before.items()}


def _until_finished(web_ui: WebUI, backfill: Backfill) -> None:
    def finished() -> bool:
        found = web_ui.ask(BACKFILL_STATUS, id=backfill.backfill_id)["partitionBackfillOrError"]
        assert found["status"] in {"REQUESTED", "COMPLETED_SUCCESS"}, found
        return bool(found["status"] == "COMPLETED_SUCCESS")

    until("the backfill is complete", finished, BACKFILL_S)


def test_whoever_starts_a_run_it_is_listed_alike(web_ui: WebUI, backfill: Backfill) -> None:
    """A command, Dagster's own command, a backfill and a sensor; `test_runs.py` has those of the page itself."""

    def listed(*which: str) -> list[dict[str, Any]]:
        told = chrysopedia(web_ui.environment, "runs", *which, "--limit", "100", "--json")
        found: list[dict[str, Any]] = json.loads(told)["runs"]
        return found

    subprocess.run(
        [*DAGSTER, "--select", "synthesis_groups", "--partition", VIDEO],
        cwd=PROJECT, env=dict(web_ui.environment), check=True, capture_output=True, timeout=RUN_S,
    )  # fmt: skip
    _until_finished(web_ui, backfill)

    def reports() -> list[dict[str, Any]]:
        runs = listed("--trigger", "sensor", "--state", "complete")
        return [run for run in runs if run["job"] == "report_freshness"]

    until("a sensor's run is over", lambda: bool(reports()), RUN_S)
    by_backfill = listed("--trigger", "bulk_resynthesis")
    assert sorted(run["video"] for run in by_backfill) == sorted(VIDEOS)
    assert [run["stages"] for run in by_backfill] == [["technique_pages"]] * len(VIDEOS)
    assert {"synthesis_groups"} in [set(run["stages"]) for run in listed(VIDEO, "--trigger", "stage_rerun")]  # fmt: skip
    by_command = listed("--trigger", "manual")
    assert sorted(run["video"] for run in by_command) == sorted(VIDEOS)
    assert {len(run["stages"]) for run in by_command} == {6}
    [report, *_] = reports()
    assert (report["video"], report["number"]) == (None, None)
    for run in (*by_backfill, *by_command, report, *listed(VIDEO)):
        assert run["events"] > 0 and run["created_at"] and run["stages"], run
        one = json.loads(chrysopedia(web_ui.environment, "runs", "show", run["run_id"], "--json"))
        assert one["tags"]["chrysopedia/process"] and one["by_stage"]
    numbers = [run["number"] for run in listed(VIDEO)]
    assert numbers == list(range(len(numbers), 0, -1))


# What is known of a video's quality ----------------------------------------------------------------


def test_numbers_of_all_videos_are_plotted(web_ui: WebUI, browser: Browser) -> None:
    with visit(browser, f"{web_ui.url}/assets/technique_pages") as page:
        page.get_by_text("What is made is published; there is no approval.").wait_for()
        page.get_by_text("Plots", exact=True).click()
        for plotted in ("pages", "words", "unused_moments", "seconds"):
            page.get_by_text(plotted, exact=True).first.wait_for()
        assert page.locator("canvas").count() >= 4


def test_the_page_of_a_partition_has_a_table_with_numbers_and_names_what_shows_more(
    web_ui: WebUI, browser: Browser
) -> None:
    with visit(browser, _partition(web_ui, "technique_pages", VIDEO)) as page:
        page.get_by_text(f"chrysopedia inspect {VIDEO}", exact=True).wait_for()
        page.get_by_text(f"chrysopedia runs {VIDEO}", exact=True).wait_for()
        page.get_by_text("Show schema").first.click()
        row = page.get_by_role("row").filter(has_text="reading_s").last
        row.get_by_text("int").wait_for()


def test_the_checks_of_one_video_say_what_they_found(web_ui: WebUI, browser: Browser) -> None:
    said = {
        "citations_resolve": "14 moments are cited on 5 pages, 0 are left out with a reason.",
        "pages_have_a_fair_length": "5 pages, 1205 words; the longest takes 102 s to read",
        "quotes_are_verbatim": "Of 20 quotations 20 are word for word in what was said",
    }
    checks = f"{web_ui.url}/assets/technique_pages?view=checks&checkDetail="
    with visit(browser, f"{checks}{min(said)}") as page:
        for check, words in said.items():
            page.goto(f"{checks}{check}")
            page.get_by_text("This is a non-blocking asset check").wait_for()
            page.get_by_role("tab", name="Partitions").last.click()
            page.get_by_text("Passed (2)").wait_for()
            page.get_by_text(VIDEO[:12]).locator("visible=true").last.click()
            page.get_by_text(words).wait_for()


def test_a_prompt_given_in_the_launchpad_is_on_record_with_the_video_that_was_made_with_it(
    web_ui: WebUI, browser: Browser
) -> None:
    before = latest(web_ui, "topic_chunks")
    with visit(browser, _partition(web_ui, "topic_chunks", VIDEO)) as page:
        page.get_by_role("button", name="Materialize…").click(modifiers=["Shift"])
        page.get_by_placeholder("Partition").press_sequentially(VIDEO)
        # What is offered, and not what the page below says of the video.
        page.locator(".dagster-popover").get_by_text(VIDEO[:12]).click()
        editor = page.locator(".CodeMirror")
        editor.get_by_text("prompt_text").wait_for()
        config = f"ops: {{topic_chunks: {{config: {{prompt_text: {json.dumps(PROMPT)}}}}}}}"
        page.get_by_text(
            "No errors"
        ).wait_for()  # the editor is filled, and what it was filled with is checked
        with page.expect_response(lambda answer: PROMPT in (answer.request.post_data or "")):
            editor.evaluate("(node, text) => node.CodeMirror.setValue(text)", config)
        page.get_by_text("No errors").wait_for()
        page.get_by_text("Materialize", exact=True).click()

        def made_again() -> bool:
            made = latest(web_ui, "topic_chunks")[VIDEO]
            return made.run_id != before[VIDEO].run_id and made.run_status == "SUCCESS"

        until("a run with another prompt has ended", made_again, RUN_S)
        page.goto(_partition(web_ui, "topic_chunks", VIDEO))
        page.get_by_text("override", exact=True).first.wait_for()
    found = chrysopedia(web_ui.environment, "stale", "--asset", "topic_chunks", "--json")
    verdicts = {cell["video"]: cell["verdict"] for cell in json.loads(found)["cells"]}
    assert verdicts == {VIDEO: "override"}  # a fresh one is not listed
