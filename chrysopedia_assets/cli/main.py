"""The command itself: which commands there are and where, and how failures become exit codes.

A command is a line of a table, here or in its group's own module: its name, and where its function is. It is loaded when
it is run (`lazy.py`), so this module must stay light: `chrysopedia --help` imports neither a database nor a model.

Exit codes: 0 done, 1 some videos failed or were refused and the others are done, 2 wrong usage or configuration.
"""

import logging
import os
import sys
from contextlib import suppress

from dotenv import load_dotenv

from chrysopedia_assets.cli.lazy import lazy_group
from chrysopedia_assets.cli.output import errors, refuse
from chrysopedia_assets.cli.prompt.app import app as prompt
from chrysopedia_assets.errors import ChrysopediaError
from resources.garbage import keep_what_is_loaded, look_seldom
from resources.settings import PROJECT, use_project_dagster_home

HERE = "chrysopedia_assets.cli"

app = lazy_group(
    "Tutorial videos in, short cited technique pages out.",
    {
        "demo": f"{HERE}.system:demo_command",
        "ui": f"{HERE}.system:ui_command",
        "doctor": f"{HERE}.system:doctor_command",
        "ingest": f"{HERE}.library:ingest_command",
        "process": f"{HERE}.library:process_command",
        "transcribe": f"{HERE}.transcribe:transcribe_command",
        "overview": f"{HERE}.overview:overview_command",
        "search": f"{HERE}.search:search_command",
        "status": f"{HERE}.status:status_command",
        "inspect": f"{HERE}.inspect:inspect_command",
        "stale": f"{HERE}.stale:stale_command",
        "refresh": f"{HERE}.refresh:refresh_command",
        "rerun-all": f"{HERE}.refresh:rerun_all_command",
        "rerun": f"{HERE}.rerun:rerun_command",
        "accept": f"{HERE}.accept:accept_command",
        "events": f"{HERE}.runs:events_command",
        "costs": f"{HERE}.costs:costs_command",
        "mcp": f"{HERE}.mcp:mcp_command",
        "prune": f"{HERE}.prune:prune_command",
    },
    pretty_exceptions_enable=False,
)
pages = lazy_group(
    "Technique pages: list them, read one, see how it came to be as it is.",
    {
        "list": f"{HERE}.pages:list_command",
        "show": f"{HERE}.pages:show_command",
        "history": f"{HERE}.page_history:history_command",
    },
)
calls = lazy_group(
    "Calls of language models: list them, read one, export what it was about.",
    {name: f"{HERE}.calls:{name}_command" for name in ("list", "show", "export")},
)
site = lazy_group(
    "The reading site: write it, serve it.",
    {name: f"{HERE}.site:{name}_command" for name in ("build", "serve")},
)
runs = lazy_group(
    "What ran: all runs or those of a video (`runs`, `runs VIDEO`), or one in full.",
    {"list": f"{HERE}.runs:list_command", "show": f"{HERE}.runs:show_command"},
    default="list",
)
app.add_typer(runs, name="runs")
app.add_typer(pages, name="pages")
app.add_typer(site, name="site")
app.add_typer(calls, name="calls")
app.add_typer(prompt, name="prompt")


def run() -> None:
    """The `chrysopedia` script."""
    look_seldom()  # first: what a command loads is half of a short one's time
    use_project_dagster_home()  # before `.env`: there it is the folder that a shell stands in
    load_dotenv(PROJECT / ".env")
    # An interrupt in the middle of a query is told once, by the command.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    try:
        app()
    except ChrysopediaError as error:
        errors.print(
            f"Error: {error}", style="bold red", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(2)
    finally:
        _warn_of_budget()
        keep_what_is_loaded()  # else Python looks through all of it once more, to end


def _warn_of_budget() -> None:
    """Once, after a command that had to do with models."""
    if not os.environ.get("CHRYSOPEDIA_BUDGET_USD") or "resources.llm" not in sys.modules:
        return
    from resources.llm import budget_warning

    with suppress(ChrysopediaError):  # the command has told what is wrong
        if warning := budget_warning():
            refuse(warning)
