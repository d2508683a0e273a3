"""The page that a curator opens in the morning, and its figures on the terminal."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.output import (
    Json,
    one_line,
    print_json,
    refuse,
    results,
    write_page,
)
from resources.database import open_database
from resources.overview import gather
from resources.settings import settings

if TYPE_CHECKING:
    from chrysopedia_assets.models.overview import Overview

FILE = "overview.html"


def overview_command(
    html: Annotated[
        Path | None,
        typer.Option(
            help=f"Where to write the page, a file or a folder for it; default: {FILE} in the data folder."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the web browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write one page on how the library stands: what is new, running, broken and out of date, what refreshing that
    costs, what was spent, how good it gets.
    """
    from chrysopedia_assets.site.overview import overview_html

    found = gather(open_database(), datetime.now(UTC))
    path = write_page(html or settings().data_dir, FILE, overview_html(found))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _tell(found)
    if show:
        webbrowser.open(path.resolve().as_uri())


def _tell(found: "Overview") -> None:
    """The same in a few lines."""
    states = ", ".join(f"{count} {state}" for state, count in found.states.items() if count)
    lines = [
        f"Videos: {states or 'none yet. Next: chrysopedia ingest PATH, or chrysopedia demo'}",
        f"New in seven days: {len(found.new_videos)} videos, {len(found.new_pages)} pages made or made anew",
        f"Running or queued: {len(found.running)}",
        f"Stale: {found.stale_videos} videos; to refresh: {found.refresh_cost}"
        if found.stale
        else "Stale: none",
        f"Spent in seven days: US$ {found.week_usd:.2f}",
    ]
    for line in lines:
        results.print(line, markup=False, highlight=False, soft_wrap=True)
    for one in found.broken:
        at = f" at {one.stage}" if one.stage else ""
        refuse(f"{one.video_id} failed{at}: {one_line(one.why)}")
