"""What language models have cost: totals from the ledger."""

from typing import Annotated

import typer

from chrysopedia_assets.cli.output import Json, print_json, print_table, unknown
from resources.store.costs import By, totals


def cost_command(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.VIDEO,
    video: Annotated[str | None, typer.Option(help="Only the calls of this video.")] = None,
    as_json: Json = False,
) -> None:
    """What calls of language models have cost. Calls without a known price are counted as unpriced, not as free."""
    from resources.database import open_database
    from resources.store.videos import list_videos

    with open_database().reading() as connection:
        known = [entry.video.video_id for entry in list_videos(connection)]
        if video is not None and video not in known:
            raise unknown("video", video, known, "chrysopedia status")
        rows = totals(connection, by, video)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["cost_usd"] = f"{row['cost_usd']:.4f}"
        row["seconds"] = round(row["seconds"], 1)
    print_table(rows, "No language model was called yet.")
