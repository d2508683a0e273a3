"""Refreshing from the web UI: the jobs as the launchpad starts them, and the sensor that is off until switched on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import ValidationError

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.automation.refresh_on_change import refresh_on_change, why_not
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.freshness.summary import count_words
from chrysopedia_assets.models.records import STAGES
from resources.clients.library import look
from resources.database import open_database
from resources.refreshes import refresh_accounts
from resources.settings import PROJECT, settings
from resources.store.costs import ALL
from resources.store.refreshes import list_refreshes
from tests.fakes.chat_server import ChatServer
from tests.library import LINES, put_vtt

VIDEOS = ["ann--hat", "ann--kick"]


@pytest.fixture
def prompts(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(copy))
    return copy


@pytest.fixture
def made(instance: dg.DagsterInstance, own_world: Path, prompts: Path) -> dg.DagsterInstance:
    """Two videos, made before a prompt was edited."""
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    put_vtt(own_world / "library" / "Ann" / "Hat.vtt", *reversed(LINES))
    ingest(look([settings().library_dir]).files, open_database(), instance)
    for done in Processor(build_defs(), instance, open_database()).process_many(
        VIDEOS, Order("manual")
    ):
        assert done.failed is None
    text = prompts / "synthesis" / "user.md"
    text.write_text(f"{text.read_text()}\nBriefly.\n")
    assert stale(instance) == 2
    return instance


def stale(instance: dg.DagsterInstance) -> int:
    return count_words(Staleness(instance, open_database()).look().verdicts)["stale"]


def launch(instance: dg.DagsterInstance, job: str, op: str, **config: Any) -> dict[str, Any]:
    """The metadata of what it gave."""
    result = build_defs().resolve_job_def(job).execute_in_process(
        instance=instance, run_config={"ops": {op: {"config": config}}}
    )  # fmt: skip
    [output] = [event for event in result.all_events if event.is_successful_output]
    metadata = output.step_output_data.metadata
    return {name: value.value for name, value in metadata.items() if hasattr(value, "value")}


def refresh(instance: dg.DagsterInstance, **config: Any) -> dict[str, Any]:
    return launch(instance, "refresh_stale", "refresh_what_is_stale", **config)


def test_one_click_refreshes_exactly_what_is_stale_and_says_what_it_did(
    made: dg.DagsterInstance,
) -> None:
    told = refresh(made)
    assert (told["videos"], told["stages_run"], told["failed"]) == (2, 2, "none")
    assert "no calls of a language model" in told["expected"]
    assert stale(made) == 0
    inner = [run for run in made.get_runs() if "chrysopedia/refresh" in run.tags]
    assert {run.tags["dagster/partition"] for run in inner} == set(VIDEOS)


def test_a_dry_run_says_it_all_and_runs_nothing(made: dg.DagsterInstance) -> None:
    told = refresh(made, dry_run=True)
    assert told["videos"] == 2 and "stages_run" not in told
    assert stale(made) == 2


def test_the_launchpad_takes_causes_videos_and_a_limit(made: dg.DagsterInstance) -> None:
    assert refresh(made, causes=["code"])["videos"] == 0
    assert refresh(made, limit=1)["beyond_limit"] == 1
    assert stale(made) == 1
    with pytest.raises(dg.Failure, match="there is no cause weather"):
        refresh(made, causes=["weather"])
    with pytest.raises(ValidationError, match="limit"):  # -1 would be all but one
        refresh(made, limit=-1)
    assert stale(made) == 1


def test_one_stage_of_all_videos_runs_again(made: dg.DagsterInstance) -> None:
    told = launch(made, "rerun_stage", "rerun_one_stage", stage="topic_chunks", creator="Ann")
    assert (told["stages_run"], told["stages_spared"]) == (2, 8)
    with pytest.raises(dg.Failure, match="Did you mean topic_chunks"):
        launch(made, "rerun_stage", "rerun_one_stage", stage="topic_chunk")


def test_a_clean_reprocess_is_a_job_of_one_video(made: dg.DagsterInstance) -> None:
    job = build_defs().resolve_job_def("clean_reprocess")
    result = job.execute_in_process(instance=made, partition_key=VIDEOS[0])
    assert result.success
    run = made.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["chrysopedia/fresh"] == "true"
    assert run.tags["chrysopedia/trigger"] == "clean_reprocess"


JOB = """
import dagster as dg
from chrysopedia_assets.definitions import build_defs
with dg.DagsterInstance.get() as instance:
    job = build_defs().resolve_job_def("refresh_stale")
    job.execute_in_process(instance=instance, raise_on_error=False)
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_refresh_that_is_stopped_ends_at_once_and_leaves_no_run_behind(
    made: dg.DagsterInstance, prompts: Path, monkeypatch: pytest.MonkeyPatch, told: signal.Signals
) -> None:
    with ChatServer(latency_s=60) as server:
        monkeypatch.setenv("CHRYSOPEDIA_LLM_MODEL", "test-model")
        monkeypatch.setenv("CHRYSOPEDIA_LLM_BASE_URL", server.base_url)
        with subprocess.Popen(
            [sys.executable, "-c", JOB], cwd=PROJECT, stderr=subprocess.DEVNULL
        ) as running:
            ends = time.monotonic() + 60
            while len(server.requests) < 2 and time.monotonic() < ends:
                time.sleep(0.1)
            assert len(server.requests) >= 2, "both videos are waiting for a reply"
            running.send_signal(told)
            running.wait(20)
    newest = made.get_runs(limit=3)
    assert [run.status for run in newest if "chrysopedia/refresh" in run.tags] == [
        dg.DagsterRunStatus.CANCELED
    ] * 2
    assert all(run.is_finished for run in newest)


# --- by itself, if somebody wants that


def test_it_is_off_until_somebody_switches_it_on() -> None:
    assert refresh_on_change.default_status == dg.DefaultSensorStatus.STOPPED


def test_a_refresh_is_asked_for_once_for_a_plan_and_one_at_a_time() -> None:
    assert why_not(3, running=False, asked_before=False) is None
    assert why_not(0, running=False, asked_before=False) is not None
    assert "under way" in str(why_not(3, running=True, asked_before=False))
    assert "waits for a person" in str(why_not(3, running=False, asked_before=True))


def test_it_spends_nothing_without_a_budget_and_never_more_than_it(
    made: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tick(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
        found = refresh_on_change(dg.build_sensor_context(instance=made, cursor=cursor))
        assert isinstance(found, dg.SensorResult | dg.SkipReason)
        return found

    skipped = tick()
    assert isinstance(skipped, dg.SkipReason)
    assert "CHRYSOPEDIA_REFRESH_BUDGET" in str(skipped.skip_message)
    monkeypatch.setenv("CHRYSOPEDIA_REFRESH_BUDGET", "2.50")
    asked = tick()
    assert isinstance(asked, dg.SensorResult) and asked.run_requests
    [request] = asked.run_requests
    [config] = request.run_config["ops"].values()
    assert config == {"config": {"budget": "2.50"}}
    assert isinstance(tick(asked.cursor), dg.SkipReason)


def test_what_was_over_the_budget_is_not_paid_for_with_the_next_one(
    made: dg.DagsterInstance, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_REFRESH_BUDGET", "2.50")
    cursor = None

    def asks() -> bool:
        nonlocal cursor
        found = refresh_on_change(dg.build_sensor_context(instance=made, cursor=cursor))
        if isinstance(found, dg.SensorResult):
            cursor = found.cursor
        return isinstance(found, dg.SensorResult)

    assert asks()
    refresh(made, limit=1)
    assert stale(made) == 1
    assert not asks(), "the rest of what was asked for waits for a person"
    text = prompts / "synthesis" / "user.md"
    text.write_text(f"{text.read_text()}\nVery briefly.\n")
    assert asks()


# --- through the daemon


def test_a_backfill_of_exactly_the_stale_cells_is_done_by_the_daemon(
    made: dg.DagsterInstance, prompts: Path
) -> None:
    environment = {**os.environ, "CHRYSOPEDIA_PROMPTS": str(prompts)}
    command = [sys.executable, "-c", "from chrysopedia_assets.cli.main import run; run()"]
    asked = subprocess.run(
        [*command, "refresh", "--backfill"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Backfill" in asked.stdout
    daemon = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", "workspace.yaml"]
    with subprocess.Popen(
        daemon, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ) as running:
        try:
            ends = time.monotonic() + 150
            while stale(made) and time.monotonic() < ends:
                time.sleep(2)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
    assert stale(made) == 0
    with open_database().reading() as connection:
        [record] = list_refreshes(connection)
    assert record.estimate["stages"] == [2, 2]
    ran = [
        run for run in made.get_runs() if run.tags.get("chrysopedia/refresh") == record.refresh_id
    ]
    assert {run.tags["dagster/partition"] for run in ran} == set(VIDEOS)
    assert all(run.asset_selection == {dg.AssetKey(STAGES[-1])} for run in ran)
    [account] = refresh_accounts(ALL)
    assert (account.videos, account.failed, account.left) == (len(VIDEOS), (), ())
    assert account.state in ("done", "under way"), "Dagster closes it when it looks next"
