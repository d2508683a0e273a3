"""Around every stage: our errors become Dagster's, the time is taken, what was used is recorded, and the result is
versioned by its content.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

import dagster as dg
from pydantic import Field

from chrysopedia_assets.assets._checks import check_result
from chrysopedia_assets.assets._metadata import commands, of_usage
from chrysopedia_assets.freshness.words import why
from chrysopedia_assets.inspection.quality import Checked
from chrysopedia_assets.models.records import StageName, StageRecord, content_version
from chrysopedia_assets.models.runs import CHOSEN, OVERRIDE
from chrysopedia_assets.models.stage_defs import STAGE_DEFS, StageDef, prompt_source
from chrysopedia_assets.stages.ports import Ask
from resources.database import open_database
from resources.engine import with_prompt
from resources.failures import our_failures
from resources.freshness import look
from resources.observations import asset_key, event_log
from resources.sources import Prompt, overriding, sources_of
from resources.telemetry import stage_span
from resources.usage import stage_usage

RecordT = TypeVar("RecordT", bound=StageRecord)


class PromptOverride(dg.Config):
    """Another prompt for this stage in this run: for the video of the run alone, and for no other run.

    The result is marked as made with an override until the stage is run without one.
    """

    prompt_text: str = Field(
        default="", description="The text to use instead of the prompt's system.md."
    )
    prompt_file: str = Field(
        default="",
        description=(
            "A file to use instead of system.md (or of user.md, if that is its name), or a folder with a whole prompt. "
            "A path on the machine that runs the stage."
        ),
    )


@dataclass
class StageWork:
    """`sources` are the versions that the stage works with, of whatever no stage made."""

    seconds: float = 0.0
    usage: Mapping[str, dg.MetadataValue] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    override: Prompt | None = None

    def ask(self, engine: Ask) -> Ask:
        """The engine as this stage has to ask it."""
        return with_prompt(engine, self.override) if self.override else engine

    def result(
        self,
        record: RecordT,
        metadata: Mapping[str, dg.MetadataValue],
        *,
        sources: Mapping[str, str] | None = None,
        checked: Sequence[Checked] = (),
    ) -> dg.MaterializeResult[RecordT]:
        """`sources` adds to what the stage has used, by name and version; `checked` are all of the stage's own checks."""
        used = self.sources | dict(sources or {})
        tags = {f"dagster/input_data_version/{name}": version for name, version in used.items()}
        if self.override:
            tags[OVERRIDE] = self.override.version
        return dg.MaterializeResult(
            value=record,
            data_version=dg.DataVersion(content_version(record)),
            metadata={
                **metadata,
                "made_by": dg.MetadataValue.text(record.made_by),
                "seconds": dg.MetadataValue.float(round(self.seconds, 3)),
                **{name: dg.MetadataValue.text(version) for name, version in used.items()},
                **({"override": dg.MetadataValue.bool(True)} if self.override else {}),
                **self.usage,
                **commands(record.video.video_id),
            },
            tags=tags,
            check_results=[check_result(found) for found in checked],
        )


@contextmanager
def stage_work(
    context: dg.AssetExecutionContext | None = None, config: PromptOverride | None = None
) -> Iterator[StageWork]:
    """Time what happens inside; a failure of ours is final, because retries live in the clients.

    A stage that asks an engine gives its context: what it works with is read, and what it used is shown.
    """
    work = StageWork()
    started = time.perf_counter()
    with our_failures(), _span(context):
        if context is not None:
            _prepare(work, context, config)
        yield work
    work.seconds = time.perf_counter() - started
    if context is not None and (task := STAGE_DEFS[_stage(context)].task):
        work.usage = of_usage(stage_usage(context.run.run_id, task, context.partition_key))


def _span(context: dg.AssetExecutionContext | None) -> AbstractContextManager[None]:
    if context is None or (task := STAGE_DEFS[_stage(context)].task) is None:
        return nullcontext()
    return stage_span(context.run.run_id, _stage(context), task, context.partition_key)


def _prepare(
    work: StageWork, context: dg.AssetExecutionContext, config: PromptOverride | None
) -> None:
    """Read what the stage works with; the prompt of an override is what was really used."""
    stage, run_id = STAGE_DEFS[_stage(context)], context.run.run_id
    work.sources = sources_of(run_id).used_by(stage)
    if CHOSEN not in context.run.tags:
        _warn_of_stale_parents(context, stage)
    if config is None or stage.task is None or not (config.prompt_text or config.prompt_file):
        return
    asked = sources_of(run_id).prompts[stage.task]
    work.override = overriding(asked, text=config.prompt_text, path=config.prompt_file)
    work.sources[prompt_source(stage.task)] = work.override.version


def _warn_of_stale_parents(context: dg.AssetExecutionContext, stage: StageDef) -> None:
    """Whoever materializes one stage by hand hears that it is made from what is out of date; the choice is theirs."""
    video_id = context.partition_key
    found = look(event_log(context.instance), open_database(), [video_id])
    for name, verdict in found.verdicts.get(video_id, {}).items():
        if name in stage.reads and verdict.roots:
            reasons = "; ".join(why(root) for root in verdict.roots)
            context.log.warning(
                f"{stage.name} is made from {name}, which is out of date ({reasons}). Materialize that first, or leave it."
            )


def _stage(context: dg.AssetExecutionContext) -> StageName:
    name: StageName = context.asset_key.to_user_string()
    return name


def source_keys(stage: StageName) -> list[dg.AssetKey]:
    """What the stage reads that no stage makes."""
    return [asset_key(name) for name in STAGE_DEFS[stage].sources]
