"""Jobs that people start by hand or that sensors ask for."""

import dagster as dg
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from chrysopedia_assets.assets._checks import own_checks
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import FRESH, TRIGGER

# The check on pages is for whoever makes one by hand: the report looks at all of them at once. The judge costs money.
ALL_STAGES = dg.AssetSelection.assets(*STAGES).without_checks() | dg.AssetSelection.checks(
    *own_checks()
)

process_video = dg.define_asset_job(
    "process_video",
    selection=ALL_STAGES,
    description=(
        "Every stage of one video, from its file to its technique pages. Costs only what was never asked before; for what is "
        "out of date alone, of all videos, there is `refresh_stale`."
    ),
)

clean_reprocess = dg.define_asset_job(
    "clean_reprocess",
    selection=ALL_STAGES,
    tags={FRESH: "true", TRIGGER: "clean_reprocess"},
    description=(
        "Every stage of one video with nothing from before: pays for every reply again. Its pages can be read until the "
        "new ones are stored, and stay on record."
    ),
)

REPORT_AT_MOST_S = 600
"""Seconds are normal. One whose process died with the machine would stand there as running, and none be made again."""

report_freshness = dg.define_asset_job(
    "report_freshness",
    selection=dg.AssetSelection.assets("freshness_report"),
    tags={MAX_RUNTIME_SECONDS_TAG: str(REPORT_AT_MOST_S)},
    description="What is out of date, as the check on technique_pages and the report show it. Makes no page.",
)

PUBLISH_AT_MOST_S = 3_600
"""For the first time, and for ten thousand pages."""

publish_site = dg.define_asset_job(
    "publish_site",
    selection=dg.AssetSelection.assets("reading_site", "search_index"),
    tags={MAX_RUNTIME_SECONDS_TAG: str(PUBLISH_AT_MOST_S)},
    description="The reading site and the search index, brought up to date. Makes no page.",
)
