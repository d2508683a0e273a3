"""`prompt optimize`: let a search write better prompts, within a budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.output import Json, print_json, print_table, results
from chrysopedia_assets.cli.prompt.trying import Model, Voice, tell, tell_if_offline

if TYPE_CHECKING:
    from resources.optimising import Optimised


def optimize_command(
    stage: Annotated[
        str, typer.Argument(help="The stage, or its task: technique_pages or synthesis.")
    ],
    fixtures: Annotated[
        list[Path], typer.Option("--fixtures", help="A fixture, or a folder of them; repeatable.")
    ],
    budget: Annotated[
        str, typer.Option(help="What may be spent: 2.50usd, or 200calls. Known replies are free.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the results; named again, the search goes on there. Default: optimisations in the data folder."
        ),
    ] = None,
    prompt: Annotated[
        Path | None, typer.Option(help="The prompt to begin with; default: the installed one.")
    ] = None,
    model: Model = None,
    reflect_model: Annotated[
        str | None, typer.Option(help="The model that writes prompts; a strong one pays.")
    ] = None,
    voice: Voice = None,
    judged: Annotated[
        bool, typer.Option("--judge/--no-judge", help="Ask a model how good pages are, too.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of the search's chance.")] = 0,
    as_json: Json = False,
) -> None:
    """Search for a better prompt. The result is a candidate in a folder: nothing is installed."""
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.harness.fixtures import of_one_stage, read_fixtures, stage_of
    from chrysopedia_assets.harness.purse import Budget
    from resources.optimising import Wanted, optimise

    given, name = read_fixtures(fixtures), stage_of(stage)
    if (found := of_one_stage(given)) != name:
        raise ConfigurationError(
            f"the fixtures are of {found}, not of {name}",
            cure=f"Export others: chrysopedia prompt export {name} VIDEO... --out FOLDER",
        )
    wanted = Wanted(
        given, Budget.parse(budget), prompt, model, reflect_model, voice, judged, seed, out
    )
    tell_if_offline()
    done = optimise(wanted, tell)
    if as_json:
        print_json(_as_json(done))
    else:
        _show(done)


def _show(done: "Optimised") -> None:
    rows = [
        {
            "candidate": done.board.name_of(row),
            "prompt": row.version,
            "validation": f"{row.validation:.3f}",
            "hold-out": "-" if row.hold_out is None else f"{row.hold_out:.3f}",
            "made from": row.made_from,
        }
        for row in done.board.rows
    ]
    print_table(rows, "")
    lines = [f"{done.board.paid}. Leaderboard and picture: {done.folder}"]
    if done.candidate is None:
        lines.append(done.board.verdict)
    else:
        lines += [f"Candidate: {done.candidate}. Nothing is installed. Next:", *done.next_steps]
    for line in lines:
        results.print(line, markup=False, highlight=False, soft_wrap=True)


def _as_json(done: "Optimised") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "folder": str(done.folder),
        "candidate": str(done.candidate) if done.candidate else None,
        "winner": done.board.winner.number if done.board.winner else None,
        "rows": [asdict(row) for row in done.board.rows],
        "paid": done.board.paid,
        "next": list(done.next_steps),
    }
