"""How much of the library is up to date: counts that plot over time, a table of causes, a table of stale videos.

It looks at every stage of every video at once, and tells the checks `pages_are_fresh` and `no_video_left_failed`. **Materialize**
it to look now; the sensor `freshness_watch` does so whenever something has moved. **Costs** nothing: no page is made, no model is asked.
"""

import dagster as dg

from chrysopedia_assets.assets._freshness import of_report
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.assets.no_video_left_failed import broken_videos, report_broken
from chrysopedia_assets.assets.pages_are_fresh import report_results
from chrysopedia_assets.automation.staleness import Staleness
from resources.database import open_database
from resources.freshness import refresh_cost


@dg.asset(
    description=__doc__,
    group_name="measure",
    owners=["team:measure"],
    kinds={"report"},
    deps=["technique_pages"],
)
def freshness_report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    with stage_work():
        found = Staleness(context.instance, open_database()).look()
        cost = refresh_cost(found, open_database())
        broken = broken_videos(found)
    report_results(context, found, cost)
    report_broken(context, broken)
    return dg.MaterializeResult(metadata=of_report(found, cost))
