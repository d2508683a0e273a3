"""The reading site: write it, serve it on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.output import Json, print_json, results
from chrysopedia_assets.cli.ports import LAST_PORT, refuse_taken
from chrysopedia_assets.cli.running import progress_bar

if TYPE_CHECKING:
    from resources.publishing import Published

Out = Annotated[
    Path | None,
    typer.Option(
        help="The site's folder; default: CHRYSOPEDIA_SITE_DIR, else `site` in the data folder."
    ),
]


def build_command(out: Out = None, as_json: Json = False) -> None:
    """Write the reading site: what has changed since it was written last. Opens from the disk, and on any web server."""
    done = _build(out)
    if as_json:
        print_json(_as_json(done))
    else:
        _tell(done)


def serve_command(
    out: Out = None,
    port: Annotated[int, typer.Option(min=1, max=LAST_PORT, help="Where the site listens.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Write the reading site and serve it here, with its search and the library's own videos. Stop it with Ctrl-C."""
    refuse_taken(host, port)
    done = _build(out)
    _tell(done)
    import uvicorn

    from chrysopedia_assets.site.serving import site_app

    shown = f"[{host}]" if ":" in host else host
    results.print(f"Reading at http://{shown}:{port}", markup=False, highlight=False)
    uvicorn.run(site_app(done.out), host=host, port=port, log_level="warning")


def _build(out: Path | None) -> "Published":
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import look
    from resources.publishing import publish

    database, events = open_database(), event_log_on_disk()
    found = look(events, database)
    with progress_bar() as bar:
        task = bar.add_task("", total=None, what="site")
        return publish(
            database,
            events,
            found,
            out.expanduser().resolve() if out else None,
            lambda done, of: bar.update(task, completed=done, total=of),
        )


def _tell(done: "Published") -> None:
    for line in done.lines():
        results.print(line, markup=False, highlight=False, soft_wrap=True)


def _as_json(done: "Published") -> dict[str, object]:
    return {**vars(done), "out": str(done.out)}
