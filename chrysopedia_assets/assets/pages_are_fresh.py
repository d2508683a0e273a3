"""The check that makes staleness visible on `technique_pages`: a result for each video, and one for all of them.

One check is both. Dagster shows the newest result of a check on the graph, whichever partition it is about, and leaves
one without a partition out of the list of partitions. So the report writes those for single videos first (only where
what it said is no longer so), and the one for all last: it is the badge.
"""

import warnings

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData as Target,
)

from chrysopedia_assets.assets._freshness import (
    library_in_words,
    of_check,
    of_page,
)
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.freshness.estimate import Estimate
from chrysopedia_assets.freshness.summary import CHECK, PAGES, count_words, due, pages, result
from chrysopedia_assets.freshness.verdicts import Verdict
from resources.check_results import known_results, runs_of_pages
from resources.database import open_database
from resources.freshness import Look

WARN = dg.AssetCheckSeverity.WARN

with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.PreviewWarning)  # of partitioned checks; the pin is exact

    @dg.asset_check(
        asset=PAGES,
        name=CHECK,
        partitions_def=videos,
        description=(
            "Whether a video's pages are made from the present file, prompts, taxonomy, settings and code, through all "
            "stages. `freshness_report` evaluates it for all videos; materializing a video's pages looks at that one."
        ),
    )
    def pages_are_fresh(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        video_id = context.partition_key
        with stage_work():
            found = Staleness(context.instance, open_database()).look([video_id])
        page = pages(found.verdicts)[video_id]
        return dg.AssetCheckResult(
            passed=result(page).passed,
            severity=WARN,
            description=result(page).words,
            metadata=of_page(video_id, page, found),
        )


def report_results(context: dg.AssetExecutionContext, found: Look, cost: Estimate) -> None:
    """Log what is due of single videos, then the result for all."""
    wanted = due(found.verdicts, known_results(context.instance))
    runs = runs_of_pages(context.instance, wanted.values())
    for video_id, page in wanted.items():
        context.log_event(_of_video(video_id, page, found, runs))
    context.log_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(PAGES),
            check_name=CHECK,
            passed=not count_words(found.verdicts)["stale"],
            severity=WARN,
            description=library_in_words(found, cost),
            metadata=of_check(found),
        )
    )


def _of_video(
    video_id: str, page: Verdict, found: Look, runs: dict[int, str]
) -> dg.AssetCheckEvaluation:
    made = page.made
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(PAGES),
        check_name=CHECK,
        partition=video_id,
        passed=result(page).passed,
        severity=WARN,
        description=result(page).words,
        metadata=of_page(video_id, page, found),
        # Dagster counts a result only while it is about the newest materialization of the partition.
        target_materialization_data=made
        and Target(
            storage_id=made.event_id, run_id=runs.get(made.event_id, ""), timestamp=made.at_s
        ),
    )
