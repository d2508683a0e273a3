"""The videos that the library holds: who made them, and which file each came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.library_files import Chapter, is_media
from chrysopedia_assets.models.records import Video, content_hash
from chrysopedia_assets.models.slugs import slug
from resources.store import tables as t


@dataclass(frozen=True)
class LibraryVideo:
    """A video and the file behind it: where it lies, the hash of its bytes, and its size and time when last read.

    `chapters` are what the source says of its parts; no version follows them.
    """

    video: Video
    source_path: str
    source_hash: str
    source_stamp: str
    chapters: tuple[Chapter, ...] = ()

    @property
    def is_media(self) -> bool:
        """Whether it has to be transcribed."""
        return is_media(self.source_path)

    @property
    def version(self) -> str:
        """Changes with the file's content and with whose video it is, not with where the file lies."""
        video = self.video
        return content_hash(self.source_hash, video.title, video.creator, video.url or "")


def list_videos(
    connection: Connection, video_ids: Iterable[str] | None = None
) -> list[LibraryVideo]:
    """All videos, or those asked for, in order of their id."""
    query = (
        sa.select(t.videos, t.creators.c.name.label("creator"))
        .join(t.creators, t.creators.c.creator_id == t.videos.c.creator_id)
        .order_by(t.videos.c.video_id)
    )
    if video_ids is not None:
        query = query.where(t.videos.c.video_id.in_(list(video_ids)))
    return [_library_video(row) for row in connection.execute(query).mappings()]


def added_since(connection: Connection, since: datetime) -> list[tuple[Video, datetime]]:
    """The newest first."""
    query = (
        sa.select(t.videos, t.creators.c.name.label("creator"))
        .join(t.creators, t.creators.c.creator_id == t.videos.c.creator_id)
        .where(t.videos.c.added_at >= since)
        .order_by(t.videos.c.added_at.desc(), t.videos.c.video_id)
    )
    rows = connection.execute(query).mappings()
    return [(_library_video(row).video, row["added_at"]) for row in rows]


def put_video(connection: Connection, entry: LibraryVideo) -> None:
    """Add the video, or bring its row up to date; what was stored for it stays."""
    creator_id = slug(entry.video.creator) or content_hash(entry.video.creator)
    creator_id = _creator(connection, creator_id, entry.video.creator)
    now = datetime.now(UTC)
    row: dict[str, object] = {
        "creator_id": creator_id,
        "title": entry.video.title,
        "url": entry.video.url,
        "source_path": entry.source_path,
        "source_hash": entry.source_hash,
        "source_stamp": entry.source_stamp,
        "chapters": [chapter.model_dump(mode="json") for chapter in entry.chapters],
    }
    known = connection.scalar(
        sa.select(t.videos.c.source_hash).where(t.videos.c.video_id == entry.video.video_id)
    )
    if known is None:
        row |= {"video_id": entry.video.video_id, "added_at": now, "source_changed_at": now}
        connection.execute(sa.insert(t.videos), row)
        return
    if known != entry.source_hash:
        row["source_changed_at"] = now
    connection.execute(sa.update(t.videos).where(t.videos.c.video_id == entry.video.video_id), row)


def free_paths(connection: Connection, paths: Iterable[str]) -> None:
    """Let go of paths that are about to belong to other videos (files that swapped their names)."""
    connection.execute(
        sa.update(t.videos)
        .where(t.videos.c.source_path.in_(list(paths)))
        .values(source_path=sa.literal("(moved) ") + t.videos.c.video_id)
    )


def _creator(connection: Connection, creator_id: str, name: str) -> str:
    found: str | None = connection.scalar(
        sa.select(t.creators.c.creator_id).where(t.creators.c.name == name)
    )
    if found is not None:
        return found
    taken = connection.scalar(
        sa.select(t.creators.c.name).where(t.creators.c.creator_id == creator_id)
    )
    if taken is not None:  # another spelling of the name slugs alike
        creator_id = f"{creator_id}-{content_hash(name)[:6]}"
    connection.execute(sa.insert(t.creators), {"creator_id": creator_id, "name": name})
    return creator_id


def _library_video(row: sa.RowMapping) -> LibraryVideo:
    video = Video(
        video_id=row["video_id"], title=row["title"], creator=row["creator"], url=row["url"]
    )
    return LibraryVideo(
        video=video,
        source_path=row["source_path"],
        source_hash=row["source_hash"],
        source_stamp=row["source_stamp"],
        chapters=tuple(Chapter.model_validate(chapter) for chapter in row["chapters"]),
    )
