"""A technique page as readers see it: text whose every claim plays the second at which it is said.

What belongs here: what stands on the page, and in which order. What does not: the video's own page, lists of pages.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from chrysopedia_assets.inspection.page_text import page_reading_s
from chrysopedia_assets.models.slugs import slug
from chrysopedia_assets.models.technique_pages import Citation, Section, SourceQuality, Subsection
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import ReadingPage, ReadingVideo
from chrysopedia_assets.site.layout import page_of_site
from chrysopedia_assets.site.markdown import body_html, title_html
from chrysopedia_assets.site.playing import Playing
from chrysopedia_assets.site.speech import Speech, Verdict
from chrysopedia_assets.site.terms import Terms
from chrysopedia_assets.site.timeline import place

QUALITY: dict[SourceQuality, str] = {
    "structured": "taught step by step",
    "mixed": "partly taught, partly said in passing",
    "unstructured": "picked from loose talk",
}
"""What a reader is told of how its creator came to say it."""


@dataclass(frozen=True)
class _Part:
    """A section or subsection. `anchor` is its id on the page."""

    anchor: str
    title: Markup
    plain: str
    body: Markup
    parts: tuple["_Part", ...] = ()


@dataclass(frozen=True)
class _Passage:
    citation: Citation
    time: Markup
    quote: Verdict
    words: str
    doubtful: str
    x: float
    width: float


@dataclass
class _Text:
    """Renders the text of one page; `found` counts what came of its quotations."""

    speech: Speech
    cites: dict[int, Markup]
    found: Counter[str] = field(default_factory=Counter)
    _anchors: set[str] = field(default_factory=set)

    def verdict(self, quote: str) -> Verdict:
        verdict = self.speech.verdict(quote)
        self.found[verdict] += 1
        return verdict

    def body(self, text: str) -> Markup:
        return body_html(text, self.cites, self.verdict)

    def title(self, text: str) -> Markup:
        return title_html(text, self.verdict)

    def anchor(self, title: str) -> str:
        """For links to a section: from its title, and no other's on this page."""
        wanted = f"s-{slug(title)}".rstrip("-")
        name = next(n for n in _numbered(wanted) if n not in self._anchors)
        self._anchors.add(name)
        return name


def technique_page_html(
    page: ReadingPage, video: ReadingVideo, terms: Terms, speech: Speech
) -> str:
    """The whole file. `speech` is that of the video."""
    name = links.page(page.address)
    playing = Playing(video.media, links.root_of(name))
    shown = page.page
    passages = [_passage(citation, speech, playing) for citation in shown.citations]
    text = _Text(speech, {p.citation.number: _cite(p, playing) for p in passages})
    before, after = _neighbours(page, video)
    return page_of_site(
        "page.html",
        name,
        reading=page,
        page=shown,
        title=text.title(shown.title),
        summary=text.body(shown.summary),
        parts=[_part(section, text) for section in shown.sections],
        found=text.found,
        passages=passages,
        spoken_s=sum(c.end_s - c.start_s for c in shown.citations),
        reading_s=page_reading_s(shown),
        quality=QUALITY[shown.source_quality],
        video=video.stored.video,
        creator_key=video.creator_key,
        duration_s=speech.duration_s,
        language=speech.language,
        playing=playing,
        terms=terms,
        before=before,
        after=after,
    )


def _part(section: Section | Subsection, text: _Text) -> _Part:
    below = section.subsections if isinstance(section, Section) else ()
    return _Part(
        anchor=text.anchor(section.title),
        title=text.title(section.title),
        plain=section.title,
        body=text.body(section.body),
        parts=tuple(_part(one, text) for one in below),
    )


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1


def _passage(c: Citation, speech: Speech, playing: Playing) -> _Passage:
    x, width = place(c.start_s, c.end_s, speech.duration_s)
    return _Passage(
        citation=c,
        time=playing.time(c.start_s, c.end_s),
        quote=speech.verdict(c.quote),
        words=speech.between(c.start_s, c.end_s),
        doubtful=speech.doubtful(c.start_s, c.end_s),
        x=x,
        width=width,
    )


def _cite(passage: _Passage, playing: Playing) -> Markup:
    c = passage.citation
    return playing.cite(c.number, c.start_s, bool(passage.doubtful))


def _neighbours(
    page: ReadingPage, video: ReadingVideo
) -> tuple[ReadingPage | None, ReadingPage | None]:
    """The pages before and after it in the video's record."""
    at = [one.address for one in video.pages].index(page.address)
    return (
        video.pages[at - 1] if at else None,
        video.pages[at + 1] if at + 1 < len(video.pages) else None,
    )
