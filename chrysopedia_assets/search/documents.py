"""What a video is searched by: its pages, their sections, its moments, and what is said in it, as short documents with times.

What belongs here: cutting records into documents. What does not: cutting text into words, storing, ranking.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from chrysopedia_assets.models.classifications import Classification
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Video, content_hash
from chrysopedia_assets.models.search import Kind
from chrysopedia_assets.models.technique_pages import (
    CITATION,
    Citation,
    Section,
    TechniquePage,
    texts_of,
)

WINDOW_WORDS, OVERLAP_WORDS = 80, 15
"""Of a window of speech, half a minute of it; with so many of its words the next one begins."""
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKDOWN = re.compile(r"(?<!\\)[*_`]+|^\s*(?:[-+*>]|#+)\s+", re.MULTILINE)


class Spoken(NamedTuple):
    """A segment of a transcript, without its words' times."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Document:
    """`page` is the address of the page that it is on or that cites it; `section` is that section's number there, from 1.

    `title`, `heading` and `body` are what is searched and shown; `key` tells apart what is otherwise alike.
    """

    kind: Kind
    video: Video
    key: str
    start_s: float
    end_s: float
    title: str
    body: str
    heading: str = ""
    page: str | None = None
    section: int | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()

    @cached_property
    def content_id(self) -> str:
        """Of all that it says and where, so that what is indexed again is the same document."""
        video = self.video
        of_video = (video.video_id, video.title, video.creator, video.url or "")
        where = (self.kind, self.key, self.page or "", str(self.start_s), str(self.end_s))
        about = (self.category or "", "\n".join(self.tags), "\n".join(self.plugins))
        return content_hash(*of_video, *where, *about, self.title, self.heading, self.body)

    @property
    def about(self) -> str:
        """What is said of it elsewhere: searched too, and less telling."""
        category = self.category or ""
        return "\n".join(
            (self.video.title, self.video.creator, category, *self.tags, *self.plugins)
        )

    @property
    def meaning(self) -> str:
        """What an embedding is made of; empty for speech, of which there is too much, and whose best parts are moments."""
        if self.kind not in ("section", "moment"):
            return ""
        return "\n".join(text for text in (self.title, self.heading, self.body) if text)


@dataclass(frozen=True)
class Sources:
    """All that is stored of a video; `addresses` are the public names of its pages, by page id."""

    video: Video
    spoken: Sequence[Spoken] = ()
    moments: Sequence[KeyMoment] = ()
    classified: Mapping[str, Classification] = field(default_factory=dict)
    pages: Sequence[TechniquePage] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)

    def address_of(self, page: TechniquePage) -> str:
        return self.addresses.get(page.page_id, page.page_id)


def documents_of(sources: Sources) -> Iterator[Document]:
    """Pages with their sections, moments, then what is said; a moment and a window know the page that cites them."""
    cited: list[tuple[TechniquePage, Citation]] = [
        (page, citation) for page in sources.pages for citation in page.citations
    ]
    for page in sources.pages:
        yield from _of_page(sources, page)
    yield from _moments(sources, cited)
    yield from _windows(sources, cited)


def plain_text(markdown: str) -> str:
    """As it is read: no citations, no marks, no escapes."""
    bare = _MARKDOWN.sub("", CITATION.sub("", markdown))
    return " ".join(_ESCAPED.sub(r"\1", bare).split()).replace(" .", ".").replace(" ,", ",")


def _of_page(sources: Sources, page: TechniquePage) -> Iterator[Document]:
    first = min(page.citations, key=lambda citation: citation.start_s)
    headings = [s.title for s in page.sections]
    chains = [" > ".join((c.title, *c.steps)) for c in page.signal_chains]
    body = "\n".join(plain_text(text) for text in (page.summary, *texts_of(page.sections), *chains))
    yield _on_page(sources, page, "page", 0, first, "; ".join(headings), body)
    for number, section in enumerate(page.sections, start=1):
        titles = "; ".join((section.title, *(sub.title for sub in section.subsections)))
        text = "\n".join(map(plain_text, texts_of((section,))))
        place = _first_cited(page, section) or first
        yield _on_page(sources, page, "section", number, place, titles, text)


def _on_page(
    sources: Sources,
    page: TechniquePage,
    kind: Kind,
    number: int,
    place: Citation,
    heading: str,
    body: str,
) -> Document:
    return Document(
        kind=kind,
        video=sources.video,
        key=str(number),
        start_s=place.start_s,
        end_s=place.end_s,
        title=page.title,
        heading=heading,
        body=body,
        page=sources.address_of(page),
        section=number or None,
        category=page.category,
        tags=page.tags,
        plugins=page.plugins,
    )


def _first_cited(page: TechniquePage, section: Section) -> Citation | None:
    """The passage that the section cites first, as it is read."""
    found = (CITATION.search(text) for text in texts_of((section,)))
    numbers = [int(match[1]) for match in found if match]
    return page.citations[numbers[0] - 1] if numbers else None


def _moments(
    sources: Sources, cited: Sequence[tuple[TechniquePage, Citation]]
) -> Iterator[Document]:
    """Those that were found, on a page or not; and those on a page that a later look did not find again."""
    page_of = {citation.moment_id: page for page, citation in cited}
    for moment in sources.moments:
        page, found = page_of.get(moment.moment_id), sources.classified.get(moment.moment_id)
        yield Document(
            kind="moment",
            video=sources.video,
            key=moment.moment_id,
            start_s=moment.start_s,
            end_s=moment.end_s,
            title=moment.title,
            body=_joined(moment.summary, moment.quote),
            page=sources.address_of(page) if page else None,
            category=found.category if found else None,
            tags=found.tags if found else (),
            plugins=moment.plugins,
        )
    known = {moment.moment_id for moment in sources.moments}
    for page, citation in cited:
        if citation.moment_id not in known:
            yield Document(
                kind="moment",
                video=sources.video,
                key=citation.moment_id,
                start_s=citation.start_s,
                end_s=citation.end_s,
                title=citation.title,
                body=citation.quote,
                page=sources.address_of(page),
                category=page.category,
                tags=page.tags,
            )


def _joined(summary: str, quote: str) -> str:
    """The quote once: the embedded engine's summaries are made of it."""
    return summary if quote in summary else f"{summary}\n{quote}"


def _windows(
    sources: Sources, cited: Sequence[tuple[TechniquePage, Citation]]
) -> Iterator[Document]:
    for number, said in enumerate(windows(sources.spoken)):
        page = _heard_on(said, cited)
        yield Document(
            kind="transcript",
            video=sources.video,
            key=str(number),
            start_s=said.start_s,
            end_s=said.end_s,
            title="",
            body=said.text,
            page=sources.address_of(page) if page else None,
            category=page.category if page else None,
            tags=page.tags if page else (),
        )


def windows(spoken: Sequence[Spoken]) -> Iterator[Spoken]:
    """Speech in parts of about `WINDOW_WORDS`, cut where segments end; each begins with the last words of the one before."""
    words = [len(segment.text.split()) for segment in spoken]
    first = 0
    while first < len(spoken):
        end, counted = first, 0
        while end < len(spoken) and (counted < WINDOW_WORDS or end == first):
            counted += words[end]
            end += 1
        yield _together(spoken[first:end])
        if end == len(spoken):
            return
        again, begin = 0, end
        while begin - 1 > first and again + words[begin - 1] <= OVERLAP_WORDS:
            begin -= 1
            again += words[begin]
        first = begin


def _together(segments: Sequence[Spoken]) -> Spoken:
    ends = max(segment.end_s for segment in segments)
    text = " ".join(segment.text.strip() for segment in segments)
    return Spoken(segments[0].start_s, ends, text)


def _heard_on(
    said: Spoken, cited: Iterable[tuple[TechniquePage, Citation]]
) -> TechniquePage | None:
    """The page that cites most of the window's time, if any does."""
    shared: dict[str, float] = {}
    pages = {}
    for page, citation in cited:
        both = min(said.end_s, citation.end_s) - max(said.start_s, citation.start_s)
        if both > 0:
            pages[page.page_id] = page
            shared[page.page_id] = shared.get(page.page_id, 0.0) + both
    return pages[max(shared, key=lambda page_id: shared[page_id])] if shared else None
