"""What is said in a video, second by second: read from its transcript file, or heard in the video itself.

**Materialize** it when the file was replaced, or another model is to transcribe it. What is below is then out of date
where the words have changed. **Costs** nothing for a transcript file. A video is transcribed on this machine, one at a
time, which takes a part of its length, or by a server, which may cost money. A run that was stopped goes on where it was.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._checks import check_specs
from chrysopedia_assets.assets._metadata import of_transcript
from chrysopedia_assets.assets._stage_work import source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.inspection.quality import speech_covers_the_video
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
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
    pool="gpu",
    check_specs=check_specs("transcripts"),
)
def transcripts(
    context: dg.AssetExecutionContext, library: dg.ResourceParam[Library]
) -> Iterator[dg.MaterializeResult[Transcript]]:
    with stage_work() as work:
        source = library.read(context.partition_key, context.log.info)
        made = make_transcript(source.entry.video, source.said)
    yield work.result(
        made,
        of_transcript(made),
        sources=source.versions,
        checked=[speech_covers_the_video(made)],
    )
