"""Commands that make results anew: whatever is out of date, or one stage of many videos."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import Json, print_json, print_table, results
from chrysopedia_assets.cli.running import carry_out, print_account
from chrysopedia_assets.cli.stale import tell_broken, tell_news
from chrysopedia_assets.errors import ConfigurationError
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import Forecast, look

if TYPE_CHECKING:
    from chrysopedia_assets.automation.planned import Planned
    from chrysopedia_assets.automation.refresh import Refreshed

SHOWN = 20
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many videos.")]
BudgetText = Annotated[
    str | None,
    typer.Option(
        "--budget", help="Begin no video that may cost more than is left: 2.50 (US$) or 200calls."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would run and what it would cost, and run nothing."),
]


def refresh_command(
    cause: Annotated[
        list[str] | None,
        typer.Option(
            help="Only for this cause: a kind (prompt) or a name (prompts/synthesis). Repeatable."
        ),
    ] = None,
    video: Annotated[list[str] | None, typer.Option(help="Only this video. Repeatable.")] = None,
    limit: Limit = None,
    budget: BudgetText = None,
    dry_run: DryRun = False,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Leave it to Dagster's daemon, as a backfill.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run exactly what is out of date, stage after stage; what comes out unchanged spares all that is below it."""
    from chrysopedia_assets.automation.planned import Budget, Choices, plan_refresh

    if backfill and budget:
        raise ConfigurationError(
            "a backfill keeps no budget: the daemon runs all of it",
            cure="Leave one of them away, or bound it by --limit.",
        )
    videos = tuple(known_videos(video)) if video else ()
    purse = Budget.parse(budget) if budget else None
    choices = Choices(tuple(cause or ()), videos, limit, purse)
    found = look(event_log_on_disk(), open_database())
    tell_broken(found)
    forecast = Forecast(found, open_database())
    planned = plan_refresh(found, choices, forecast)
    if dry_run or not planned.entries:
        _tell_plan(planned, as_json)
        tell_news(found)
        return
    if backfill:
        _leave_to_daemon(planned, asdict(choices), as_json)
        return
    from chrysopedia_assets.automation.process import Order

    order = Order("bulk_resynthesis", choice=choices.choice)
    _tell_account(
        planned, carry_out(planned, order, forecast, purse, asdict(choices), quiet=as_json), as_json
    )


def rerun_all_command(
    stage: Annotated[str, typer.Argument(help="The stage to run again.")],
    creator: Annotated[str | None, typer.Option(help="Only videos of this creator.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Only videos with a page of this category (key).")
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Take no reply from the ledger: pay for all of them again."),
    ] = False,
    limit: Limit = None,
    budget: BudgetText = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Run one stage of every complete video again, and below it whatever then has other inputs."""
    from chrysopedia_assets.automation.planned import (
        Budget,
        complete_videos,
        plan_rerun,
        stage_named,
    )

    name = stage_named(stage)
    purse = Budget.parse(budget) if budget else None
    found = look(event_log_on_disk(), open_database())
    forecast = Forecast(found, open_database())
    videos = complete_videos(found, creator, category, open_database())
    planned = plan_rerun(found, name, videos, limit, forecast)
    if dry_run or not planned.entries:
        _tell_plan(planned, as_json)
        tell_news(found)
        return
    from chrysopedia_assets.automation.refresh import rerun_order

    order = rerun_order(name, fresh=fresh)
    choices = {
        "stage": name,
        "creator": creator,
        "category": category,
        "limit": limit,
        "budget": budget,
    }
    _tell_account(
        planned, carry_out(planned, order, forecast, purse, choices, quiet=as_json), as_json
    )


def _tell_plan(planned: "Planned", as_json: bool) -> None:
    if as_json:
        print_json(planned.as_dict())
        return
    rows = planned.as_rows(SHOWN)
    print_table(rows, "Nothing to refresh.")
    if (more := len(planned.entries) - len(rows)) > 0:
        results.print(f"... and {more} more: --json lists all.", highlight=False)
    if rows:
        results.print(f"To run: {planned.estimate}.", highlight=False, soft_wrap=True)
    _tell_left(planned)


def _tell_account(planned: "Planned", made: "Refreshed", as_json: bool) -> None:
    if as_json:
        print_json(planned.as_dict() | {"outcome": made.as_dict()})
    else:
        print_account(made)
        _tell_left(planned)
    raise typer.Exit(1 if made.failed else 0)


def _tell_left(planned: "Planned") -> None:
    if planned.beyond:
        results.print(
            f"{len(planned.beyond)} videos are left for later by --limit.", highlight=False
        )
    for video_id in planned.kept:
        results.print(
            f"{video_id} has an override in the way: chrysopedia rerun {video_id} --clear-override",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _leave_to_daemon(planned: "Planned", choices: Mapping[str, Any], as_json: bool) -> None:
    import dagster as dg

    from chrysopedia_assets.automation.backfill import launch_backfill
    from chrysopedia_assets.definitions import build_defs

    with dg.DagsterInstance.get() as instance:
        backfill_id = launch_backfill(
            build_defs().resolve_asset_graph(), instance, planned, open_database(), choices
        )
    if as_json:
        print_json(planned.as_dict() | {"backfill": backfill_id})
    else:
        results.print(
            f"Backfill {backfill_id} waits for the daemon (make ui runs one). {planned.estimate}.",
            highlight=False,
            soft_wrap=True,
        )
