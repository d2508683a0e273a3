"""Consecutive blocks of a transcript, each one teaching unit with a label and a summary."""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_topic_chunks
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.topic_chunks import split_topics


@dg.asset(
    description=__doc__,
    group_name="understand",
    owners=["team:understand"],
    kinds={"ai"},
    code_version="1",
    partitions_def=videos,
    pool="engine",
)
def topic_chunks(
    context: dg.AssetExecutionContext, transcripts: Transcript, engine: dg.ResourceParam[Ask]
) -> Iterator[dg.MaterializeResult[TopicChunks]]:
    with stage_work(context, "segmentation") as work:
        made = split_topics(transcripts, engine)
    yield work.result(made, of_topic_chunks(made))
