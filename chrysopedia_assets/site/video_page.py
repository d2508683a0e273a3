"""A video as readers see it: its chunks and moments along time, its pages, and what is on no page and why.

What belongs here: what stands on that page, and all files of one video. What does not: what can be seen of a video
(`inspection`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from chrysopedia_assets.inspection.inspecting import inspect
from chrysopedia_assets.inspection.seen import Inspection, SeenChunk, SeenMoment
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import ReadingPage, ReadingVideo
from chrysopedia_assets.site.inspection import inspection_html
from chrysopedia_assets.site.layout import page_of_site
from chrysopedia_assets.site.playing import Playing
from chrysopedia_assets.site.speech import Speech
from chrysopedia_assets.site.technique_page import technique_page_html
from chrysopedia_assets.site.terms import Terms
from chrysopedia_assets.site.timeline import place, ticks


@dataclass(frozen=True)
class _Moment:
    """`page` cites it as `[seen.citation]`; None where none does."""

    number: int
    seen: SeenMoment
    time: Markup
    page: ReadingPage | None
    x: float
    width: float


@dataclass(frozen=True)
class _Chunk:
    seen: SeenChunk
    time: Markup
    moments: tuple[_Moment, ...]
    colour: str
    x: float
    width: float


def video_files(video: ReadingVideo, terms: Terms) -> dict[str, str]:
    """The text of every file about this video, by name: its own page, its inspector, and its technique pages."""
    seen = inspect(video.stored)
    video_id = seen.video.video_id
    speech = Speech(video.stored)
    files = {
        links.page(page.address): technique_page_html(page, video, terms, speech)
        for page in video.pages
    }
    own = {
        links.video(video_id): video_html(video, seen, terms),
        links.inspector(video_id): inspection_html(seen),
    }
    return {**own, **files}


def video_html(video: ReadingVideo, seen: Inspection, terms: Terms) -> str:
    name = links.video(seen.video.video_id)
    playing = Playing(video.media, links.root_of(name))
    pages = {video.stored.address_of(page.page): page for page in video.pages}
    moments = list(_moments(seen, pages, playing))
    source = links.source(seen.video.url)
    return page_of_site(
        "video.html",
        name,
        seen=seen,
        video=seen.video,
        creator_key=video.creator_key,
        pages=video.pages,
        moments=moments,
        chunks=list(_chunks(seen, moments, playing, terms)),
        outside=[moment for moment in moments if moment.seen.chunk is None],
        chapters=_chapters(seen),
        ticks=ticks(seen.duration_s),
        categories=dict.fromkeys(m.seen.category for m in moments if m.seen.category),
        source=source,
        playing=playing,
        terms=terms,
    )


def _moments(
    seen: Inspection, pages: Mapping[str, ReadingPage], playing: Playing
) -> Iterator[_Moment]:
    for number, moment in enumerate(seen.moments, start=1):
        x, width = place(moment.start_s, moment.end_s, seen.duration_s)
        yield _Moment(
            number=number,
            seen=moment,
            time=playing.time(moment.start_s, moment.end_s),
            page=pages.get(moment.page or ""),
            x=x,
            width=width,
        )


def _chunks(
    seen: Inspection, moments: list[_Moment], playing: Playing, terms: Terms
) -> Iterator[_Chunk]:
    for chunk in seen.chunks:
        x, width = place(chunk.start_s, chunk.end_s, seen.duration_s)
        yield _Chunk(
            seen=chunk,
            time=playing.time(chunk.start_s, chunk.end_s),
            moments=tuple(m for m in moments if m.seen.chunk == chunk.number),
            colour=terms.colour(chunk.categories[0] if chunk.categories else None),
            x=x,
            width=width,
        )


def _chapters(seen: Inspection) -> list[tuple[str, float, float, float]]:
    """Title, start, and where it stands; each goes on to the next."""
    starts = [chapter.start_s for chapter in seen.chapters]
    ends = [*starts[1:], seen.duration_s]
    return [
        (chapter.title, chapter.start_s, *place(chapter.start_s, end_s, seen.duration_s))
        for chapter, end_s in zip(seen.chapters, ends, strict=bool(starts))
    ]
