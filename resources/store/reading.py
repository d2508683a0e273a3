"""What the reading site lists of the whole library, in a handful of queries: videos, pages, how each page came to be.

What belongs here: reading. What does not: the text of pages, which is loaded video by video (`records.py`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from resources.store import tables as t

_pages, _moments, _versions = t.technique_pages.c, t.page_moments.c, t.page_versions.c


@dataclass(frozen=True)
class VideoRow:
    """`versions` are those of what is stored of each stage, `chapters` what its source says, which none of them follows: whatever
    is shown of the video changes with something of this.
    """

    video_id: str
    title: str
    creator: str
    creator_id: str
    url: str | None
    source_path: str
    duration_s: float
    chapters: Sequence[Mapping[str, object]]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class PageRow:
    """A page that stands. `version`, `made_by`, `run_id` and `made_at` are of its newest version."""

    address: str
    page_id: str
    video_id: str
    title: str
    summary: str
    category: str
    tags: tuple[str, ...]
    moments: int
    spoken_s: float
    version: int
    made_by: str
    run_id: str | None
    made_at: datetime


def video_rows(connection: Connection) -> list[VideoRow]:
    """Every video with a transcript, in order of their ids."""
    versions: dict[str, dict[str, str]] = defaultdict(dict)
    outputs = t.stage_outputs.c
    for video_id, stage, version in connection.execute(
        sa.select(outputs.video_id, outputs.stage, outputs.data_version)
    ):
        versions[video_id][stage] = version
    videos, creators = t.videos.c, t.creators.c
    query = (
        sa.select(
            videos.video_id,
            videos.title,
            creators.name.label("creator"),
            videos.creator_id,
            videos.url,
            videos.source_path,
            t.transcripts.c.duration_s,
            videos.chapters,
        )
        .join(t.creators, creators.creator_id == videos.creator_id)
        .join(t.transcripts, t.transcripts.c.video_id == videos.video_id)
        .order_by(videos.video_id)
    )
    return [
        VideoRow(**row, versions=versions[row["video_id"]])
        for row in connection.execute(query).mappings()
    ]


def page_rows(connection: Connection) -> list[PageRow]:
    """In order of the video and of the page within it."""
    lengths = _lengths(connection)
    newest = (
        sa.select(_versions.address, sa.func.max(_versions.version).label("version"))
        .group_by(_versions.address)
        .subquery()
    )
    names = ("address", "page_id", "video_id", "title", "summary", "category", "tags", "position")
    query = (
        sa.select(
            *(_pages[name] for name in names),
            _versions.version,
            _versions.made_by,
            _versions.run_id,
            _versions.stored_at.label("made_at"),
        )
        .join(newest, newest.c.address == _pages.address)
        .join(
            t.page_versions,
            sa.and_(_versions.address == newest.c.address, _versions.version == newest.c.version),
        )
        .order_by(_pages.video_id, _pages.position)
    )
    return [_page_row(dict(row), lengths) for row in connection.execute(query).mappings()]


def _page_row(row: dict[str, Any], lengths: Mapping[tuple[str, int], tuple[int, float]]) -> PageRow:
    moments, spoken_s = lengths.get((row["video_id"], row.pop("position")), (0, 0.0))
    return PageRow(**row | {"tags": tuple(row["tags"])}, moments=moments, spoken_s=spoken_s)


def _lengths(connection: Connection) -> dict[tuple[str, int], tuple[int, float]]:
    """By video and position of the page: how many passages it cites, and how long they are together."""
    spoken = sa.func.sum(_moments.end_s - _moments.start_s)
    query = sa.select(_moments.video_id, _moments.page_position, sa.func.count(), spoken).group_by(
        _moments.video_id, _moments.page_position
    )
    return {
        (video_id, position): (moments, spoken_s)
        for video_id, position, moments, spoken_s in connection.execute(query)
    }
