"""`prune`: what was asked of models and answered, and what earlier runs gave, dropped by age and size."""

from dataclasses import asdict
from typing import Annotated

import typer

from chrysopedia_assets.cli.output import Json, print_json, results


def prune_command(
    older_than: Annotated[
        str | None, typer.Option(help="What was not asked, or made, for so many days: 90d.")
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(help="The oldest, until no more than this is left: 500MB.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be dropped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Drop old requests and replies of language models, and what earlier runs of stages gave. What made what is stored now,
    or a page that stands, is kept, and so are all figures: tokens, costs, outcomes. Who asks again what was dropped pays for it
    again.
    """
    from resources.database import open_database
    from resources.store.pruning import give_back, prune
    from resources.store.retention import Bounds

    bounds = Bounds.parse(older_than, max_size)
    done = prune(open_database(), bounds, dry_run=dry_run)
    room = give_back(open_database()) if done.dropped.size and not dry_run else None
    if as_json:
        kept = {reason: asdict(part) for reason, part in done.kept.items()}
        print_json(
            {"dry_run": dry_run, "dropped": asdict(done.dropped), "kept": kept}
            | {"held": done.held, "room": room}
        )
        return
    for line in (*done.lines(), *([room] if room else [])):
        results.print(line, markup=False, highlight=False, soft_wrap=True)
