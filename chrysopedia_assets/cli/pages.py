"""Commands on technique pages: list them, read one."""

from typing import Annotated

import typer

from chrysopedia_assets.cli.output import (
    Json,
    print_json,
    print_page,
    print_table,
    results,
    unknown,
)
from chrysopedia_assets.site.pages import page_markdown


def list_command(
    video: Annotated[str | None, typer.Option(help="Only pages of this video.")] = None,
    category: Annotated[str | None, typer.Option(help="Only pages of this category (key).")] = None,
    as_json: Json = False,
) -> None:
    """List technique pages."""
    from resources.database import open_database
    from resources.store.pages import list_pages

    with open_database().reading() as connection:
        rows = list_pages(connection, video_id=video, category=category)
    if as_json:
        print_json(rows)
    else:
        print_table(rows, "No pages. Next: chrysopedia process")


def show_command(
    page: Annotated[str, typer.Argument(help="The page's id, as in `pages list`.")],
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the Markdown source.")
    ] = False,
) -> None:
    """Read one page, with the passages that it cites."""
    from resources.database import open_database
    from resources.store.pages import find_page, list_pages
    from resources.store.records import doubts_of

    with open_database().reading() as connection:
        found = find_page(connection, page)
        doubts = doubts_of(connection, found[1].video.video_id) if found else ()
        known = [] if found else [row["page"] for row in list_pages(connection)]
    if found is None:
        raise unknown("page", page, known, "chrysopedia pages list")
    record, made = found
    text = page_markdown(record, made.video, made.made_by, doubts)
    if as_json:
        about = made.model_dump(mode="json", include={"video", "made_by"})
        told = [doubt.model_dump(mode="json") for doubt in doubts]
        print_json(about | {"page": record.model_dump(mode="json"), "doubts": told})
    elif markdown:
        results.file.write(text)
    else:
        print_page(text)
