"""The video divided by topic: blocks one after the other, each one teaching unit with a label and a summary.

**Materialize** it after an edit of `prompts/segmentation`, or in the launchpad with another prompt for this video alone.
**Costs** one call of a language model for each stretch of speech that a prompt holds (an hour or more); nothing with the
embedded engine, and nothing for what was asked before.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_topic_chunks
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.topic_chunks import split_topics


@dg.asset(
    description=__doc__,
    group_name="understand",
    owners=["team:understand"],
    kinds={"ai"},
    code_version=STAGE_DEFS["topic_chunks"].code_version,
    partitions_def=videos,
    deps=source_keys("topic_chunks"),
    pool="engine",
)
def topic_chunks(
    context: dg.AssetExecutionContext,
    config: PromptOverride,
    transcripts: Transcript,
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[TopicChunks]]:
    with stage_work(context, config) as work:
        made = split_topics(transcripts, work.ask(engine))
    yield work.result(made, of_topic_chunks(made, transcripts))
