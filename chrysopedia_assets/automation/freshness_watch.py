"""Keeps what the web UI says of the library true: when anything has moved, the report is made anew with its checks.

A decision that can be tested (`why_not`), and the shell that Dagster calls. It asks for one run at a time and lets the
machine rest between two, so that a long batch is not slowed down by watching it.
"""

import time
from typing import Literal, NamedTuple

import dagster as dg

from chrysopedia_assets.automation.dead_runs import end_dead_runs
from chrysopedia_assets.automation.jobs import report_freshness
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.runs import TRIGGER
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from resources.check_results import badge_is_of_one_video
from resources.database import open_database
from resources.event_log import run_tables_on_disk
from resources.observations import event_log
from resources.sources import read_sources
from resources.store.acceptances import accepted
from resources.store.dagster_events import newest_event_id
from resources.store.dagster_runs import newest_failures

POLL_S = 10
REST_S = 20
"""From the beginning of one report to that of the next: what moves at once is told within seconds, the rest in time."""
RETRY_S = 600
"""Until a report that failed is tried again although nothing has moved since: what broke it may be over."""


class LastRun(NamedTuple):
    """The newest run of a job."""

    state: Literal["running", "failed", "done"]
    begun_s_ago: float


def why_not(moved: bool, last: LastRun | None) -> str | None:
    """Why the job is not to be run now; None when it is."""
    if last is None:
        return None if moved else "Nothing has moved."
    if last.state == "running":
        return "It is running."
    if not moved and last.state == "done":
        return "Nothing has moved since it ran."
    rest_s = REST_S if moved else RETRY_S
    if 0 <= last.begun_s_ago < rest_s:  # below zero the clock was set back, and says nothing
        return f"It runs again in {rest_s - last.begun_s_ago:.0f} s."
    return None


@dg.sensor(
    job=report_freshness,
    minimum_interval_seconds=POLL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "When a prompt, a page or anything between has moved, or a run has failed, makes freshness_report anew with the "
        "checks on technique_pages, which takes seconds and calls no model. Refreshes no page."
    ),
)
def freshness_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    end_dead_runs(context.instance)
    try:
        seen = what_is_seen(context.instance)
    except ConfigurationError as error:  # a setting that is wrong for all: a report would only fail
        return dg.SkipReason(str(error))
    moved = seen != context.cursor or badge_is_of_one_video(context.instance)
    if reason := why_not(moved, last_run_of(report_freshness.name, context.instance)):
        return dg.SkipReason(reason)
    return dg.SensorResult(run_requests=[dg.RunRequest(tags={TRIGGER: "sensor"})], cursor=seen)


def what_is_seen(instance: dg.DagsterInstance) -> str:
    """Another text whenever the report, or the site, may be another.

    By an event, by what was accepted as equal, by newer code, by what is wrong with a prompt, by the runs
    that failed last. Raises ConfigurationError.
    """
    with open_database().reading() as connection:
        equal = accepted(connection)
    code = [f"{stage.name} {stage.code_version}" for stage in STAGE_DEFS.values()]
    broken = sorted({str(error) for error in read_sources().broken.values()})
    failed = sorted(run.run_id for run in newest_failures(run_tables_on_disk()).values())
    rest = content_hash(repr(equal), *code, *broken, *failed)
    return f"{newest_event_id(event_log(instance))} {rest}"


def last_run_of(job: str, instance: dg.DagsterInstance) -> LastRun | None:
    """Whoever asked for it; without its record it would be asked for again at every tick."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job), limit=1)
    if not records:
        return None
    [record] = records
    run = record.dagster_run
    state: Literal["running", "failed", "done"] = "running"
    if run.is_finished:
        state = "done" if run.is_success else "failed"
    return LastRun(state, time.time() - record.create_timestamp.timestamp())
