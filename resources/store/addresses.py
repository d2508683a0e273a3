"""At which address each page stands, what stood there before, and where the others lead.

What belongs here: the tables `page_versions` and `page_redirects`, and the address of a stored page. What does not: which
page gets which address (`inspection/addresses.py`), the pages themselves (`records.py`, `pages.py`).

An address stands or leads on: whichever ever had a page is in `technique_pages` or in `page_redirects`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.inspection.addresses import Kept, Placed, Unplaced, place
from chrysopedia_assets.models.records import content_version
from chrysopedia_assets.models.technique_pages import Citation, TechniquePage, TechniquePages
from resources.store import tables as t
from resources.store.database import batches

_pages, _versions, _redirects = t.technique_pages.c, t.page_versions.c, t.page_redirects.c


class Redirect(NamedTuple):
    """An address without a page: `to_address` has one, or is None; `title` is what the last page here was called."""

    address: str
    video_id: str
    to_address: str | None
    since: datetime
    title: str


@dataclass(frozen=True)
class PageVersion:
    """`version` counts from 1 at its address; `run_id` is of the run that gave it first, None for what was imported."""

    address: str
    version: int
    video_id: str
    made_by: str
    run_id: str | None
    stored_at: datetime
    page: TechniquePage


def place_pages(
    connection: Connection, record: TechniquePages, run_id: str | None, at: datetime
) -> Mapping[str, str]:
    """Give each page of the record its address, by page id, and keep it there as a version where it is another.

    Inside the transaction that stores the record.
    """
    video_id = record.video.video_id
    before = {
        address: to_address
        for address, to_address in connection.execute(
            sa.select(_redirects.address, _redirects.to_address).where(
                _redirects.video_id == video_id
            )
        )
    }
    new = [Unplaced(page.page_id, page.citations) for page in record.pages]
    placed = place(_kept(connection, video_id), before, new)
    _redirect(connection, video_id, before, placed, at)
    _keep(connection, record, placed, run_id, at)
    return placed.addresses


def addresses(connection: Connection, video_ids: Sequence[str] | None = None) -> dict[str, str]:
    """By page id, the address of every page that stands; of all videos, or of those named."""
    query = sa.select(_pages.page_id, _pages.address)
    return dict(_of_videos(connection, query, _pages.video_id, video_ids))


def version_counts(
    connection: Connection, video_ids: Sequence[str] | None = None
) -> dict[str, int]:
    """How many versions each address has, also those that lead on; of all videos, or of those named."""
    query = sa.select(_versions.address, sa.func.max(_versions.version))
    query = query.group_by(_versions.address)
    return dict(_of_videos(connection, query, _versions.video_id, video_ids))


def redirects(connection: Connection, video_ids: Sequence[str] | None = None) -> list[Redirect]:
    """All addresses without a page, in order; of all videos, or of those named."""
    last = t.page_versions.alias("last")
    newest = sa.select(sa.func.max(last.c.version)).where(last.c.address == _redirects.address)
    query = (
        sa.select(
            _redirects.address,
            _redirects.video_id,
            _redirects.to_address,
            _redirects.since,
            _versions.page["title"].as_string(),
        )
        .join(t.page_versions, _versions.address == _redirects.address)
        .where(_versions.version == newest.scalar_subquery())
    )
    return sorted(
        Redirect(*row) for row in _of_videos(connection, query, _redirects.video_id, video_ids)
    )


def address_named(connection: Connection, name: str) -> str | None:
    """The address itself, also one without a page; or that of the page with this id."""
    known = sa.select(_versions.address).where(_versions.address == name).limit(1)
    return connection.scalar(known) or connection.scalar(
        sa.select(_pages.address).where(_pages.page_id == name)
    )


def versions_of(connection: Connection, address: str) -> list[PageVersion]:
    """What stood at an address, oldest first; empty where nothing ever did."""
    names = [name for name in PageVersion.__dataclass_fields__ if name != "page"]
    query = sa.select(*(_versions[name] for name in names), _versions.page)
    query = query.where(_versions.address == address).order_by(_versions.version)
    return [
        PageVersion(**dict(row) | {"page": TechniquePage.model_validate(row["page"])})
        for row in connection.execute(query).mappings()
    ]


def _of_videos(
    connection: Connection,
    query: sa.Select[Any],
    of: sa.ColumnElement[str],
    video_ids: Sequence[str] | None,
) -> list[Any]:
    if video_ids is None:
        return list(connection.execute(query))
    some = (query.where(of.in_(batch)) for batch in batches(video_ids))
    return [row for one in some for row in connection.execute(one)]


def _kept(connection: Connection, video_id: str) -> list[Kept]:
    """Oldest first."""
    query = (
        sa.select(_versions.address, _versions.version, _versions.page["citations"])
        .where(_versions.video_id == video_id)
        .order_by(_versions.stored_at, _versions.version, _versions.address)
    )
    return [
        Kept(address, version, tuple(Citation.model_validate(one) for one in cites))
        for address, version, cites in connection.execute(query)
    ]


def _redirect(
    connection: Connection,
    video_id: str,
    before: Mapping[str, str | None],
    placed: Placed,
    at: datetime,
) -> None:
    """Only what changes; an address that leads elsewhere now has been without its page for as long as before."""
    for address in before.keys() - placed.redirects.keys():
        connection.execute(sa.delete(t.page_redirects).where(_redirects.address == address))
    for address, target in placed.redirects.items():
        if address not in before:
            row = {"address": address, "video_id": video_id, "to_address": target, "since": at}
            connection.execute(sa.insert(t.page_redirects), row)
        elif before[address] != target:
            this = sa.update(t.page_redirects).where(_redirects.address == address)
            connection.execute(this.values(to_address=target))


def _keep(
    connection: Connection,
    record: TechniquePages,
    placed: Placed,
    run_id: str | None,
    at: datetime,
) -> None:
    latest = _latest(connection, record.video.video_id)
    rows = []
    for page in record.pages:
        address, data_version = placed.addresses[page.page_id], content_version(page)
        version, known = latest.get(address, (0, ""))
        if known != data_version:
            row = {
                "address": address,
                "version": version + 1,
                "video_id": record.video.video_id,
                "data_version": data_version,
                "made_by": record.made_by,
                "run_id": run_id,
                "stored_at": at,
                "page": page.model_dump(mode="json"),
            }
            rows.append(row)
    if rows:
        connection.execute(sa.insert(t.page_versions), rows)


def _latest(connection: Connection, video_id: str) -> dict[str, tuple[int, str]]:
    """By address, the number and data version of its last version."""
    query = (
        sa.select(_versions.address, _versions.version, _versions.data_version)
        .where(_versions.video_id == video_id)
        .order_by(_versions.version)
    )
    return {address: (number, known) for address, number, known in connection.execute(query)}
