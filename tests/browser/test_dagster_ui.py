"""The Dagster web UI as a curator meets it: `chrysopedia ui` started as a program, looked at in a real browser.

One server for the module, on two samples that the command line has ingested and processed. What is clicked is what the
product adds to Dagster's pages; a backfill is asked for through the API behind the pages.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from resources.settings import PROJECT, SAMPLES
from tests.conftest import need

CHRYSOPEDIA = Path(sys.executable).with_name("chrysopedia")
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
    "transcribe": {"library_files", "transcripts"},
    "understand": {"topic_chunks", "key_moments", "classifications"},
    "synthesize": {"synthesis_groups", "technique_pages"},
}
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 60.0
LOOK_S = 30.0
RUN_S = 60.0
BACKFILL_S = 100.0
STOP_S = 20.0
POLL_S = 0.25

LOADED = """{ workspaceOrError { ... on Workspace {
  locationEntries { loadStatus locationOrLoadError { __typename } } } } }"""
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
class WebUI:
    """A running `chrysopedia ui`, and the environment that other commands share with it."""

    url: str
    environment: Mapping[str, str]

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """What the pages themselves ask with: GraphQL."""
        asked = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", asked, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=RUN_S) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found

    def latest(self, asset: str) -> dict[str, Made]:
        [node] = self.ask(MATERIALIZED, asset=asset, videos=sorted(VIDEOS))["assetNodes"]
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


@dataclass(frozen=True)
class Backfill:
    """A backfill of all technique pages, and what there was before it."""

    backfill_id: str
    before: Mapping[str, Made]


def _partition(web_ui: WebUI, asset: str, video: str) -> str:
    return f"{web_ui.url}/assets/{asset}?view=partitions&partition={video}"


def _tags(tagged: Mapping[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tagged["tags"]}


def _until(what: str, ready: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(POLL_S)


def _chrysopedia(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [CHRYSOPEDIA, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _processes_of_session(session: int) -> list[str]:
    """What still lives of everything that one `Popen(start_new_session=True)` led to."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "sess=,stat=,pid=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(maxsplit=3) for line in listed.stdout.splitlines())
    return [" ".join(row) for row in rows if row[0] == str(session) and row[1][0] != "Z"]


def _with_default_signals() -> None:
    """Pytest itself may have been started in the background of a script, where INT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _serving(environment: Mapping[str, str], log: Path) -> Iterator[WebUI]:
    """`chrysopedia ui` in a session of its own; at the end INT as from Ctrl-C, which must leave nobody behind."""
    port = _free_port()
    with log.open("w") as output:
        server = subprocess.Popen(
            [CHRYSOPEDIA, "ui", "--port", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_with_default_signals,
        )
    try:
        ui = WebUI(f"http://127.0.0.1:{port}", environment)
        _until("the UI answers", lambda: _ready(server, ui, log), START_S)
        yield ui
        os.killpg(server.pid, signal.SIGINT)
        server.wait(STOP_S)
        _until("no process is left", lambda: not _processes_of_session(server.pid), STOP_S)
    finally:
        if _processes_of_session(server.pid):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(STOP_S)


def _ready(server: subprocess.Popen[bytes], ui: WebUI, log: Path) -> bool:
    """The pages answer and know the graph; fails at once if the server gave up or the definitions do not load."""
    assert server.poll() is None, log.read_text()
    try:
        [entry] = ui.ask(LOADED)["workspaceOrError"]["locationEntries"]
    except (urllib.error.URLError, TimeoutError):
        return False
    if entry["loadStatus"] != "LOADED":
        return False
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", log.read_text()
    return True


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    need(found is not None, "Chromium (Debian: chromium)")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def web_ui(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebUI]:
    """The server, with two finished videos; what Dagster writes beside its settings stays out of the repository."""
    world = tmp_path_factory.mktemp("ui")
    home = world / "home"
    home.mkdir()
    shutil.copy(PROJECT / "dagster.yaml", home)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHRYSOPEDIA_")} | {
        "CHRYSOPEDIA_DATA_DIR": str(world / "data"),
        "CHRYSOPEDIA_LIBRARY": str(world / "library"),
        "DAGSTER_HOME": str(home),
    }
    _chrysopedia(environment, "ingest", *map(str, VIDEOS.values()))
    _chrysopedia(environment, "process")
    with _serving(environment, world / "ui.log") as ui:
        yield ui


@pytest.fixture(scope="module", autouse=True)
def backfill(web_ui: WebUI) -> Backfill:
    """Asked for before anything else: Dagster looks at backfills every 30 s, and the other tests run meanwhile."""
    before = web_ui.latest("technique_pages")
    launched = web_ui.ask(BACKFILL, videos=sorted(VIDEOS))["launchPartitionBackfill"]
    return Backfill(launched["backfillId"], before)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@contextmanager
def _visit(browser: Browser, url: str) -> Iterator[Page]:
    """The page as somebody sees it who has never been there: nothing is remembered from another visit."""
    with browser.new_context(viewport={"width": 1600, "height": 1000}) as context:
        context.set_default_timeout(LOOK_S * 1000)
        page = context.new_page()
        # Dagster's own greeting covers the first page in a new home.
        greeting = page.get_by_role("button", name="Skip", exact=True)
        page.add_locator_handler(greeting, lambda found: found.click())
        page.goto(url)
        yield page


@pytest.mark.parametrize("group", GROUPS)
def test_the_graph_shows_each_stage_in_its_group(
    web_ui: WebUI, browser: Browser, group: str
) -> None:
    with _visit(browser, f"{web_ui.url}/asset-groups") as page:
        page.get_by_text("Materialize all").wait_for()
        page.get_by_text(group, exact=True).last.click()
        for stage in GROUPS[group]:
            page.get_by_text(stage, exact=True).first.wait_for()
        for other in set().union(*GROUPS.values()) - GROUPS[group]:
            assert page.get_by_text(other, exact=True).count() == 0


def test_the_page_of_a_partition_previews_its_technique_pages(
    web_ui: WebUI, browser: Browser
) -> None:
    listed = _chrysopedia(web_ui.environment, "pages", "list", "--video", VIDEO, "--json")
    title = json.loads(listed)[0]["title"]
    with _visit(browser, _partition(web_ui, "technique_pages", VIDEO)) as page:
        page.get_by_text("[Show Markdown]").click()
        page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def test_one_partition_can_be_made_again_from_its_page(web_ui: WebUI, browser: Browser) -> None:
    before = web_ui.latest("synthesis_groups")
    with _visit(browser, _partition(web_ui, "synthesis_groups", VIDEO)) as page:
        page.get_by_role("button", name="Materialize…").click()
        page.get_by_role("button", name="Launch 1 run").click()
        page.get_by_text("Launched run").wait_for()

    def made_again() -> bool:
        made = web_ui.latest("synthesis_groups")[VIDEO]
        return made.run_id != before[VIDEO].run_id and made.run_status == "SUCCESS"

    _until("a new run has made the groups", made_again, RUN_S)
    after = web_ui.latest("synthesis_groups")
    assert after[VIDEO].data_version == before[VIDEO].data_version
    assert after.keys() == before.keys() == VIDEOS.keys()
    assert all(after[video] == before[video] for video in VIDEOS if video != VIDEO)


def test_a_backfill_makes_every_partition_with_its_own_version(
    web_ui: WebUI, backfill: Backfill
) -> None:
    def finished() -> bool:
        found = web_ui.ask(BACKFILL_STATUS, id=backfill.backfill_id)["partitionBackfillOrError"]
        assert found["status"] in {"REQUESTED", "COMPLETED_SUCCESS"}, found
        return bool(found["status"] == "COMPLETED_SUCCESS")

    _until("the backfill is complete", finished, BACKFILL_S)
    after = web_ui.latest("technique_pages")
    assert after.keys() == VIDEOS.keys()
    assert {made.backfill for made in after.values()} == {backfill.backfill_id}
    versions = {video: made.data_version for video, made in after.items()}
    assert len(set(versions.values())) == len(VIDEOS)
    assert versions == {video: made.data_version for video, made in backfill.before.items()}
