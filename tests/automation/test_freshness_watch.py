"""When the report is made anew: the decision, and the sensor around it on Dagster's real records."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._daemon.monitoring import run_monitoring

from chrysopedia_assets.automation.freshness_watch import (
    REST_S,
    RETRY_S,
    LastRun,
    freshness_watch,
    why_not,
)
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.jobs import REPORT_AT_MOST_S
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.freshness.verdicts import Accepted
from chrysopedia_assets.models.runs import PARTITION, PROCESS, TRIGGER
from resources.clients.library import look
from resources.database import open_database
from resources.processes import mark_of
from resources.settings import settings
from resources.store.acceptances import accept
from tests.library import put_vtt

LONG_AGO = 1e6


def test_the_first_look_makes_a_report_and_an_idle_library_none() -> None:
    assert why_not(moved=True, last=None) is None
    assert why_not(moved=False, last=LastRun("done", LONG_AGO)) is not None


def test_one_report_at_a_time_however_much_moves() -> None:
    assert why_not(moved=True, last=LastRun("running", LONG_AGO)) is not None
    assert why_not(moved=True, last=LastRun("done", REST_S + 1)) is None


def test_between_two_reports_there_is_a_rest_unless_the_clock_was_set_back() -> None:
    assert "in 15 s" in str(why_not(moved=True, last=LastRun("done", REST_S - 15)))
    assert why_not(moved=True, last=LastRun("done", -3600.0)) is None


def test_a_report_that_failed_is_tried_again_at_once_when_something_moves_and_later_by_itself() -> (
    None
):
    assert why_not(moved=True, last=LastRun("failed", REST_S + 1)) is None
    assert why_not(moved=False, last=LastRun("failed", REST_S + 1)) is not None
    assert why_not(moved=False, last=LastRun("failed", RETRY_S + 1)) is None


class Watch:
    """The sensor, tick after tick, with its cursor; what it asks for is run at once."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, definitions=build_defs()
        )
        found = freshness_watch(context)
        if isinstance(found, dg.SkipReason):
            return []
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        return list(found.run_requests or [])

    def report(self) -> None:
        job = build_defs().resolve_job_def("report_freshness")
        assert job.execute_in_process(instance=self.instance).success


@pytest.fixture
def watch(instance: dg.DagsterInstance, own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A library of one video that was never processed, with a report on it; time goes by quickly."""
    monkeypatch.setattr("chrysopedia_assets.automation.freshness_watch.REST_S", 0)
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    ingest(look([settings().library_dir]).files, open_database(), instance)
    watch = Watch(instance)
    watch.tick()
    watch.report()
    watch.tick()  # the report has told Dagster of the prompts
    watch.report()
    return watch


def test_a_request_can_be_found_by_its_trigger(instance: dg.DagsterInstance) -> None:
    [request] = Watch(instance).tick()
    assert request.tags[TRIGGER] == "sensor"


def test_its_own_report_moves_nothing(watch: Watch) -> None:
    assert watch.tick() == []


def test_a_new_page_asks_for_a_report_once(watch: Watch) -> None:
    job = build_defs().resolve_job_def("process_video")
    assert job.execute_in_process(instance=watch.instance, partition_key="ann--kick").success
    assert len(watch.tick()) == 1
    watch.report()
    assert watch.tick() == []


def test_a_run_that_was_killed_is_ended_and_asks_for_a_report_once(watch: Watch) -> None:
    job = build_defs().resolve_job_def("process_video")
    run = watch.instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={PARTITION: "ann--kick"}
    )
    assert watch.tick() == []
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        watch.instance.add_run_tags(run.run_id, {PROCESS: mark_of(process.pid)})
        assert watch.tick() == []
        process.kill()
    assert len(watch.tick()) == 1
    ended = watch.instance.get_run_by_id(run.run_id)
    assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE
    assert watch.tick() == []


def test_what_was_accepted_as_equal_asks_for_a_report_though_dagster_has_no_event(
    watch: Watch,
) -> None:
    with open_database().writing(lock="prompts/synthesis") as connection:
        accept(connection, [Accepted("prompts/synthesis", "a", "b")], reason="", accepted_by="Ann")
    assert len(watch.tick()) == 1
    assert watch.tick() == []


def test_a_prompt_that_breaks_asks_for_a_report_once(
    watch: Watch, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(own_world / "nowhere"))
    assert len(watch.tick()) == 1
    assert watch.tick() == []


def test_a_setting_that_is_wrong_for_all_asks_for_no_report_that_would_only_fail(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.cursor = None
    monkeypatch.setenv("CHRYSOPEDIA_LLM_MODLE", "gpt")
    assert watch.tick() == []


def test_a_check_that_somebody_executes_on_one_video_does_not_stay_the_badge(watch: Watch) -> None:
    job = build_defs().resolve_job_def("process_video")
    assert job.execute_in_process(instance=watch.instance, partition_key="ann--kick").success
    watch.tick()
    watch.report()
    alone = build_defs().resolve_implicit_global_asset_job_def().get_subset(
        asset_check_selection={dg.AssetCheckKey(dg.AssetKey("technique_pages"), "pages_are_fresh")}
    )  # fmt: skip
    assert alone.execute_in_process(instance=watch.instance, partition_key="ann--kick").success
    assert len(watch.tick()) == 1
    watch.report()
    assert watch.tick() == []


def test_a_report_under_way_is_waited_for(watch: Watch) -> None:
    watch.cursor = None
    job = build_defs().resolve_job_def("report_freshness")
    run = watch.instance.create_run_for_job(job)
    assert watch.tick() == []
    watch.instance.report_run_canceled(run)
    assert len(watch.tick()) == 1


def test_a_report_that_died_with_the_machine_is_ended_by_the_daemon_and_made_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the daemon's monitoring of runs does it, which `dagster.yaml` switches on."""
    instance = watch.instance
    job = build_defs().resolve_job_def("report_freshness")
    run = instance.create_run_for_job(job, tags=dict(job.run_tags))  # as Dagster launches it
    begun = DagsterEvent(DagsterEventType.RUN_START.value, run.job_name)
    instance.report_dagster_event(begun, run.run_id)
    watch.cursor = None
    assert watch.tick() == []
    assert instance.run_monitoring_enabled
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    now_s = time.time()
    for later_s, requests in ((REPORT_AT_MOST_S - 60, 0), (REPORT_AT_MOST_S + 60, 1)):
        with monkeypatch.context() as clock:
            clock.setattr(run_monitoring, "get_current_timestamp", lambda at=now_s + later_s: at)
            run_monitoring.check_run_timeout(instance, record, logging.getLogger(), 0)
        assert len(watch.tick()) == requests
