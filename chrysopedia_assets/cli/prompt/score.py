"""`prompt score`: how good a stage's results are, by code and by a judge, with the reasons."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import (
    Json,
    plain,
    print_json,
    print_table,
    refuse,
    results,
)
from chrysopedia_assets.cli.prompt.trying import judging, tell, tell_if_offline, tried
from chrysopedia_assets.errors import ConfigurationError

if TYPE_CHECKING:
    from chrysopedia_assets.harness.fixtures import Fixture
    from chrysopedia_assets.harness.samples import JudgeRecord, Sample
    from chrysopedia_assets.harness.trying import Tried


def score_command(
    fixtures: Annotated[
        list[Path] | None, typer.Argument(help="Fixtures, or folders of them, all of one stage.")
    ] = None,
    video: Annotated[
        str | None, typer.Option(help="Score what is stored of this video; no fixture is needed.")
    ] = None,
    stage: Annotated[
        str | None, typer.Option(help="With --video: the stage, or its task; default: pages.")
    ] = None,
    prompt: Annotated[
        Path | None,
        typer.Option(
            help="Run the stage with this folder or file first, as `prompt run` does, and score what comes."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Run the stage with this model first; it is not the judge.")
    ] = None,
    judge_model: Annotated[
        str | None, typer.Option(help="The judge; default: CHRYSOPEDIA_LLM_JUDGING_MODEL.")
    ] = None,
    no_judge: Annotated[bool, typer.Option("--no-judge", help="Code checks alone: free.")] = False,
    as_json: Json = False,
) -> None:
    """Score results between 0 and 1 in every dimension, and say what would be better. Changes nothing."""
    from chrysopedia_assets.harness.samples import scored
    from resources.sources import prompt_to_try

    given = _given(fixtures or [], video, stage)
    tell_if_offline()
    judge = None if no_judge else _judge(given, judge_model)
    asked = prompt_to_try(given[0].task, prompt, model) if prompt or model else None
    made = tried(asked, given) if asked else _outputs(given)
    every = list(scored(sorted(made, key=lambda one: one.fixture.name), judge))
    if as_json:
        print_json([_row(one) for one in every])
    else:
        _show(every)
    raise typer.Exit(1 if any(one.failure for one in every) else 0)


def _given(paths: list[Path], video: str | None, stage: str | None) -> "list[Fixture]":
    from chrysopedia_assets.harness.fixtures import of_one_stage, read_fixtures

    if bool(paths) == bool(video):
        raise ConfigurationError(
            "nothing is named to be scored" if not paths else "fixtures and a video are named",
            cure="Give fixtures, or --video ID: chrysopedia prompt score --video ID",
        )
    if video is None:
        if stage is not None:
            raise ConfigurationError(
                "--stage goes with --video", cure="Leave it out: a fixture says its stage."
            )
        given = read_fixtures(paths)
        of_one_stage(given)
        return given
    return [_exported(video, stage or "technique_pages")]


def _exported(video_id: str, stage: str) -> "Fixture":
    from chrysopedia_assets.harness.exporting import export
    from chrysopedia_assets.harness.fixtures import stage_of
    from resources.database import open_database
    from resources.sources import read_sources

    name = stage_of(stage)
    [known] = known_videos([video_id])
    return export(open_database(), name, known, read_sources().known_taxonomy())


def _judge(given: "Sequence[Fixture]", model: str | None) -> "JudgeRecord | None":
    """What asks the judge, or None where there is nobody to ask or nothing that is judged."""
    from resources.engine import judge_to_ask

    if given[0].stage != "technique_pages":
        return None
    ask = judge_to_ask(model=model)
    if ask is None:
        tell(
            "Scored by code alone: no model is set up to judge"
            " (CHRYSOPEDIA_LLM_JUDGING_MODEL, or --judge-model)."
        )
        return None
    return judging(ask)


def _outputs(given: "Sequence[Fixture]") -> "Iterable[Tried]":
    """What the fixtures hold, as if it had just been made."""
    from chrysopedia_assets.harness.trying import Tried

    for fixture in given:
        if fixture.given_output is None:
            raise ConfigurationError(
                f"there is no output of {fixture.stage} to score",
                where=fixture.name,
                cure="Make one: chrysopedia process, or say with which prompt: --prompt FOLDER",
            )
    return [Tried(one, 0, 0.0, one.given_output) for one in given]


# What is shown -----------------------------------------------------------------------------------


def _row(one: "Sample") -> dict[str, Any]:
    from chrysopedia_assets.harness.scores import overall

    return {
        "fixture": one.tried.fixture.name,
        "made_by": one.made_by,
        "overall": round(overall(one.scores), 4),
        "error": str(one.failure) if one.failure else None,
        "scores": [
            {"dimension": s.dimension, "value": s.value, "by": s.by, "why": list(s.why)}
            for s in one.scores
        ],
    }


def _show(every: "Sequence[Sample]") -> None:
    from chrysopedia_assets.harness.scores import overall

    for one in every:
        results.print(
            plain(f"{one.tried.fixture.name}, {one.made_by or 'not made'}", "bold"),
            soft_wrap=True,
        )
        if one.failure:
            refuse(f"{one.tried.fixture.name}: {one.failure}")
        if one.scores:
            rows = [
                {"dimension": s.dimension, "value": f"{s.value:.2f}", "by": s.by}
                for s in one.scores
            ]
            rows.append({"dimension": "overall", "value": f"{overall(one.scores):.2f}", "by": ""})
            print_table(rows, "")
        for score in one.scores:
            for reason in score.why:
                results.print(plain(f"  {score.dimension}: {reason}"), soft_wrap=True)
    if len(every) > 1:
        mean = sum(overall(one.scores) for one in every) / len(every)
        results.print(f"Overall of {len(every)} fixtures: {mean:.2f}", highlight=False)
