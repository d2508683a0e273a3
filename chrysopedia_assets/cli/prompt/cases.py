"""`prompt cases`: a prompt's cases, asked of whoever answers that task, as a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.output import Json, print_json, print_table
from chrysopedia_assets.cli.prompt.trying import Model, tell_if_offline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chrysopedia_assets.harness.cases import Case, CaseRun
    from chrysopedia_assets.models.prompts import PromptName
    from resources.clients.prompts import PromptTemplate


def cases_command(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[STAGE|DIR]",
            help="A stage or its task, or a folder with a candidate prompt; default: all installed prompts.",
        ),
    ] = None,
    model: Model = None,
    stage: Annotated[
        str | None,
        typer.Option(
            help="Which stage the folder's prompt is for, where its variables do not tell."
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Take no reply from the ledger: pay for them again.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask every case of a prompt, and say what was found, what was missing and what should not be there."""
    from resources.sources import prompt_to_try

    folder = Path(what).expanduser() if what and _is_folder(what) else None
    prompts = [prompt_to_try(task, folder, model) for task in _tasks(what, folder, stage)]
    asked = [(prompt, _cases(prompt, folder)) for prompt in prompts]
    tell_if_offline()
    done = sorted(
        _asked(asked, fresh=fresh),
        key=lambda one: (prompts.index(one[0]), one[1].case.name),
    )
    if as_json:
        print_json([_row(prompt, run) for prompt, run in done])
    else:
        print_table([_shown(run) for _, run in done], "no cases")
    raise typer.Exit(0 if all(run.passed for _, run in done) else 1)


def _is_folder(what: str) -> bool:
    """A prompt's name is that prompt, also where a folder of that name stands beside."""
    return _named(what) is None and Path(what).expanduser().is_dir()


def _named(what: str) -> "PromptName | None":
    """By the stage's name or the prompt's."""
    from chrysopedia_assets.models.prompts import PROMPT_NAMES
    from chrysopedia_assets.models.stage_defs import STAGE_OF

    stages = {str(stage): task for task, stage in STAGE_OF.items()}
    return next((name for name in PROMPT_NAMES if name in (what, stages.get(what))), None)


def _tasks(what: str | None, folder: Path | None, stage: str | None) -> "list[PromptName]":
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.models.prompts import PROMPT_NAMES

    asked = stage or (what if folder is None else None)
    if asked is not None and (name := _named(asked)):
        return [name]
    if asked is not None:
        raise ConfigurationError(
            f"{asked} is neither a stage nor a folder",
            cure=f"Name a stage, or one of {', '.join(PROMPT_NAMES)}, or a candidate prompt's folder.",
        )
    return [_task_of(folder)] if folder is not None else list(PROMPT_NAMES)


def _task_of(folder: Path) -> "PromptName":
    """The task whose variables the templates use. Raises ConfigurationError."""
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.models.prompts import PROMPT_NAMES
    from resources.clients.prompts import read_prompt

    if named := next((task for task in PROMPT_NAMES if task == folder.resolve().name), None):
        return named
    for task in PROMPT_NAMES:
        try:
            read_prompt(folder, task)
        except ConfigurationError:
            continue
        return task
    raise ConfigurationError(
        "it is not told by the prompt which stage it is for",
        where=str(folder),
        cure="Say it: --stage STAGE; what is wrong with the prompt is told then.",
    )


def _cases(prompt: "PromptTemplate", folder: Path | None) -> "list[Case]":
    """Of the installed prompt; a candidate's own stand beside them, or in place of one of the same name."""
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.harness.cases import cases_in, read_case
    from resources.settings import settings

    installed = settings().prompts_dir / prompt.task
    folders = [installed, folder] if folder is not None else [installed]
    paths = {path.name: path for one in folders for path in cases_in(one)}
    if not paths:
        raise ConfigurationError(
            f"{prompt.task} has no cases",
            where=str(installed / "cases"),
            cure="Write one there: docs/prompt-cases.md says how.",
        )
    return [read_case(paths[name], prompt.task) for name in sorted(paths)]


def _asked(
    asked: "list[tuple[PromptTemplate, list[Case]]]", *, fresh: bool
) -> "Iterator[tuple[PromptTemplate, CaseRun]]":
    from chrysopedia_assets.cli.running import progress_bar
    from chrysopedia_assets.harness.cases import run_cases
    from resources.engine import engine_to_try

    with progress_bar() as bar:
        total = sum(len(cases) for _, cases in asked)
        task = bar.add_task("", total=total, what="cases")
        for prompt, cases in asked:
            ask = engine_to_try(prompt, fresh=fresh)
            for done in run_cases(cases, ask, prompt.settings.model):
                bar.advance(task)
                yield prompt, done


def _row(prompt: "PromptTemplate", run: "CaseRun") -> dict[str, Any]:
    return {
        "task": run.case.task,
        "case": run.case.name,
        "file": str(run.case.path),
        "prompt": prompt.version,
        "engine": run.engine,
        "good_taken": run.gates.good_taken,
        "bad_refused": run.gates.refused,
        "bad": run.gates.bad,
        "must_find": len(run.case.file.must_find),
        "missing": list(run.missing),
        "must_not_find": len(run.case.file.must_not_find),
        "wrongly_found": list(run.wrongly),
        "seconds": round(run.seconds, 3),
        "verdict": _verdict(run),
        "why": _why(run),
    }


def _shown(run: "CaseRun") -> dict[str, Any]:
    answered = not (run.spared or run.failure)
    of = len(run.case.file.must_find)
    good = "taken" if run.gates.good_taken else "REFUSED"
    return {
        "task": run.case.task,
        "case": run.case.name,
        "engine": run.engine,
        "gates": f"good {good}, {run.gates.refused} of {run.gates.bad} bad refused",
        "found": f"{of - len(run.missing)} of {of}" if answered else "-",
        "wrongly_found": str(len(run.wrongly)) if answered else "-",
        "seconds": f"{run.seconds:.1f}",
        "verdict": ": ".join(filter(None, (_verdict(run), _why(run)))),
    }


def _verdict(run: "CaseRun") -> str:
    if not run.passed:
        return "FAILED"
    return "does not apply" if run.spared else "passed"


def _why(run: "CaseRun") -> str:
    why = [*run.gates.wrong, *filter(None, (run.failure, run.spared))]
    if run.missing:
        why.append(f"not found: {', '.join(map(repr, run.missing))}")
    if run.wrongly:
        why.append(f"wrongly found: {', '.join(map(repr, run.wrongly))}")
    return "; ".join(why)
