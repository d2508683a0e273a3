"""What the reading site shows, gathered from where it is: records, what is out of date, files to play.

What belongs here: gathering. What does not: how it looks (`chrysopedia_assets/site`), and writing it (`publishing.py`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from chrysopedia_assets.freshness.words import why
from chrysopedia_assets.inspection.page_history import PageHistory
from chrysopedia_assets.models.library_files import is_media
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.site.content import (
    Card,
    Making,
    Media,
    Moved,
    ReadingPage,
    ReadingVideo,
    VideoCard,
)
from chrysopedia_assets.site.library import Library
from chrysopedia_assets.site.media import youtube_id
from resources.clients.library import Beside
from resources.freshness import Look
from resources.inspecting import look_into
from resources.page_history import TASK, OnRecord, page_history, prompts_on_record
from resources.store.addresses import redirects
from resources.store.dagster_tables import Connect
from resources.store.database import Database
from resources.store.page_prompts import Asked, asked_in_runs
from resources.store.reading import PageRow, VideoRow, page_rows, video_rows


class Reading:
    """The library at the moment of a look. Lists are read at once, videos one by one when they are asked for.

    `plays_files` is whether media files of this machine belong to the site.
    """

    def __init__(
        self,
        database: Database,
        events: Connect,
        found: Look,
        taxonomy: Taxonomy,
        *,
        plays_files: bool,
    ) -> None:
        self._database, self._events = database, events
        self._found, self._taxonomy = found, taxonomy
        self._plays_files = plays_files
        self._beside = Beside()
        with database.reading() as connection:
            self._redirects = redirects(connection)
            self._videos = {row.video_id: row for row in video_rows(connection)}
            self._pages: dict[str, list[PageRow]] = defaultdict(list)
            for page in page_rows(connection):
                if page.video_id in self._videos:  # else stored between the two queries
                    self._pages[page.video_id].append(page)

    @cached_property
    def library(self) -> Library:
        return Library(
            taxonomy=self._taxonomy,
            videos=tuple(self._video_card(row) for row in self._videos.values()),
            pages=tuple(_card(page) for pages in self._pages.values() for page in pages),
        )

    @cached_property
    def files_to_play(self) -> dict[str, Path]:
        """Of all videos, by the name in the site's folder."""
        return {_name(video_id, path): path for video_id, path in self._files.items()}

    @cached_property
    def _files(self) -> dict[str, Path]:
        """By video: the disk is asked once."""
        found = ((row.video_id, self._file_of(row)) for row in self._videos.values())
        return {video_id: path for video_id, path in found if path is not None}

    @cached_property
    def moved(self) -> list[Moved]:
        """Every address whose page is elsewhere or gone."""
        titles = {page.address: page.title for pages in self._pages.values() for page in pages}
        return [
            Moved(
                address=one.address,
                title=one.title,
                video=self._found.videos[one.video_id].video,
                to=(one.to_address, titles[one.to_address]) if one.to_address in titles else None,
            )
            for one in self._redirects
            if one.video_id in self._found.videos
        ]

    def rewritten(self, video_id: str) -> list[PageRow]:
        """The video's pages that have a history to show."""
        return [page for page in self._pages.get(video_id, []) if page.version > 1]

    def history(self, address: str) -> PageHistory | None:
        with self._database.reading() as connection:
            return page_history(connection, self._events, address, self._prompts_on_record)

    @cached_property
    def _prompts_on_record(self) -> OnRecord:
        with self._database.reading() as connection:
            return prompts_on_record(connection)

    @property
    def stale_pages(self) -> int:
        return sum(len(pages) for video_id, pages in self._pages.items() if self._stale(video_id))

    def addresses(self, video_id: str) -> list[str]:
        """Of the video's pages, in their order."""
        return [page.address for page in self._pages.get(video_id, [])]

    def facts(self, video_id: str) -> tuple[object, ...]:
        """Whatever decides what is shown of a video, short of its records, for which their versions stand."""
        pages = self._pages.get(video_id, [])
        return (
            asdict(self._videos[video_id]),
            [asdict(page) | {"made_at": page.made_at.isoformat()} for page in pages],
            asdict(media) if (media := self._media(self._videos[video_id])) else None,
            self._stale(video_id),
            [self._prompt(page) for page in pages],
        )

    def video(self, video_id: str) -> ReadingVideo:
        row = self._videos[video_id]
        stored = look_into(self._database, video_id)
        rows = {page.page_id: page for page in self._pages.get(video_id, [])}
        return ReadingVideo(
            stored=stored,
            creator_key=row.creator_id,
            media=self._media(row),
            pages=tuple(
                ReadingPage(
                    address=rows[page.page_id].address,
                    page=page,
                    making=self._making(rows[page.page_id]),
                    stale=self._stale(video_id),
                )
                for page in stored.pages
                if page.page_id in rows  # stored since the look: the next build shows it
            ),
        )

    def _making(self, page: PageRow) -> Making:
        return Making(
            made_by=page.made_by,
            made_at=page.made_at,
            run_id=page.run_id,
            prompt=self._prompt(page),
            version=page.version,
        )

    def _stale(self, video_id: str) -> tuple[str, ...]:
        """Without times: what is written once stays as it is while it is true."""
        verdict = self._found.verdicts.get(video_id, {}).get("technique_pages")
        if verdict is None or verdict.word != "stale":
            return ()
        return tuple(dict.fromkeys(why(root) for root in verdict.roots))

    def _prompt(self, page: PageRow) -> str | None:
        """By the calls of its run; None where a model was not asked: an engine of our own reads no prompt."""
        if page.run_id is None:
            return None
        asked = self._asked.get((page.run_id, page.video_id))
        return asked[-1].prompt_version if asked else None

    @cached_property
    def _asked(self) -> Mapping[tuple[str, str], Sequence[Asked]]:
        run_ids = {page.run_id for pages in self._pages.values() for page in pages}
        with self._database.reading() as connection:
            return asked_in_runs(connection, TASK, {one for one in run_ids if one is not None})

    def _media(self, row: VideoRow) -> Media | None:
        """Where it is best played: a file of one's own is there at once."""
        if path := self._files.get(row.video_id):
            return Media("file", _name(row.video_id, path))
        known = youtube_id(row.url)
        return Media("youtube", known) if known else None

    def _file_of(self, row: VideoRow) -> Path | None:
        """The video's media file: the one that it was taken in from, or the one beside its transcript."""
        if not self._plays_files:
            return None
        source = Path(row.source_path)
        found = source if is_media(source.name) else self._beside.media_of(source)
        try:
            return found if found and found.is_file() else None
        except OSError:  # too long a name, or a share that is away
            return None

    def _video_card(self, row: VideoRow) -> VideoCard:
        return VideoCard(
            video_id=row.video_id,
            title=row.title,
            creator=row.creator,
            creator_key=row.creator_id,
            duration_s=row.duration_s,
            pages=tuple(page.address for page in self._pages.get(row.video_id, [])),
        )


def _name(video_id: str, path: Path) -> str:
    return f"{video_id}{path.suffix.lower()}"


def _card(page: PageRow) -> Card:
    return Card(
        address=page.address,
        title=page.title,
        summary=page.summary,
        category=page.category,
        tags=page.tags,
        video_id=page.video_id,
        moments=page.moments,
        spoken_s=page.spoken_s,
        made_at=page.made_at,
    )
