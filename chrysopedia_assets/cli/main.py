"""The command itself: its groups, and how failures become exit codes.

Exit codes: 0 done, 1 some videos failed or were refused and the others are done, 2 wrong usage or configuration.
"""

import logging
import sys

import typer
from dotenv import load_dotenv

from chrysopedia_assets.cli import accept, cost, library, pages, refresh, rerun, stale, system
from chrysopedia_assets.cli.output import errors
from chrysopedia_assets.cli.prompt.app import app as prompt
from chrysopedia_assets.cli.prompt.export import export_command
from chrysopedia_assets.cli.prompt.optimize import optimize_command
from chrysopedia_assets.cli.prompt.run import run_command
from chrysopedia_assets.cli.prompt.score import score_command
from chrysopedia_assets.errors import ChrysopediaError
from resources.garbage import look_seldom
from resources.settings import PROJECT, use_project_dagster_home

app = typer.Typer(
    help="Tutorial videos in, short cited technique pages out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
system.add_to(app)
library.add_to(app)
stale.add_to(app)
refresh.add_to(app)
rerun.add_to(app)
accept.add_to(app)
cost.add_to(app)
app.add_typer(pages.app, name="pages")
prompt.command("export")(export_command)
prompt.command("run")(run_command)
prompt.command("optimize")(optimize_command)
prompt.command("score")(score_command)
app.add_typer(prompt, name="prompt")


def run() -> None:
    """The `chrysopedia` script."""
    look_seldom()
    use_project_dagster_home()  # first: in `.env` it is the folder that a shell stands in
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
