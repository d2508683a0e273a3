"""Who writes down each video's speech: the recogniser of the settings, or nobody where the video has a transcript file.

The version is of what decides the words: the model by its content, how it is asked, the code around it. Another model
makes exactly those videos out of date that were transcribed. *Observe* compares again. Costs nothing.
"""

import dagster as dg

from chrysopedia_assets.automation.partitions import videos
from resources.failures import our_failures
from resources.library import Library


@dg.observable_source_asset(
    description=__doc__,
    group_name="transcribe",
    partitions_def=videos,
    tags={"dagster/kind/ai": ""},
)
def speech_recognition(library: dg.ResourceParam[Library]) -> dg.DataVersionsByPartition:
    with our_failures():
        return dg.DataVersionsByPartition(library.recogniser_versions())
