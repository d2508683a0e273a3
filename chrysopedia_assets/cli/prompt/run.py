"""`prompt run`: a prompt on real inputs, offline, beside what the stage gave."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.output import Json, plain, print_json, refuse, results
from chrysopedia_assets.cli.prompt.trying import (
    Fixtures,
    Model,
    Repeat,
    Voice,
    tell_if_offline,
    tried,
    writing,
)

if TYPE_CHECKING:
    from chrysopedia_assets.harness.trying import Tried
    from chrysopedia_assets.models.records import StageRecord
    from resources.clients.prompts import PromptTemplate

STYLES = {"+": "green", "-": "red", "@": "dim"}
"""Of a line of a diff, by its first letter."""
PromptPath = Annotated[
    Path | None,
    typer.Option(
        help="A folder with a whole prompt, or a file instead of system.md (or user.md, if it is named so); default: the installed one."
    ),
]


def run_command(
    fixtures: Fixtures,
    prompt: PromptPath = None,
    model: Model = None,
    repeat: Repeat = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Take no reply from the ledger: pay for them again.")
    ] = False,
    voice: Voice = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Show the whole result instead of what changed.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results; default: prompt_runs in the data folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a stage on fixtures with any prompt, and show what changed. Stores no page; needs no server but the model's."""
    from chrysopedia_assets.harness.fixtures import TASK_OF, of_one_stage, read_fixtures
    from resources.clients.prompts import with_voice
    from resources.settings import settings
    from resources.sources import prompt_to_try

    given = read_fixtures(fixtures)
    asked = with_voice(prompt_to_try(TASK_OF[of_one_stage(given)], prompt, model), voice)
    tell_if_offline()
    folder = (out or settings().data_dir / "prompt_runs") / asked.version
    with writing("results", folder):
        folder.mkdir(parents=True, exist_ok=True)  # before anything is paid
    every = [
        (done, _keep(done, folder, repeat))
        for done in tried(asked, given, samples=repeat, fresh=fresh)
    ]
    every.sort(key=lambda one: (one[0].fixture.name, one[0].sample))
    if as_json:
        print_json([_row(done, asked, files) for done, files in every])
    else:
        for done, _ in every:
            _show(done, asked, whole=whole)
        if any(files for _, files in every):
            results.print(f"Results: {folder}", markup=False, highlight=False, soft_wrap=True)
    failed = any(done.failure for done, _ in every)
    raise typer.Exit(1 if failed else 0)


def _row(done: "Tried", prompt: "PromptTemplate", files: list[Path]) -> dict[str, Any]:
    return {
        "fixture": done.fixture.name,
        "sample": done.sample,
        "prompt": prompt.version,
        "made_by": done.record.made_by if done.record else None,
        "changed": bool(done.record) and _lines(done.fixture.given_output) != _lines(done.record),
        "seconds": round(done.seconds, 3),
        "error": str(done.failure) if done.failure else None,
        "files": [str(file) for file in files],
    }


def _lines(record: "StageRecord | None") -> list[str]:
    from chrysopedia_assets.harness.readable import readable

    return readable(record) if record is not None else []


def _keep(done: "Tried", folder: Path, repeat: int) -> list[Path]:
    """The record as JSON, the same to read, and the difference."""
    if done.record is None:
        return []
    name = f"{done.fixture.name}--{done.sample}" if repeat > 1 else done.fixture.name
    texts = {
        "json": done.record.model_dump_json(indent=1),
        "md": "\n".join(_lines(done.record)),
        "diff": "\n".join(_diff(done)),
    }
    files = {folder / f"{name}.{ending}": text for ending, text in texts.items() if text}
    with writing("results", folder):
        for file, text in files.items():
            file.write_text(text + "\n", "utf-8")
    return list(files)


def _diff(done: "Tried") -> list[str]:
    import difflib

    before = done.fixture.prompt_version or "unknown"
    return list(
        difflib.unified_diff(
            _lines(done.fixture.given_output),
            _lines(done.record),
            f"stored (prompt {before})",
            "this run",
            lineterm="",
        )
    )


def _show(done: "Tried", prompt: "PromptTemplate", *, whole: bool) -> None:
    if done.failure or done.record is None:
        refuse(f"{done.fixture.name}: {done.failure}")
        return
    title = (
        f"{done.fixture.name}, prompt {prompt.version}, {done.record.made_by}, {done.seconds:.1f} s"
    )
    results.print(plain(title, "bold"), soft_wrap=True)
    own = done.fixture.given_output
    if own is None or whole:
        results.print(plain("\n".join(_lines(done.record))), soft_wrap=True)
        return
    for line in _diff(done) or ["The same as what is stored."]:
        results.print(plain(line, STYLES.get(line[:1], "")), soft_wrap=True)
