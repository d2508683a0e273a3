"""The check that lists the videos that are broken: where each failed, why, and what to do.

One result for the whole library, so that it is a badge on the graph. `freshness_report` evaluates it with the rest.
"""

from collections.abc import Sequence

import dagster as dg

from chrysopedia_assets.assets._metadata import MAX_TABLE_ROWS, Metadata, table
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.freshness.summary import PAGES
from chrysopedia_assets.models.runs import VideoStanding
from chrysopedia_assets.models.technique_pages import as_markdown
from resources.database import open_database
from resources.freshness import Look
from resources.video_states import failed, video_states

CHECK = "no_video_left_failed"
SAID_VIDEOS = 10
WARN = dg.AssetCheckSeverity.WARN


@dg.asset_check(
    asset=PAGES,
    name=CHECK,
    description=(
        "Whether a run of any video failed and nothing has mended that since. Says where each failed, why, and "
        "what to do."
    ),
)
def no_video_left_failed(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    with stage_work():
        broken = broken_videos(Staleness(context.instance, open_database()).look())
    return dg.AssetCheckResult(
        passed=not broken,
        severity=WARN,
        description=in_words(broken),
        metadata=of_broken(broken),
    )


def broken_videos(found: Look) -> list[VideoStanding]:
    return failed(video_states(found, open_database()))


def report_broken(context: dg.AssetExecutionContext, broken: Sequence[VideoStanding]) -> None:
    """Log the result for the whole library."""
    context.log_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(PAGES),
            check_name=CHECK,
            passed=not broken,
            severity=WARN,
            description=in_words(broken),
            metadata=of_broken(broken),
        )
    )


def in_words(broken: Sequence[VideoStanding]) -> str:
    """All that a curator has to know, in Markdown: what files and models say is text, and nothing else."""
    if not broken:
        return "No video is left failed."
    lines = [f"{_videos(len(broken))} failed, and nothing has mended that since."]
    for standing in broken[:SAID_VIDEOS]:
        video = standing.video_id
        lines.append(
            f"* {as_markdown(_why(standing))} `chrysopedia process {video}` goes on there; "
            f"`chrysopedia runs {video}` lists what was tried."
        )
    if more := len(broken) - SAID_VIDEOS:
        lines += [f"* and {more} more: the table has them"] if more > 0 else []
    lines.append("\nAll of them: `chrysopedia status --state error`.")
    return "\n".join(lines)


def of_broken(broken: Sequence[VideoStanding]) -> Metadata:
    """The number plots over time."""
    rows = [
        {
            "video": standing.video_id,
            "failed at": standing.failed_at,
            "why": standing.why,
            "to run": f"chrysopedia process {standing.video_id}",
        }
        for standing in broken[:MAX_TABLE_ROWS]
    ]
    shown = {"videos": table(rows)} if rows else {}
    return {"failed_videos": dg.MetadataValue.int(len(broken)), **shown}


def _why(standing: VideoStanding) -> str:
    at = f" at {standing.failed_at}" if standing.failed_at else ""
    return f"{standing.video_id} failed{at}: {standing.why}"


def _videos(number: int) -> str:
    return "1 video" if number == 1 else f"{number:,} videos"
