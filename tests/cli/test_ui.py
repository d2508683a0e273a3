"""What `chrysopedia ui` starts, told from its arguments: nothing is served here (tests/browser does that)."""

import asyncio
import os
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_graphql.schema import create_schema
from dagster_webserver.cli import create_dagster_webserver_cli

from resources.settings import PROJECT
from tests.cli.conftest import Command

LAUNCH = """mutation { launchRun(executionParams: {mode: "default", runConfigData: {}, selector: {
  repositoryLocationName: "nowhere", repositoryName: "none", pipelineName: "none"}}) { __typename } }"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The program that the command has become, and its arguments."""
    monkeypatch.chdir(PROJECT)
    found: list[str] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: found.extend(arguments[1:]))
    return found


def launched(instance: dg.DagsterInstance, *, read_only: bool) -> str:
    """What Dagster answers to somebody who launches a run of a job that is not there."""
    with WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), read_only=read_only) as process:
        request: Any = process.create_request_context()
        answer = asyncio.run(create_schema().execute_async(LAUNCH, context_value=request))
    assert answer.errors is None
    return str(answer.data["launchRun"]["__typename"])


def test_the_web_ui_for_readers_has_no_daemon_and_launches_nothing(
    chrysopedia: Command, started: list[str], instance: dg.DagsterInstance
) -> None:
    assert chrysopedia("ui", "--read-only", "--port", 45_991).code == 0
    assert started[:2] == ["-m", "dagster_webserver"]
    program = create_dagster_webserver_cli().make_context("dagster-webserver", started[2:])
    assert program.params["host"] == "127.0.0.1" and program.params["port"] == 45_991
    assert launched(instance, read_only=program.params["read_only"]) == "UnauthorizedError"
    assert launched(instance, read_only=False) == "PipelineNotFoundError"


def test_the_web_ui_listens_to_nobody_else_unless_told_to(
    chrysopedia: Command, started: list[str]
) -> None:
    assert chrysopedia("ui", "--port", 45_991).code == 0
    assert started[started.index("--host") + 1] == "127.0.0.1"
    assert started[2:5] == ["-m", "dagster", "dev"]
