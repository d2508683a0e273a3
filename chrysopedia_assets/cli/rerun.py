"""One stage of one video again, or all of them: with a prompt of its own, without one, or as if for the first time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.library import known_videos, print_row
from chrysopedia_assets.cli.output import Json, print_json, results
from chrysopedia_assets.cli.running import processor, stage_progress
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.plan import next_stages
from chrysopedia_assets.freshness.verdicts import Verdict
from chrysopedia_assets.freshness.words import why as told
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import look
from resources.sources import overriding, read_sources

if TYPE_CHECKING:
    from chrysopedia_assets.automation.process import Order, Processed

ByStage = Mapping[StageName, Verdict]


def rerun_command(
    video: Annotated[str, typer.Argument(help="The video's id.")],
    stage: Annotated[str | None, typer.Argument(help="The stage; none with --clean.")] = None,
    prompt: Annotated[
        Path | None,
        typer.Option(
            help="A prompt for this video alone: a file instead of system.md (or user.md, if it is named so), or a folder."
        ),
    ] = None,
    clear_override: Annotated[
        bool,
        typer.Option(
            "--clear-override",
            help="Again with the prompt of everybody; all that have one if no stage is named.",
        ),
    ] = False,
    parents: Annotated[
        bool,
        typer.Option(
            "--parents", help="First run what the stage needs and is missing or out of date."
        ),
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Go on with what is there, though it is out of date.")
    ] = False,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Everything from the transcript down, with nothing from before: pays for every reply.",
        ),
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Take no reply from the ledger: pay for them again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run one stage of one video again, whatever it stands like. What is below is not run; it is told what that makes."""
    [video_id] = known_videos([video])
    by_stage = look(event_log_on_disk(), open_database(), [video_id]).verdicts[video_id]
    # Dagster comes with it: who misspelt a name is told without waiting for that.
    from chrysopedia_assets.automation.process import Order

    if clean:
        if stage or prompt or clear_override:
            raise ConfigurationError(
                "--clean makes everything of a video anew", cure="Name nothing but the video."
            )
        orders = [Order("clean_reprocess", first=STAGES, fresh=True)]
    else:
        if prompt and clear_override:
            raise ConfigurationError(
                "--clear-override runs without a prompt of its own, --prompt with one",
                cure="Give one of them.",
            )
        stages = _stages(by_stage, stage, clear_override)
        config = {name: _override(name, prompt) for name in stages} if prompt else {}
        above = _prerequisites(by_stage, stages[0], parents=parents, anyway=anyway)
        orders = [Order("stage_rerun", wanted={video_id: above})] if above else []
        orders.append(
            Order("stage_rerun", first=stages, wanted={video_id: ()}, fresh=fresh, config=config)
        )
    done = _carry_out(video_id, orders)
    if as_json:
        print_json(done.as_row())
    else:
        _tell(done, by_stage)
    raise typer.Exit(1 if done.failed or done.left_to else 0)


def _stages(by_stage: ByStage, stage: str | None, clear_override: bool) -> tuple[StageName, ...]:
    overridden = tuple(name for name, verdict in by_stage.items() if verdict.word == "override")
    if stage is None:
        if not clear_override:
            raise ConfigurationError(
                "no stage is named", cure=f"Name one of {', '.join(STAGES)}, or --clean for all."
            )
        if not overridden:
            raise ConfigurationError("no stage of this video has an override")
        return overridden
    from chrysopedia_assets.automation.planned import stage_named

    name = stage_named(stage)
    if clear_override and name not in overridden:
        raise ConfigurationError(f"{name} of this video has no override")
    return (name,)


def _override(stage: StageName, prompt: Path) -> dict[str, str]:
    """The launchpad's config for it. Raises ConfigurationError for a prompt that cannot be used."""
    task = STAGE_DEFS[stage].task
    if task is None:
        raise ConfigurationError(
            f"{stage} asks nobody, so it has no prompt", cure="Leave --prompt away."
        )
    path = str(prompt.expanduser().resolve())
    overriding(read_sources().prompts[task], path=path)
    return {"prompt_file": path}


def _prerequisites(
    by_stage: ByStage, stage: StageName, *, parents: bool, anyway: bool
) -> tuple[StageName, ...]:
    """What to run before the stage. Raises ConfigurationError where a person has to choose."""
    reads = [name for name in STAGES if name in STAGE_DEFS[stage].reads]
    due = [name for name in reads if by_stage[name].roots and by_stage[name].word != "override"]
    if not due:
        return ()
    if parents:
        return STAGES[: STAGES.index(stage)]
    missing = [name for name in due if by_stage[name].made is None]
    if anyway and not missing:
        return ()
    why = "; ".join(
        f"{name}: {', '.join(told(root) for root in by_stage[name].roots)}" for name in due
    )
    going_on = "" if missing else ", or go on with what is there: --anyway"
    raise ConfigurationError(
        f"{stage} is made from what is not up to date ({why})",
        cure=f"Have that run first: --parents{going_on}.",
    )


def _carry_out(video_id: str, orders: "Sequence[Order]") -> "Processed":
    """One after the other; what was run by all of them, and the failure that ended it."""
    from dataclasses import replace

    ran: tuple[str, ...] = ()
    with processor() as ours, stage_progress(len(STAGES), video_id) as progress:
        for order in orders:
            done = ours.process(
                video_id, order, on_stage=lambda stage: progress.on_stage(video_id, stage)
            )
            ran += done.ran
            if done.failed or done.left_to:
                break
    return replace(done, ran=ran)


def _tell(done: "Processed", before: ByStage) -> None:
    """What was run, which overrides that took back, and what it makes of the stages below."""
    print_row(done.as_row())
    found = look(event_log_on_disk(), open_database(), [done.video_id])
    by_stage = found.verdicts[done.video_id]
    unread = [
        prompt.task for prompt in found.sources.prompts.readable() if not prompt.settings.model
    ]
    for stage, verdict in by_stage.items():
        if before[stage].word == "override" and verdict.word != "override":
            results.print(f"The prompt that {stage} had of its own is no longer used.")
        if stage in done.ran and verdict.word == "override" and STAGE_DEFS[stage].task in unread:
            results.print(f"The embedded engine made {stage}, and reads no prompt.")
    if next_stages(by_stage):
        stale = [name for name, verdict in by_stage.items() if verdict.word in ("stale", "missing")]
        results.print(
            f"Out of date now: {', '.join(stale)}. Next: chrysopedia refresh --video {done.video_id}",
            highlight=False,
            soft_wrap=True,
        )
