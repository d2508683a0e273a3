"""Runs as the web UI starts and ends them: killed, terminated, tried again; each is marked, and told apart by commands.

The story is told once, on one video, with a model that is too slow to answer until the run is to succeed.
"""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from resources.processes import pid_of
from tests.browser.web_ui import RUN_S, WebUI, chrysopedia, new_world, serving, until, visit
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt

VIDEO = "ann--kick"
NEVER_S = 120.0

LAUNCH = """mutation Launch($stages: [AssetKeyInput!], $tags: [ExecutionTag!]) {
  launchRun(executionParams: {
    selector: {jobName: "__ASSET_JOB", repositoryName: "__repository__",
               repositoryLocationName: "chrysopedia", assetSelection: $stages},
    executionMetadata: {tags: $tags}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
TERMINATE = """mutation Terminate($id: String!) {
  terminateRun(runId: $id) { __typename ... on TerminateRunFailure { message } } }"""
AGAIN = """mutation Again($id: String!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $id, strategy: ALL_STEPS}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@dataclass(frozen=True)
class World:
    """The UI, and the model that its runs ask."""

    ui: WebUI
    server: ChatServer

    def launch(self, *stages: str) -> str:
        """As from the dialog behind Materialize."""
        launched = self.ui.ask(
            LAUNCH,
            stages=[{"path": [stage]} for stage in stages],
            tags=[{"key": "dagster/partition", "value": VIDEO}],
        )["launchRun"]
        run_id: str = launched["run"]["runId"]
        return run_id

    def runs(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            chrysopedia(self.ui.environment, "runs", *options, "--json")
        )["runs"]
        return found

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            chrysopedia(self.ui.environment, "runs", "show", run_id, "--json")
        )
        return found

    def until(self, run_id: str, state: str) -> dict[str, Any]:
        until(f"the run is {state}", lambda: self.run(run_id)["state"] == state, RUN_S)
        return self.run(run_id)

    def until_asked(self) -> None:
        before = len(self.server.requests)
        until("a model is asked", lambda: len(self.server.requests) > before, RUN_S)


@pytest.fixture(scope="module")
def world(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("runs")
    put_vtt(folder / "library" / "Ann" / "Kick.vtt")
    with ChatServer(latency_s=NEVER_S) as server:
        environment = new_world(
            folder,
            CHRYSOPEDIA_LLM_BASE_URL=server.base_url,
            CHRYSOPEDIA_LLM_MODEL="test-model",
        )
        chrysopedia(environment, "ingest", str(folder / "library"))
        with serving(environment, folder / "ui.log") as ui:
            yield World(ui, server)


def test_a_run_of_the_web_ui_is_killed_terminated_and_tried_again(
    world: World, browser: Browser
) -> None:
    stages = ("transcripts", "topic_chunks")
    killed = world.launch(*stages)
    world.until_asked()
    running = world.run(killed)
    assert (running["state"], running["trigger"], running["number"]) == ("running", "stage_rerun", 1)  # fmt: skip
    pid = pid_of(running["tags"]["chrysopedia/process"])
    os.kill(pid, signal.SIGKILL)
    told = world.until(killed, "error")
    assert (told["failed_at"], told["stages"]) == ("topic_chunks", ["transcripts"])
    assert told["why"] == f"The process that ran it ({pid}) was killed."

    terminated = world.launch(*stages)
    world.until_asked()
    answer = world.ui.ask(TERMINATE, id=terminated)["terminateRun"]
    assert answer["__typename"] == "TerminateRunSuccess", answer
    told = world.until(terminated, "cancelled")
    assert (told["number"], told["failed_at"]) == (2, None)

    world.server.latency_s = 0.0
    again = world.ui.ask(AGAIN, id=killed)["launchRunReexecution"]["run"]["runId"]
    told = world.until(again, "complete")
    assert (told["number"], told["tries_again"], told["stages"]) == (3, killed, list(stages))
    assert told["tags"]["chrysopedia/process"] != running["tags"]["chrysopedia/process"]
    assert told["calls"] == sum(stage["calls"] for stage in told["by_stage"]) > 0
    assert told["tokens_in"] > 0
    assert [run["run_id"] for run in world.runs(VIDEO)] == [again, terminated, killed]
    assert [run["run_id"] for run in world.runs("--state", "cancelled")] == [terminated]
    _the_page_of_a_run_shows_its_marks(world, browser, again)
    _the_list_of_runs_is_filtered_by_them(world, browser, again, killed)


def _the_page_of_a_run_shows_its_marks(world: World, browser: Browser, run_id: str) -> None:
    with visit(browser, f"{world.ui.url}/runs/{run_id}") as page:
        page.get_by_role("button", name="View tags and config").click()
        for mark in ("chrysopedia/run: 3", "chrysopedia/trigger: stage_rerun"):
            page.get_by_text(mark, exact=False).first.wait_for()


def _the_list_of_runs_is_filtered_by_them(
    world: World, browser: Browser, wanted: str, other: str
) -> None:
    with visit(browser, f"{world.ui.url}/runs?q[0]=tag:chrysopedia/run=3") as page:
        page.get_by_text(wanted[:8]).first.wait_for()
        assert page.get_by_text(other[:8]).count() == 0
        page.goto(f"{world.ui.url}/runs?q[0]=tag:chrysopedia/trigger=stage_rerun")
        page.get_by_text(other[:8]).first.wait_for()
        page.get_by_text(wanted[:8]).first.wait_for()
