"""The file behind each video, as it was when it was last taken in: its version is that of its bytes and its creator.

Nothing to materialize: Dagster lists its partitions as missing, which means nothing here. *Observe* reads the library's
register, not the folder; `chrysopedia ingest` and the sensor `library_folder` look into the folder. Costs nothing.
"""

import dagster as dg

from chrysopedia_assets.automation.partitions import videos
from resources.library import Library


@dg.observable_source_asset(
    description=__doc__,
    group_name="transcribe",
    partitions_def=videos,
    tags={"dagster/kind/file": ""},
)
def library_files(library: dg.ResourceParam[Library]) -> dg.DataVersionsByPartition:
    return dg.DataVersionsByPartition(library.source_versions())
