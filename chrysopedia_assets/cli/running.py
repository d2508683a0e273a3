"""How commands run stages: with progress, in this process, with the account of a refresh at the end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from chrysopedia_assets.cli.output import errors, refuse, results, shown_usd
from resources.garbage import keep_what_is_loaded

if TYPE_CHECKING:
    from chrysopedia_assets.automation.planned import Budget, Planned
    from chrysopedia_assets.automation.process import Order, Processed, Processor
    from chrysopedia_assets.automation.refresh import Refreshed
    from resources.freshness import Forecast
    from resources.hearing import HowFar


def progress_bar() -> Progress:
    """Progress on stderr, so that stdout stays clean for results."""
    return Progress(
        TextColumn("{task.fields[what]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


@dataclass
class StageProgress:
    """One step for each stage of each video."""

    bar: Progress
    task: TaskID

    def on_stage(self, video_id: str, stage: str) -> None:
        self.bar.update(self.task, advance=1, what=f"{video_id}: {stage}")

    def on_heard(self, how_far: "HowFar") -> None:
        """A video that is transcribed has no other step for hours."""
        self.bar.update(self.task, what=f"{how_far.video_id}: transcribed {how_far}")

    def on_video(self, done: "Processed", planned: int) -> None:
        """Stages that were planned and spared count as done."""
        self.bar.advance(self.task, max(planned - len(done.ran), 0))


@contextmanager
def stage_progress(stages: int, what: str) -> Iterator[StageProgress]:
    from resources.hearing import listening

    with progress_bar() as bar:
        progress = StageProgress(bar, bar.add_task("", total=stages, what=what))
        with listening(progress.on_heard):
            yield progress


@contextmanager
def processor() -> Iterator["Processor"]:
    """Dagster, loaded; it takes seconds."""
    import dagster as dg

    from chrysopedia_assets.automation.process import Processor
    from chrysopedia_assets.definitions import build_defs
    from resources.database import open_database

    with dg.DagsterInstance.get() as instance:
        found = Processor(build_defs(), instance, open_database())
        keep_what_is_loaded()
        yield found


def carry_out(
    planned: "Planned",
    order: "Order",
    forecast: "Forecast",
    budget: "Budget | None",
    choices: Mapping[str, Any],
    *,
    quiet: bool,
) -> "Refreshed":
    """Run a plan, with progress, and say before what it will cost."""
    if not quiet:
        results.print(f"Expected: {planned.estimate}.", highlight=False, soft_wrap=True)
    from chrysopedia_assets.automation.refresh import refresh
    from chrysopedia_assets.automation.workers import process_many
    from resources.database import open_database

    stages = {entry.video_id: len(entry.at_most) for entry in planned.entries}
    try:
        with processor() as found, stage_progress(sum(stages.values()), "starting") as progress:
            return refresh(
                partial(process_many, found, on_stage=progress.on_stage),
                planned,
                order,
                forecast,
                open_database(),
                budget=budget,
                choices=choices,
                on_video=lambda done: progress.on_video(done, stages[done.video_id]),
            )
    except KeyboardInterrupt:
        refuse("Stopped. What was finished is stored; go on with: chrysopedia refresh")
        raise


def print_account(made: "Refreshed") -> None:
    """What was re-run, spared, left, paid and saved."""
    for done in made.failed:
        row: dict[str, Any] = done.as_row()
        refuse(f"{row['video']} failed at {row['failed_at']}: {row['error']}")
    for videos, why in (
        (made.busy, "left to whoever is at work on it"),
        (made.over_budget, "left: it may cost more than the budget has left"),
        (made.not_begun, "not begun"),
    ):
        for video_id in videos:
            results.print(f"{video_id}: {why}", markup=False, highlight=False, soft_wrap=True)
    if any(done.for_all for done in made.failed):
        refuse("Nothing more was tried. Then go on with: chrysopedia refresh")
    used = made.used
    results.print(
        f"{len(made.ran)} stages re-run, {len(made.spared)} spared, {len(made.failed)} videos failed. "
        f"{used.calls} calls, {used.reused} replies from the ledger, {used.tokens_in} tokens in, "
        f"{used.tokens_out} out, {shown_usd(used.cost_usd, used.unpriced)}.",
        highlight=False,
        soft_wrap=True,
    )
    if made.saved and made.saved.calls and made.saved.calls.high:
        results.print(f"Spared: {made.saved}.", highlight=False, soft_wrap=True)
