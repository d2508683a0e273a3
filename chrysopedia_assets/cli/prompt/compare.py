"""`prompt compare`: two prompts on the same inputs, what each costs, and whether one is better."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.output import Json, print_json, print_table, refuse, results
from chrysopedia_assets.cli.prompt.trying import (
    Model,
    Repeat,
    judging,
    tell,
    tell_if_offline,
    tried,
    writing,
)
from chrysopedia_assets.errors import ConfigurationError
from resources.clients.prompt_folders import TUNED_ON

if TYPE_CHECKING:
    from chrysopedia_assets.harness.comparing import Compared, Difference, Part
    from chrysopedia_assets.harness.fixtures import Fixture
    from chrysopedia_assets.harness.report import Side
    from chrysopedia_assets.harness.samples import JudgeRecord, Sample
    from resources.clients.prompts import PromptTemplate

INSTALLED = "installed"


@dataclass(frozen=True)
class Plan:
    """What is run for each side."""

    given: "Sequence[Fixture]"
    samples: int
    to_pages: bool
    judge: "JudgeRecord | None"


@dataclass(frozen=True)
class Outcome:
    """What came of it; `pages` is what came of the results in the end, where that was asked for."""

    task: str
    a: "Side"
    b: "Side"
    compared: "Compared"
    pages: "Compared | None"
    parts: "Mapping[str, Part]"
    given: "Sequence[Fixture]"


def compare_command(
    a: Annotated[str, typer.Argument(help="A prompt: a folder or file, or `installed`.")],
    b: Annotated[str, typer.Argument(help="The other prompt.")],
    fixtures: Annotated[
        list[Path], typer.Option(help="Fixtures, or folders of them, of one stage. Repeatable.")
    ],
    model: Model = None,
    repeat: Repeat = 1,
    to_pages: Annotated[
        bool, typer.Option("--to-pages", help="Run the stages below too: the pages decide.")
    ] = False,
    tuned_on: Annotated[
        list[Path] | None,
        typer.Option(help="Fixtures that a prompt was written or tuned on: they never decide."),
    ] = None,
    no_judge: Annotated[bool, typer.Option("--no-judge", help="Code checks alone.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report; default: comparisons in the data folder."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether B is better than A, worse, or cannot be told, on inputs that neither was tuned on. Stores no page."""
    from chrysopedia_assets.harness.comparing import compare, parts_of, with_pages
    from chrysopedia_assets.harness.fixtures import TASK_OF, of_one_stage, read_fixtures
    from chrysopedia_assets.harness.samples import values_of
    from resources.engine import judge_to_ask
    from resources.settings import settings

    given = read_fixtures(fixtures)
    task = TASK_OF[of_one_stage(given)]
    prompts = [_prompt(task, name, model) for name in (a, b)]
    tell_if_offline()
    ask = None if no_judge else judge_to_ask()
    plan = Plan(given, repeat, to_pages, judging(ask) if ask else None)
    if ask is None:
        tell("Scored by code alone: no model judges.")
    known = {one.fixture_id for one in read_fixtures(tuned_on)} if tuned_on else set()
    parts = parts_of([one.fixture_id for one in given], known | _tuned(a, task) | _tuned(b, task))
    sides = _without_failures([_side(plan, prompt) for prompt in prompts])
    because = _undecidable(prompts)
    of_a, of_b = (values_of(side, lambda one: one.scores) for side in sides)
    compared, pages = compare(of_a, of_b, parts, because=because), None
    if to_pages:
        of_a, of_b = (values_of(side, lambda one: one.page_scores) for side in sides)
        pages = compare(of_a, of_b, parts, because=because)
        compared = with_pages(compared, pages)
    folder = (
        out or settings().data_dir / "comparisons" / f"{prompts[0].version}-{prompts[1].version}"
    )
    side_a, side_b = (_shown(*one) for one in zip((a, b), prompts, sides, strict=True))
    outcome = Outcome(task, side_a, side_b, compared, pages, parts, given)
    found = _as_json(outcome)
    _write(folder, outcome, found)
    if as_json:
        print_json(found | {"report": str(folder / "report.html")})
    else:
        _show(compared, pages, folder)


def _prompt(task: Any, name: str, model: str | None) -> "PromptTemplate":
    from resources.sources import prompt_to_try

    return prompt_to_try(task, None if name == INSTALLED else Path(name), model)


def _undecidable(prompts: "Sequence[PromptTemplate]") -> str:
    """Why their results say nothing of the two prompts, if so."""
    if not all(prompt.settings.model for prompt in prompts):
        return "the embedded engine answers, and reads no prompt"
    one, other = ((prompt.version, prompt.settings) for prompt in prompts)
    return "the two prompts are the same" if one == other else ""


def _tuned(name: str, task: str) -> set[str]:
    """What a prompt's folder says it was tuned on; a file's folder speaks for the file."""
    from resources.settings import settings

    given = settings().prompts_dir / task if name == INSTALLED else Path(name).expanduser()
    path = (given if given.is_dir() else given.parent) / TUNED_ON
    if not path.is_file():
        return set()
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(one) for one in found}
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"what the prompt was tuned on cannot be read: {error}",
            where=str(path),
            cure="It is a JSON list of ids, written by prompt optimize; delete it, and say --tuned-on.",
        ) from error


def _side(plan: Plan, prompt: "PromptTemplate") -> "list[Sample]":
    from chrysopedia_assets.harness.samples import scored

    made = tried(prompt, plan.given, samples=plan.samples, to_pages=plan.to_pages)
    found = scored(made, plan.judge)
    return sorted(found, key=lambda one: (one.tried.fixture.name, one.tried.sample))


def _without_failures(sides: "list[list[Sample]]") -> "list[list[Sample]]":
    """An input on which a server or the judge failed says nothing of the prompt: it is left out on both sides, and told."""
    failed = {
        one.tried.fixture.name: one.failure for side in sides for one in side if one.says_nothing
    }
    for name, failure in sorted(failed.items()):
        refuse(f"{name} is left out: {failure}")
    return [[one for one in side if one.tried.fixture.name not in failed] for side in sides]


def _shown(name: str, prompt: "PromptTemplate", samples: "Sequence[Sample]") -> "Side":
    from chrysopedia_assets.harness.report import Side

    texts = {
        "system.md": prompt.system,
        "user.md": prompt.user,
        "settings": prompt.settings.model_dump_json(indent=1),
    }
    return Side(name, prompt.version, texts, _figures(prompt, samples), samples)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    compared, pages = outcome.compared, outcome.pages
    whole = compared.differences[0] if compared.differences else None
    return {
        "task": outcome.task,
        "a": {"version": outcome.a.version, "from": outcome.a.name},
        "b": {"version": outcome.b.version, "from": outcome.b.name},
        "verdict": compared.word,
        "why": compared.why,
        "scores": {"a": whole.a, "b": whole.b} if whole else {"a": None, "b": None},
        "fixtures": [
            {"name": one.name, "fixture_id": one.fixture_id, "part": outcome.parts[one.fixture_id]}
            for one in outcome.given
        ],
        "dimensions": _rows(compared.differences),
        "tuned_on": _rows(compared.tuned),
        "pages": _rows(pages.differences) if pages else None,
    }


def _rows(found: "Sequence[Difference]") -> list[dict[str, Any]]:
    return [
        {
            "dimension": one.dimension,
            **{name: round(getattr(one, name), 4) for name in ("a", "b", "mean", "low", "high")},
        }
        for one in found
    ]


def _write(folder: Path, outcome: Outcome, found: dict[str, Any]) -> None:
    from chrysopedia_assets.harness.report import report_html

    title = f"{outcome.task}: {outcome.a.name} and {outcome.b.name}"
    with writing("report", folder):
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(found, indent=1, ensure_ascii=False)
        (folder / "report.json").write_text(text + "\n", "utf-8")
        html = report_html(
            title, outcome.compared, outcome.pages, outcome.parts, outcome.a, outcome.b
        )
        (folder / "report.html").write_text(html, "utf-8")


def _figures(prompt: "PromptTemplate", samples: "Sequence[Sample]") -> str:
    """What an answer of it takes, by the ledger: whenever it was paid, and however often it was asked."""
    from chrysopedia_assets.models.calls import Usage
    from resources.database import open_database
    from resources.store.calls import Which
    from resources.store.costs import usage_of

    model = prompt.settings.model or ""
    videos = {one.tried.fixture.video.video_id for one in samples}
    with open_database().reading() as connection:
        used = Usage()
        for video in videos:
            asked = Which(video, task=prompt.task, prompt_version=prompt.version, model=model)
            used = used.plus(usage_of(connection, asked))
    if not used.calls:
        return "no calls"
    price = "price unknown" if used.unpriced else f"US$ {used.cost_usd / used.calls:.5f}"
    return f"a call: {used.tokens_in / used.calls:,.0f} tokens in, {used.tokens_out / used.calls:,.0f} out, {price}"


def _show(compared: "Compared", pages: "Compared | None", folder: Path) -> None:
    for name, found in (
        ("held out", compared.differences),
        ("pages, held out", pages.differences if pages else ()),
        ("tuned on, or looked at: these decide nothing", compared.tuned),
    ):
        if found:
            rows = [
                {
                    name: one.dimension,
                    "a": f"{one.a:.2f}",
                    "b": f"{one.b:.2f}",
                    "b_less_a": f"{one.mean:+.3f}",
                    "95_%": f"{one.low:+.3f} to {one.high:+.3f}",
                }
                for one in found
            ]
            print_table(rows, "")
            results.print()
    results.print(f"{compared.word}: {compared.why}", markup=False, highlight=False, soft_wrap=True)
    results.print(
        f"Report: {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True
    )
