"""What is said in a video, second by second: read from its transcript file.

**Materialize** it when the file was replaced. What is below is then out of date where the words have changed.
**Costs** nothing: no model is asked.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._checks import check_specs
from chrysopedia_assets.assets._metadata import of_transcript
from chrysopedia_assets.assets._stage_work import source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.inspection.quality import speech_covers_the_video
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, STAGE_DEFS
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.library import Library


@dg.asset(
    description=__doc__,
    group_name="transcribe",
    owners=["team:transcribe"],
    kinds={"python"},
    code_version=STAGE_DEFS["transcripts"].code_version,
    partitions_def=videos,
    deps=source_keys("transcripts"),
    pool="transcribe",
    check_specs=check_specs("transcripts"),
)
def transcripts(
    context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]
) -> Iterator[dg.MaterializeResult[Transcript]]:
    with stage_work() as work:
        entry, source = library.read(context.partition_key)
        made = make_transcript(entry.video, source)
    yield work.result(
        made,
        of_transcript(made),
        sources={LIBRARY_FILES: entry.version},
        checked=[speech_covers_the_video(made)],
    )
