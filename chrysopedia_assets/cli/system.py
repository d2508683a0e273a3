"""Commands on the installation: show it on the samples, open the web UI, say whether it is sound."""

import os
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.library import (
    ingest,
    look_twice,
    print_ingest,
    print_processed,
    process,
)
from chrysopedia_assets.cli.output import Json, print_json, print_page, print_table, results
from chrysopedia_assets.cli.ports import LAST_PORT, refuse_taken
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.site.pages import page_markdown
from resources.settings import PROJECT, SAMPLES, llm_variables, settings


def demo_command() -> None:
    """Take in the bundled samples, make their pages, and show one. A second run recomputes nothing."""
    started = time.perf_counter()
    results.rule("Ingest")
    report = ingest(look_twice([SAMPLES]))
    print_ingest(report)
    results.rule("Process")
    taken = [*report["new"], *report["changed"], *report["moved"], *report["unchanged"]]
    done = process(sorted(taken), unfinished_only=True)
    print_processed(done)
    _summary(taken, time.perf_counter() - started)
    results.print(
        "Read and search them all with [bold]make site[/], see how they came to be with [bold]make ui[/]."
    )
    raise typer.Exit(1 if report["refused"] or any(row["error"] for row in done) else 0)


def _summary(video_ids: list[str], seconds: float) -> None:
    from resources.database import open_database
    from resources.store.pages import count_stored, find_page, list_pages

    with open_database().reading() as connection:
        stored = [found for key, found in count_stored(connection).items() if key in video_ids]
        pages = [row for video in sorted(video_ids) for row in list_pages(connection, video)]
        longest = max(pages, key=lambda row: row["moments"], default=None)
        shown = find_page(connection, longest["page"]) if longest else None
    if shown:
        results.rule("One finished page")
        page, record = shown
        print_page(page_markdown(page, record.video, record.made_by))
    results.rule("Summary")
    totals = {name: sum(found[name] for found in stored) for name in ("chunks", "moments", "pages")}
    print_table([{"videos": len(stored)} | totals | {"seconds": round(seconds, 1)}], "nothing")


def ui_command(
    port: Annotated[
        int, typer.Option(min=1, max=LAST_PORT, help="Where the web UI listens.")
    ] = 3000,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. There is no login: whoever reaches it can use it (docs/running.md)."
        ),
    ] = "127.0.0.1",
    read_only: Annotated[
        bool,
        typer.Option(
            "--read-only",
            help="Only to look at: nothing can be run or switched. Sensors and queued runs need another one that is not.",
        ),
    ] = False,
) -> None:
    """Open the Dagster web UI on the same data: the graph, every video, runs, launchpad, sensors."""
    refuse_taken(host, port)
    results.print(
        f"The web UI opens in some seconds at http://{host}:{port}/asset-groups (stop it with Ctrl-C).",
        markup=False,
        soft_wrap=True,
    )
    os.chdir(PROJECT)
    # `dagster dev` says that `dg dev` supersedes it; that one would want an activated environment.
    everything = ["-W", "ignore:Function `dev_command`", "-m", "dagster", "dev"]
    # Readers get no daemon: two of them would start everything twice.
    program = ["-m", "dagster_webserver", "--read-only"] if read_only else everything
    where = ["--workspace", "workspace.yaml", "--host", host, "--port", str(port)]
    os.execv(sys.executable, [sys.executable, *program, *where])  # noqa: S606


def doctor_command(
    name: Annotated[
        str | None, typer.Argument(help="With --model: which one; default: those that are set up.")
    ] = None,
    model: Annotated[
        bool,
        typer.Option(
            "--model", help="Only ask the language model some questions: what is it fit for?"
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check the installation, each part by using it; says what to do about what is wrong."""
    if model:
        from chrysopedia_assets.cli.fitness import examine

        raise typer.Exit(0 if examine(name, as_json=as_json) else 1)
    if name is not None:
        raise ConfigurationError(
            f"doctor takes no {name}", cure=f"To try a model: chrysopedia doctor --model {name}"
        )
    rows = [_checked(name, check) for name, check in CHECKS.items()]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, "no checks")
    raise typer.Exit(0 if all(row["ok"] == "yes" for row in rows) else 2)


def _checked(name: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        found, sound = check(), "yes"
    except Exception as error:  # noqa: BLE001  # whatever is wrong, a doctor names it and goes on
        found, sound = str(error), "NO"
    return {"check": name, "ok": sound, "found": found}


def _python() -> str:
    return sys.version.split()[0]


def _data_folder() -> str:
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    return str(folder)


def _database() -> str:
    from resources.database import open_database

    database = open_database()
    return f"{database.name} at revision {database.revision()}"


def _taxonomy() -> str:
    from resources.clients.taxonomy import read_taxonomy

    taxonomy = read_taxonomy(settings().taxonomy_file)
    tags = sum(len(category.tags) for category in taxonomy.categories)
    return f"{len(taxonomy.categories)} categories, {tags} tags"


def _prompts() -> str:
    from resources.llm import prompts

    return ", ".join(f"{task} {prompt.version}" for task, prompt in prompts().items())


def _language_model() -> str:
    from resources.llm import check_llm

    if found := check_llm():
        return "; ".join(found)
    idle = llm_variables()
    without = f"; without it {', '.join(idle)} do nothing" if idle else ""
    return f"none set (CHRYSOPEDIA_LLM_MODEL): the embedded engine answers{without}"


def _transcription() -> str:
    from resources.hearing import in_words

    return in_words()


def _month_budget() -> str:
    from resources.llm import month_spent
    from resources.settings import month_budget_usd

    limit, spent = month_budget_usd(), month_spent()
    told = f"US$ {spent.usd:.4f} spent this month"
    if spent.unknown:
        told += f", and {spent.unknown} calls of unknown cost"
    if limit is None:
        return f"{told}; no limit (CHRYSOPEDIA_BUDGET_USD)"
    if spent.at_most(0.0) >= limit:
        raise ConfigurationError(
            f"{told}, of US$ {limit:.2f}",
            cure="Raise CHRYSOPEDIA_BUDGET_USD, or wait for the next month.",
        )
    return f"{told}, of US$ {limit:.2f}"


def _library() -> str:
    folder = settings().library_dir
    return (
        str(folder)
        if folder.is_dir()
        else f"{folder} is not there (used by the sensor and by `ingest`)"
    )


def _dagster() -> str:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs_count()
    return f"Dagster {dg.__version__}, home {os.environ['DAGSTER_HOME']}, {runs} runs"


def _graph() -> str:
    from chrysopedia_assets.definitions import build_defs

    return f"{len(build_defs().resolve_asset_graph().get_all_asset_keys())} assets"


CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "data folder": _data_folder,
    "database": _database,
    "taxonomy": _taxonomy,
    "prompts": _prompts,
    "language model": _language_model,
    "transcription": _transcription,
    "month's budget": _month_budget,
    "library": _library,
    "dagster": _dagster,
    "graph": _graph,
}
