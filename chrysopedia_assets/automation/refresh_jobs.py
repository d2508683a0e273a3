"""Jobs over many videos, for the web UI: what is out of date, or one stage of all. One run; a run for each video inside.

The same plan and the same account as `chrysopedia refresh` and `chrysopedia rerun-all`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from chrysopedia_assets.assets._metadata import of_usage, table
from chrysopedia_assets.automation.planned import (
    Budget,
    Choices,
    Planned,
    complete_videos,
    plan_refresh,
    plan_rerun,
    stage_named,
)
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.automation.refresh import Refreshed, refresh, rerun_order
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.models.records import STAGES
from resources.database import open_database
from resources.failures import our_failures
from resources.freshness import Forecast, Look
from resources.llm import stop_llm, videos_at_once

SHOWN = 100


class Bounds(dg.Config):
    """How much may be done."""

    dry_run: bool = Field(default=False, description="Only say what would run and what it costs.")
    limit: int = Field(default=0, ge=0, description="At most so many videos; 0 for all.")
    budget: str = Field(
        default="",
        description="Begin no video that may cost more than is left: 2.50 (US$), 200calls.",
    )

    @property
    def purse(self) -> Budget | None:
        return Budget.parse(self.budget) if self.budget else None


class RefreshConfig(Bounds):
    """Which of what is out of date."""

    causes: list[str] = Field(
        default=[],
        description="Kinds (prompt) or names (prompts/synthesis) of causes; none for all.",
    )
    videos: list[str] = Field(default=[], description="Ids of videos; none for all.")


class RerunConfig(Bounds):
    """One stage of which videos."""

    stage: str = Field(description=f"One of {', '.join(STAGES)}.")
    creator: str = Field(default="", description="Only videos of this creator.")
    category: str = Field(default="", description="Only videos with a page of this category (key).")
    fresh: bool = Field(default=False, description="Take no reply from the ledger: pay again.")


@dg.op(
    description="Runs exactly what is out of date, stage after stage, and says what it paid and spared."
)
def refresh_what_is_stale(context: dg.OpExecutionContext, config: RefreshConfig) -> None:
    with our_failures():
        choices = Choices(
            tuple(config.causes), tuple(config.videos), config.limit or None, config.purse
        )
        found = Staleness(context.instance, open_database()).look()
        planned = plan_refresh(found, choices, Forecast(found, open_database()))
        order = Order("bulk_resynthesis", choice=choices.choice)
        _carry_out(context, found, planned, order, config, asdict(choices))


@dg.op(
    description="Runs one stage of every complete video again, and below it whatever then has other inputs."
)
def rerun_one_stage(context: dg.OpExecutionContext, config: RerunConfig) -> None:
    with our_failures():
        stage = stage_named(config.stage)
        found = Staleness(context.instance, open_database()).look()
        videos = complete_videos(
            found, config.creator or None, config.category or None, open_database()
        )
        forecast = Forecast(found, open_database())
        planned = plan_rerun(found, stage, videos, config.limit or None, forecast)
        order = rerun_order(stage, fresh=config.fresh)
        choices = config.model_dump(include={"stage", "creator", "category", "limit", "budget"})
        _carry_out(context, found, planned, order, config, choices)


@dg.job(executor_def=dg.in_process_executor)
def refresh_stale() -> None:
    """Refresh what is out of date, of all videos: one click. It costs what `freshness_report` says. Launchpad: only some causes or videos, a limit, a budget, a dry run."""
    refresh_what_is_stale()


@dg.job(executor_def=dg.in_process_executor)
def rerun_stage() -> None:
    """One stage of every complete video again, or of those of a creator or category. Launchpad: which stage, a budget, a dry run that says what it costs."""
    rerun_one_stage()


def _carry_out(
    context: dg.OpExecutionContext,
    found: Look,
    planned: Planned,
    order: Order,
    bounds: Bounds,
    choices: Mapping[str, Any],
) -> None:
    context.add_output_metadata(_plan_metadata(planned))
    context.log.info(f"{len(planned.entries)} videos. To run: {planned.estimate}.")
    if bounds.dry_run or not planned.entries:
        return
    from chrysopedia_assets.definitions import build_defs  # which has this job in it

    done = 0

    def tell(processed: Processed) -> None:
        nonlocal done
        done += 1
        what = (
            processed.failed.message if processed.failed else ", ".join(processed.ran) or "nothing"
        )
        context.log.info(f"{done} of {len(planned.entries)}: {processed.video_id}: {what}")

    processor = Processor(build_defs(), context.instance, open_database())
    at_once = min(videos_at_once(), len(planned.entries))
    made = refresh(
        partial(processor.process_many, at_once=at_once, stop=stop_llm),
        planned,
        order,
        Forecast(found, open_database()),
        open_database(),
        budget=bounds.purse,
        choices=choices,
        on_video=tell,
    )
    context.add_output_metadata(_plan_metadata(planned) | _account_metadata(made))
    if made.failed:
        names = ", ".join(failed.video_id for failed in made.failed)
        raise dg.Failure(
            f"{len(made.failed)} videos failed, the others are done: {names}", allow_retries=False
        )


def _plan_metadata(planned: Planned) -> dict[str, dg.MetadataValue]:
    return {
        "videos": dg.MetadataValue.int(len(planned.entries)),
        "expected": dg.MetadataValue.text(str(planned.estimate)),
        "beyond_limit": dg.MetadataValue.int(len(planned.beyond)),
        "kept_overrides": dg.MetadataValue.text(", ".join(planned.kept) or "none"),
        "plan": table(planned.as_rows(SHOWN)),
    }


def _account_metadata(made: Refreshed) -> dict[str, dg.MetadataValue]:
    return {
        "stages_run": dg.MetadataValue.int(len(made.ran)),
        "stages_spared": dg.MetadataValue.int(len(made.spared)),
        "failed": dg.MetadataValue.text(", ".join(d.video_id for d in made.failed) or "none"),
        "busy": dg.MetadataValue.text(", ".join(made.busy) or "none"),
        "over_budget": dg.MetadataValue.text(", ".join(made.over_budget) or "none"),
        **of_usage(made.used),
    }
