"""Queries over technique pages, across videos."""

from datetime import datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.technique_pages import TechniquePage, TechniquePages
from resources.store import tables as t
from resources.store.records import load


def list_pages(
    connection: Connection, video_id: str | None = None, category: str | None = None
) -> list[dict[str, Any]]:
    """One row per page, in order of video and of the page within it."""
    pages, outputs = t.technique_pages.c, t.stage_outputs.c
    moments = (
        sa.select(sa.func.count())
        .where(
            t.page_moments.c.video_id == pages.video_id,
            t.page_moments.c.page_position == pages.position,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(
            pages.title,
            pages.category,
            outputs.creator,
            moments.label("moments"),
            pages.address.label("page"),
            pages.video_id.label("video"),
        )
        .join(
            t.stage_outputs,
            sa.and_(outputs.video_id == pages.video_id, outputs.stage == "technique_pages"),
        )
        .order_by(pages.video_id, pages.position)
    )
    if video_id is not None:
        query = query.where(pages.video_id == video_id)
    if category is not None:
        query = query.where(pages.category == category)
    return [dict(row) for row in connection.execute(query).mappings()]


def find_page(connection: Connection, name: str) -> tuple[TechniquePage, TechniquePages] | None:
    """The page and the record that it is part of, by its address, an address that leads to it, or its page id."""
    pages, redirects = t.technique_pages.c, t.page_redirects.c
    leads_to = sa.select(redirects.to_address).where(redirects.address == name).scalar_subquery()
    found = connection.execute(
        sa.select(pages.video_id, pages.page_id)
        .where(sa.or_(pages.address.in_((name, leads_to)), pages.page_id == name))
        .order_by(pages.address != name, pages.address != leads_to)
    ).first()
    if found is None:
        return None
    record = cast(TechniquePages, load(connection, "technique_pages", found.video_id))
    return next(page for page in record.pages if page.page_id == found.page_id), record


class PageMade(NamedTuple):
    """`version` counts from 1; a later one is a page made anew."""

    address: str
    title: str
    video_id: str
    version: int
    stored_at: datetime


def made_since(connection: Connection, since: datetime) -> list[PageMade]:
    """Pages that stand now and were made, or came out different, since then; the newest first."""
    made, pages = t.page_versions.c, t.technique_pages.c
    newest = (
        sa.select(
            made.address,
            sa.func.max(made.version).label("version"),
            sa.func.max(made.stored_at).label("stored_at"),
        )
        .group_by(made.address)
        .having(sa.func.max(made.stored_at) >= since)
        .subquery()
    )
    query = (
        sa.select(pages.address, pages.title, pages.video_id, newest.c.version, newest.c.stored_at)
        .join(newest, newest.c.address == pages.address)
        .order_by(newest.c.stored_at.desc(), pages.address)
    )
    return [PageMade(*row) for row in connection.execute(query)]


def count_stored(connection: Connection) -> dict[str, dict[str, int]]:
    """For each video that has any: how many stages, chunks, moments and pages are stored."""
    counted = {
        "stages": t.stage_outputs,
        "chunks": t.topic_chunks,
        "moments": t.key_moments,
        "pages": t.technique_pages,
    }
    counts: dict[str, dict[str, int]] = {}
    for name, table in counted.items():
        query = sa.select(table.c.video_id, sa.func.count()).group_by(table.c.video_id)
        for video_id, count in connection.execute(query):
            counts.setdefault(video_id, dict.fromkeys(counted, 0))[name] = count
    return counts
