"""Refreshing by itself, within a budget: off until a person switches it on, for it spends money.

A decision that can be tested (`why_not`), and the shell that Dagster calls. Every cause of a video is asked for once: what
failed or was over the budget waits until something moves, or for a person. Were the rest of a plan another plan, it
would be paid for with one budget after the other.
"""

import json

import dagster as dg

from chrysopedia_assets.automation.planned import Budget, Choices, Planned, plan_refresh
from chrysopedia_assets.automation.process import IN_FLIGHT
from chrysopedia_assets.automation.refresh_jobs import refresh_stale
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.runs import TRIGGER
from resources.database import open_database
from resources.freshness import Forecast, Look
from resources.settings import refresh_budget

POLL_S = 60
DIGITS = 12
"""Of a name: thousands of them have to find room in the cursor."""


def why_not(planned: int, *, running: bool, asked_before: bool) -> str | None:
    """Why no refresh is to be started; None when one is."""
    if running:
        return "A refresh is under way."
    if not planned:
        return "Nothing is out of date."
    if asked_before:
        return "The same was refreshed before: what failed, or was over the budget, waits for a person."
    return None


@dg.sensor(
    job_name=refresh_stale.name,
    minimum_interval_seconds=POLL_S,
    description=(
        "Refreshes what is out of date as soon as it is, each time within CHRYSOPEDIA_REFRESH_BUDGET (2.50 for US$, or "
        "200calls). Off until you switch it on: it spends money."
    ),
)
def refresh_on_change(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    budget = refresh_budget()
    try:
        if budget is None:
            return dg.SkipReason("Set CHRYSOPEDIA_REFRESH_BUDGET: nothing is spent without one.")
        Budget.parse(budget)
        found = Staleness(context.instance, open_database()).look()
        planned = plan_refresh(found, Choices(), Forecast(found, open_database()))
    except ConfigurationError as error:
        return dg.SkipReason(str(error))
    causes = _causes(found, planned)
    running = dg.RunsFilter(job_name=refresh_stale.name, statuses=list(IN_FLIGHT))
    if reason := why_not(
        len(planned.entries),
        running=bool(context.instance.get_runs(running, limit=1)),
        asked_before=causes <= set(json.loads(context.cursor or "[]")),
    ):
        return dg.SkipReason(reason)
    config = {"ops": {"refresh_what_is_stale": {"config": {"budget": budget}}}}
    request = dg.RunRequest(run_config=config, tags={TRIGGER: "sensor"})
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(sorted(causes)))


def _causes(found: Look, planned: Planned) -> set[str]:
    """One name for each video and all that makes it out of date: another one after another edit."""
    roots = {
        entry.video_id: [found.verdicts[entry.video_id][stage].roots for stage in entry.at_most]
        for entry in planned.entries
    }
    return {content_hash(video_id, repr(causes))[:DIGITS] for video_id, causes in roots.items()}
