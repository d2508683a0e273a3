"""Commands on technique pages: list them, read one."""

from typing import Annotated

import typer

from chrysopedia_assets.cli.output import (
    Json,
    errors,
    plain,
    print_json,
    print_page,
    print_table,
    results,
    unknown,
)
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.site.pages import page_markdown

LISTED_BY = "chrysopedia pages list"


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


Page = Annotated[
    str, typer.Argument(help="The page's address, as in `pages list`; its page id does too.")
]


def show_command(
    page: Page,
    as_json: Json = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the Markdown source.")
    ] = False,
) -> None:
    """Read one page, with the passages that it cites."""
    from resources.database import open_database
    from resources.store.addresses import address_named, addresses
    from resources.store.pages import find_page, list_pages
    from resources.store.records import doubts_of

    with open_database().reading() as connection:
        found = find_page(connection, page)
        if found is None:
            if address_named(connection, page) is not None:
                raise _gone(page)
            raise unknown("page", page, [row["page"] for row in list_pages(connection)], LISTED_BY)
        record, made = found
        doubts = doubts_of(connection, made.video.video_id)
        address = addresses(connection, [made.video.video_id])[record.page_id]
    text = page_markdown(record, made.video, made.made_by, doubts)
    if page not in (address, record.page_id):
        errors.print(plain(f"{page} leads to {address} now."), soft_wrap=True)
    if as_json:
        about = made.model_dump(mode="json", include={"video", "made_by"}) | {"address": address}
        told = [doubt.model_dump(mode="json") for doubt in doubts]
        print_json(about | {"page": record.model_dump(mode="json"), "doubts": told})
    elif markdown:
        results.file.write(text)
    else:
        print_page(text)


def _gone(address: str) -> ConfigurationError:
    return ConfigurationError(
        f"no page stands at {address} any more, and none has taken its place",
        cure=f"Read what stood there: chrysopedia pages history {address} --diff 1",
    )
