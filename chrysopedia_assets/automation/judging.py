"""The job that asks a judge what pages are worth, for the web UI: its results are those of the check `pages_read_well`.

What belongs here: run config, and the results as events. What does not: asking, and what passes (`assets`).
"""

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)
from pydantic import Field

from chrysopedia_assets.assets.pages_read_well import judged
from chrysopedia_assets.freshness.summary import JUDGEMENT, PAGES
from resources.failures import our_failures


class JudgeConfig(dg.Config):
    """Whose pages."""

    videos: list[str] = Field(description="Ids of videos.")


@dg.op(
    description="Asks the judge about each page of the videos; a page that was judged before is not paid for again."
)
def judge_each_page(context: dg.OpExecutionContext, config: JudgeConfig) -> None:
    for video_id in config.videos:
        with our_failures():
            found = judged(video_id, context.run_id)
        context.log_event(
            dg.AssetCheckEvaluation(  # type: ignore[arg-type]  # narrower than what is logged
                asset_key=dg.AssetKey(PAGES),
                check_name=JUDGEMENT,
                partition=video_id,
                passed=found.passed,
                severity=found.severity,
                description=found.description,
                metadata=found.metadata,
                # Dagster counts a result only while it is about the newest materialization of the partition.
                target_materialization_data=_newest(context.instance, video_id),
            )
        )


@dg.job(executor_def=dg.in_process_executor)
def judge_pages() -> None:
    """What a model as judge thinks of the pages of some videos, as the check `pages_read_well` on technique_pages. Costs one call for each page, and nothing for one that was judged before. Launchpad: the videos."""
    judge_each_page()


def _newest(instance: dg.DagsterInstance, video_id: str) -> Target | None:
    pages = dg.AssetRecordsFilter(asset_key=dg.AssetKey(PAGES), asset_partitions=[video_id])
    records = instance.fetch_materializations(pages, limit=1).records
    if not records:
        return None
    [made] = records
    return Target(storage_id=made.storage_id, run_id=made.run_id, timestamp=made.timestamp)
