"""The job that searches for a better prompt, for the web UI: the same search as `chrysopedia prompt optimize`.

What belongs here: run config, what the run shows. What does not: the search (`harness`), what it is put together from
(`resources.optimising`); both are loaded when a run needs them, and with them the optional package.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from chrysopedia_assets.errors import ConfigurationError
from resources.database import open_database
from resources.failures import our_failures

if TYPE_CHECKING:
    from chrysopedia_assets.harness.fixtures import Fixture
    from resources.optimising import Optimised, Wanted


class OptimizeConfig(dg.Config):
    """Which prompt is to be made better, on what, and what that may cost."""

    stage: str = Field(description="The stage, or its task: technique_pages or synthesis.")
    fixtures: list[str] = Field(default=[], description="Files or folders of exported fixtures.")
    videos: list[str] = Field(
        default=[], description="Ids of videos, exported by the run itself; three at least in all."
    )
    budget: str = Field(description="2.50usd, or 200calls. Replies that are known are free.")
    prompt: str = Field(
        default="",
        description="A folder with the prompt to begin with; the installed one if empty.",
    )
    model: str = Field(default="", description="A model instead of the one that is set up.")
    reflect_model: str = Field(default="", description="The model that writes prompts.")
    voice: float | None = Field(
        default=None, description="How much of the creator's own voice pages keep, 0 to 1."
    )
    judge: bool = Field(default=True, description="Ask a model how good pages are, too.")
    seed: int = Field(default=0, description="Of the search's chance.")
    out: str = Field(
        default="",
        description="Folder for the results; the search goes on there. In the data folder if empty.",
    )


@dg.op(
    description="Searches for a better prompt within a budget. The result is a candidate in a folder: nothing is installed."
)
def search_for_a_prompt(context: dg.OpExecutionContext, config: OptimizeConfig) -> None:
    with our_failures():
        from resources.optimising import optimise

        done = optimise(_wanted(config), context.log.info)
        context.add_output_metadata(_metadata(done))
        for line in done.next_steps or (done.board.verdict,):
            context.log.info(line)


@dg.job(executor_def=dg.in_process_executor)
def optimize_prompt() -> None:
    """Search for a better prompt of one stage. It spends no more than the budget and installs nothing. Launchpad: stage, fixtures or videos, budget. Cancelled, it goes on when run again."""
    search_for_a_prompt()


def _wanted(config: OptimizeConfig) -> "Wanted":
    from chrysopedia_assets.harness.fixtures import of_one_stage, read_fixtures, stage_of
    from chrysopedia_assets.harness.purse import Budget
    from resources.optimising import Wanted

    stage = stage_of(config.stage)
    found = {one.fixture_id: one for one in _exported(config)}
    if config.fixtures or not found:
        given = read_fixtures(Path(path).expanduser() for path in config.fixtures)
        found |= {one.fixture_id: one for one in given}
    fixtures = sorted(found.values(), key=lambda one: one.name)
    if (other := of_one_stage(fixtures)) != stage:
        raise ConfigurationError(
            f"the fixtures are of {other}, not of {stage}",
            cure="Give those of one stage, or ids of videos instead.",
        )
    return Wanted(
        fixtures=fixtures,
        budget=Budget.parse(config.budget),
        path=Path(config.prompt) if config.prompt else None,
        model=config.model or None,
        reflect_model=config.reflect_model or None,
        voice=config.voice,
        judged=config.judge,
        seed=config.seed,
        out=Path(config.out).expanduser() if config.out else None,
    )


def _exported(config: OptimizeConfig) -> "list[Fixture]":
    from chrysopedia_assets.harness.exporting import export
    from chrysopedia_assets.harness.fixtures import stage_of
    from resources.sources import read_sources

    stage, taxonomy = stage_of(config.stage), read_sources().known_taxonomy()
    return [export(open_database(), stage, video, taxonomy) for video in config.videos]


def _metadata(done: "Optimised") -> dict[str, dg.MetadataValue]:
    from chrysopedia_assets.harness.leaderboard import as_markdown_chart, as_markdown_table

    return {
        "leaderboard": dg.MetadataValue.md(as_markdown_table(done.board)),
        "trajectory": dg.MetadataValue.md(as_markdown_chart(done.board)),
        "picture": dg.MetadataValue.path(str(done.folder / "trajectory.svg")),
        "candidate": dg.MetadataValue.text(str(done.candidate or done.board.verdict)),
        "next": dg.MetadataValue.md("\n".join(f"    {line}" for line in done.next_steps) or "-"),
        "paid": dg.MetadataValue.text(done.board.paid),
    }
