"""Whether what is searched is what is stored: one query, light enough to be asked before every search.

What belongs here: comparing versions. What does not: indexing (`search_index.py`), which needs the records' classes.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.search.words import INDEX_VERSION
from resources.store import tables as t

READ = ("transcripts", "key_moments", "classifications", "technique_pages")
"""The stages that are searched."""


def cut_otherwise(connection: Connection) -> bool:
    """Whether there is anything that another version of the program has indexed."""
    version = t.search_videos.c.version
    other = sa.select(version).where(version.not_like(f"{INDEX_VERSION} %")).limit(1)
    return connection.scalar(other) is not None


def stored_version(connection: Connection, video_id: str) -> str | None:
    """Of all that is searched of a video; None where nothing is stored."""
    stored = _stored().subquery().c
    return connection.scalar(sa.select(stored.version).where(stored.video_id == video_id))


def behind(connection: Connection) -> tuple[list[str], list[str]]:
    """The videos whose index is not that of what is stored, and those that are in the index alone; by id."""
    return list(connection.scalars(_CHANGED)), list(connection.scalars(_GONE))


def _stored() -> sa.Select[tuple[str, str]]:
    """By video, the versions of all that is searched, as one text."""
    outputs = t.stage_outputs.c
    version: sa.ColumnElement[str] = sa.literal(INDEX_VERSION, sa.Text)
    for stage in READ:
        of_stage = sa.func.max(sa.case((outputs.stage == stage, outputs.data_version)))
        version = version + " " + sa.func.coalesce(of_stage, "-")
    return (
        sa.select(outputs.video_id, version.label("version"))
        .where(outputs.stage.in_(READ))
        .group_by(outputs.video_id)
    )


# Put together once: they are asked before every search.
_of_stored, _held, _outputs = _stored().subquery(), t.search_videos, t.stage_outputs
_CHANGED = (
    sa.select(_of_stored.c.video_id)
    .outerjoin(_held, _held.c.video_id == _of_stored.c.video_id)
    .where(_held.c.version.is_distinct_from(_of_stored.c.version))
    .order_by(_of_stored.c.video_id)
)
_GONE = (
    sa.select(_held.c.video_id)
    .where(~sa.exists().where(_outputs.c.video_id == _held.c.video_id, _outputs.c.stage.in_(READ)))
    .order_by(_held.c.video_id)
)
