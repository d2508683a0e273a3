"""Jobs that people start by hand or that sensors ask for."""

import dagster as dg

from chrysopedia_assets.models.records import STAGES

process_video = dg.define_asset_job(
    "process_video",
    selection=dg.AssetSelection.assets(*STAGES),
    description="Every stage of one video, from its file to its technique pages.",
)
