"""Jobs that people start by hand or that sensors ask for."""

import dagster as dg

from chrysopedia_assets.models.records import STAGES

process_video = dg.define_asset_job(
    "process_video",
    # The check on pages is for whoever makes one by hand: the report looks at all of them at once.
    selection=dg.AssetSelection.assets(*STAGES).without_checks(),
    description="Every stage of one video, from its file to its technique pages.",
)

report_freshness = dg.define_asset_job(
    "report_freshness",
    selection=dg.AssetSelection.assets("freshness_report"),
    description="What is out of date, as the check on technique_pages and the report show it. Makes no page.",
)
