"""Writes the reading site: what has changed since it was written last, and nothing else.

What belongs here: which files there are and what decides each of them. What does not: how a file looks (`site`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path

from chrysopedia_assets.models.records import content_version
from chrysopedia_assets.site import links
from chrysopedia_assets.site.build import (
    SiteFile,
    building,
    key_of,
    renderer_version,
    write_files,
)
from chrysopedia_assets.site.content import VideoCard
from chrysopedia_assets.site.history import history_html, moved_html
from chrysopedia_assets.site.layout import static_files
from chrysopedia_assets.site.library import Library, list_files
from chrysopedia_assets.site.media import link_media
from chrysopedia_assets.site.search_index import index_pages, is_indexed
from chrysopedia_assets.site.video_page import video_files
from resources.clients.taxonomy import read_taxonomy
from resources.freshness import Look
from resources.reading import Reading
from resources.settings import settings, site_plays_files
from resources.store.dagster_tables import Connect
from resources.store.database import Database

Tell = Callable[[int, int], None]
"""Hears how many files of how many were looked at."""


@dataclass(frozen=True)
class Published:
    """`pages` are those of the site, `stale_pages` how many of them would come out different now.

    `written` and `removed` are files that changed; `indexed` is whether the search had to be made anew. `version` is that of
    all files together.
    """

    out: Path
    version: str
    pages: int
    stale_pages: int
    videos: int
    files: int
    written: int
    removed: int
    indexed: bool

    @property
    def index(self) -> Path:
        """What a browser opens."""
        return self.out / links.INDEX

    def lines(self) -> list[str]:
        """For a person."""
        stale = (
            f", {self.stale_pages} of them out of date (chrysopedia stale)"
            if self.stale_pages
            else ""
        )
        told = [f"{self.pages} pages of {self.videos} videos{stale}"]
        if not self.pages:
            told = ["No pages yet: the site says so. Next: chrysopedia process"]
        changes = f"{self.written} files written, {self.removed} removed, {self.files - self.written} as they were"
        search = "search made anew" if self.indexed else "search as it was"
        return [*told, f"{changes}; {search}", str(self.index)]


def publish(
    database: Database,
    events: Connect,
    found: Look,
    out: Path | None = None,
    tell: Tell = lambda done, of: None,
) -> Published:
    """Bring the site in the folder up to date; without a folder, where the settings say.

    `events` is Dagster's event log, `found` what was looked up in it. Raises ConfigurationError.
    """
    taxonomy, plays_files = read_taxonomy(settings().taxonomy_file), site_plays_files()
    out = out or settings().site_dir
    with building(out):
        reading = Reading(database, events, found, taxonomy, plays_files=plays_files)
        files = list(_files(reading))
        written = write_files(files, out, lambda done: tell(done, len(files)))
        link_media(out, reading.files_to_play)
        in_step = is_indexed(out)
        if not in_step:
            index_pages(out)
    return Published(
        out=out,
        version=key_of([(file.path, file.key) for file in files]),
        pages=len(reading.library.pages),
        stale_pages=reading.stale_pages,
        videos=len(reading.library.videos),
        files=written.total,
        written=len(written.changed),
        removed=len(written.removed),
        indexed=not in_step,
    )


def _files(reading: Reading) -> Iterator[SiteFile]:
    ours = (renderer_version(), content_version(reading.library.taxonomy))
    for name, content in static_files().items():
        yield SiteFile(name, key_of(content.hex()), partial(bytes, content))
    yield from _list_files(reading.library, ours)
    for moved in reading.moved:
        key = key_of(*ours, asdict(moved))
        yield SiteFile(links.page(moved.address), key, partial(moved_html, moved))

    @lru_cache(maxsize=1)  # a video's files are made together, and asked for one after the other
    def made(video_id: str) -> Mapping[str, str]:
        return video_files(reading.video(video_id), reading.library.terms)

    for video in reading.library.videos:
        yield from _files_of_video(reading, video.video_id, ours, made)
        yield from _histories(reading, video, ours)


def _list_files(library: Library, ours: tuple[str, ...]) -> Iterator[SiteFile]:
    """Each with what it shows for its key: a page that changes leaves the lists alone in which it is not."""
    for name, one in list_files(library).items():
        yield SiteFile(name, key_of(*ours, repr(one.shown)), one.html)


def _files_of_video(
    reading: Reading,
    video_id: str,
    ours: tuple[str, ...],
    made: Callable[[str], Mapping[str, str]],
) -> Iterator[SiteFile]:
    key = key_of(*ours, reading.facts(video_id))
    names = (links.video(video_id), links.inspector(video_id))
    for name in (*names, *map(links.page, reading.addresses(video_id))):
        yield SiteFile(name, key, partial(_text, made, video_id, name))


def _histories(reading: Reading, video: VideoCard, ours: tuple[str, ...]) -> Iterator[SiteFile]:
    """What was told of a version stays, also when its prompt is on no record any more."""

    def made(address: str) -> str | None:
        found = reading.history(address)
        return history_html(found, video.creator_key) if found else None

    for page in reading.rewritten(video.video_id):
        key = key_of(*ours, asdict(video), page.address, page.version)
        yield SiteFile(links.history(page.address), key, partial(made, page.address))


def _text(made: Callable[[str], Mapping[str, str]], video_id: str, name: str) -> str | None:
    return made(video_id).get(name)
