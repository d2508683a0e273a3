"""`doctor --model`: what a language model is fit for, found out by a small battery of questions."""

from typing import TYPE_CHECKING, Any

from chrysopedia_assets.cli.output import errors, print_json, print_table, results
from chrysopedia_assets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chrysopedia_assets.harness.battery import Trial
    from chrysopedia_assets.harness.fitness import Fitness, Result
    from chrysopedia_assets.models.prompts import PromptSettings, Task


def examine(name: str | None, *, as_json: bool) -> bool:
    """Try the model, or each one that is set up; whether each is fit for what it is to do. Raises ChrysopediaError."""
    from chrysopedia_assets.harness.battery import battery
    from chrysopedia_assets.models.prompts import TASKS
    from resources.llm import prompts

    found = prompts()
    settings = {task: found[task].settings for task in TASKS}
    models = _models(settings, name)
    if not models:
        raise ConfigurationError(
            "no language model is set up: the embedded engine answers, and there is nothing to try",
            cure="Set CHRYSOPEDIA_LLM_MODEL, or name one: chrysopedia doctor --model NAME",
        )
    trials = battery({task: one.max_input_tokens for task, one in settings.items()})
    tried = [
        _tried(settings[tasks[0]].model_copy(update={"model": model}), trials)
        for model, tasks in models.items()
    ]
    if as_json:
        print_json([_row(*one) for one in tried])
    else:
        for one in tried:
            _show(*one)
    return all(
        one.verdict != "not fit"
        for (_, _, _, verdicts), tasks in zip(tried, models.values(), strict=True)
        for one in verdicts
        if one.task in tasks
    )


def _models(settings: "Mapping[Task, PromptSettings]", name: str | None) -> "dict[str, list[Task]]":
    """Each with the tasks that it is to do: all of them, if it is set up for none."""
    wanted = [name] if name else sorted({s.model for s in settings.values() if s.model})
    return {
        model: [task for task, found in settings.items() if found.model == model] or list(settings)
        for model in wanted
    }


Tried = tuple["PromptSettings", str, "list[Result]", "list[Fitness]"]


def _tried(settings: "PromptSettings", trials: "list[Trial]") -> Tried:
    from chrysopedia_assets.cli.running import progress_bar
    from chrysopedia_assets.harness.fitness import fitness, tokens_to_read, try_model
    from resources.llm import server_to_try
    from resources.settings import llm_settings

    server = server_to_try(settings.model or "")
    calls = sum(len(trial.probes) for trial in trials)
    errors.print(
        f"{calls} calls to {settings.model} at {server.name}, about {tokens_to_read(trials):,} tokens to read.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    done = []
    with progress_bar() as bar:
        task = bar.add_task("", total=calls, what=f"trying {settings.model}")
        for result in try_model(trials, settings, llm_settings().extra, server.ask):
            bar.advance(task, len(result.outcomes))
            done.append(result)
    return settings, server.name, done, fitness(done)


def _row(
    settings: "PromptSettings", server: str, done: "list[Result]", verdicts: "list[Fitness]"
) -> dict[str, Any]:
    return {
        "model": settings.model,
        "server": server,
        "calls": sum(len(result.outcomes) for result in done),
        "probes": [
            {
                "probe": result.trial.name,
                "passed": result.passed,
                "of": len(result.outcomes),
                "why_not": result.why,
                "tokens": _sum([one.tokens for one in result.outcomes]),
                "seconds": round(sum(one.seconds for one in result.outcomes), 3),
                "cost_usd": _sum([one.cost_usd for one in result.outcomes]),
            }
            for result in done
        ],
        "stages": [
            {"stage": one.task, "verdict": one.verdict, "why": list(one.why)} for one in verdicts
        ],
    }


def _sum(values: "list[Any]") -> Any:
    """None where some of them is not known."""
    return None if None in values else sum(values)


def _show(
    settings: "PromptSettings", server: str, done: "list[Result]", verdicts: "list[Fitness]"
) -> None:
    row = _row(settings, server, done, verdicts)
    title = f"{settings.model} at {server}"
    results.print(title, style="bold", markup=False, highlight=False, soft_wrap=True)
    print_table([_shown(probe) for probe in row["probes"]], "nothing was asked")
    results.print()
    print_table(
        [
            {
                "stage": one.task,
                "verdict": ": ".join(filter(None, (one.verdict, "; ".join(one.why)))),
            }
            for one in verdicts
        ],
        "nothing was asked",
    )


def _shown(probe: dict[str, Any]) -> dict[str, Any]:
    tokens, cost = probe["tokens"], probe["cost_usd"]
    return {
        "probe": probe["probe"],
        "passed": f"{probe['passed']} of {probe['of']}",
        "tokens": "unknown" if tokens is None else f"{tokens:,}",
        "seconds": f"{probe['seconds']:.1f}",
        "cost_usd": "unknown" if cost is None else f"{cost:.4f}",
        "why_not": probe["why_not"],
    }
