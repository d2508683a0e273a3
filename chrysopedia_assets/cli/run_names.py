"""The run that somebody means by a name: VIDEO#NUMBER, or the beginning of its id. The same for every command."""

from typing import Annotated

import typer

from chrysopedia_assets.cli.output import unknown
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.runs import Run
from resources.event_log import run_tables_on_disk
from resources.store.dagster_runs import find_runs, read_runs

LISTED_BY = "chrysopedia runs"
CLOSE = 100
"""How many of the newest are looked through for what is meant most likely."""

Which = Annotated[
    str, typer.Argument(metavar="RUN", help="VIDEO#NUMBER, or the beginning of a run's id.")
]


def run_id_of(name: str) -> str:
    """What stands for the run in a filter: the beginning of an id stays as it is, which may be that of a run that is
    no more, or of an optimisation.
    """
    return the_run(name).run_id if "#" in name else name


def the_run(name: str) -> Run:
    """The one that is meant. Raises ConfigurationError for none, or for more than one."""
    found = find_runs(run_tables_on_disk(), name)
    if len(found) > 1:
        raise ConfigurationError(
            f"{len(found)} runs begin with {name}",
            cure=f"Give more of the id. List them: {LISTED_BY}",
        )
    if not found:
        known = [run.name for run in read_runs(run_tables_on_disk(), limit=CLOSE)]
        raise unknown("run", name, known, LISTED_BY)
    return found[0]
