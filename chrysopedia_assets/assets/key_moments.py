"""The moments of a video worth keeping, each with its time and a verbatim quote.

**Materialize** it after an edit of `prompts/extraction`, or in the launchpad with another prompt for this video alone.
**Costs** one call of a language model for each topic chunk, the most of all stages; nothing with the embedded engine,
and nothing for what was asked before.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._checks import check_specs
from chrysopedia_assets.assets._metadata import of_key_moments
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.inspection.quality import (
    moments_per_hour_in_range,
    quotes_of_moments_are_verbatim,
)
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask


@dg.asset(
    description=__doc__,
    group_name="understand",
    owners=["team:understand"],
    kinds={"ai"},
    code_version=STAGE_DEFS["key_moments"].code_version,
    partitions_def=videos,
    deps=source_keys("key_moments"),
    pool="engine",
    check_specs=check_specs("key_moments"),
)
def key_moments(
    context: dg.AssetExecutionContext,
    config: PromptOverride,
    transcripts: Transcript,
    topic_chunks: TopicChunks,
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[KeyMoments]]:
    with stage_work(context, config) as work:
        made = find_key_moments(transcripts, topic_chunks, work.ask(engine))
    checked = [
        moments_per_hour_in_range(made, transcripts),
        quotes_of_moments_are_verbatim(made, transcripts),
    ]
    yield work.result(made, of_key_moments(made, topic_chunks), checked=checked)
