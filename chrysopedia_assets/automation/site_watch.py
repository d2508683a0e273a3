"""Keeps the reading site at what the library says: whatever is finished is published, and there is no other step to it.

The decision when to rest is that of `freshness_watch.py`, which looks at the same things.
"""

import dagster as dg

from chrysopedia_assets.automation.freshness_watch import POLL_S, last_run_of, what_is_seen, why_not
from chrysopedia_assets.automation.jobs import publish_site
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.runs import TRIGGER


@dg.sensor(
    job=publish_site,
    minimum_interval_seconds=POLL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "When a page or a prompt has moved, writes the reading site anew, which takes seconds and calls no model. Only files "
        "that come out different are touched."
    ),
)
def site_watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    try:
        seen = what_is_seen(context.instance)
    except ConfigurationError as error:  # a setting that is wrong for all: a build would only fail
        return dg.SkipReason(str(error))
    last = last_run_of(publish_site.name, context.instance)
    if reason := why_not(seen != context.cursor, last):
        return dg.SkipReason(reason)
    return dg.SensorResult(run_requests=[dg.RunRequest(tags={TRIGGER: "sensor"})], cursor=seen)
