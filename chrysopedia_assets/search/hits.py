"""From ranked documents to hits: a page once, with its best passage; what is on no page by itself.

What belongs here: grouping, fusing two rankings, and what a hit says. What does not: where documents come from.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.search import Hit, Kind, Path
from chrysopedia_assets.search.query import QueryWord
from chrysopedia_assets.search.showing import reasons, said, snippet

RRF_K = 60
"""Of reciprocal rank fusion, as published (Cormack, Clarke and Buettcher 2009): nothing to tune."""
PASSAGES = 3
"""Of a page's ranked passages, so many are looked at for words of the query."""


@dataclass(frozen=True)
class Indexed:
    """A document as the index gives it back."""

    document_id: int
    content_id: str
    video_id: str
    kind: Kind
    page: str | None
    section: int | None
    video_title: str
    creator: str
    url: str | None
    category: str | None
    tags: tuple[str, ...]
    plugins: tuple[str, ...]
    start_s: float
    end_s: float
    title: str
    heading: str
    body: str


@dataclass
class Group:
    """Documents that are one hit, the best first; `ranks` are its places in the rankings, from 1."""

    documents: list[Indexed] = field(default_factory=list)
    ranks: dict[Path, int] = field(default_factory=dict)

    @property
    def page(self) -> str | None:
        return self.documents[0].page

    @property
    def passages(self) -> list[Indexed]:
        """What can be played: not the page as a whole."""
        return [one for one in self.documents if one.kind != "page"]

    @property
    def score(self) -> float:
        return sum(1 / (RRF_K + rank) for rank in self.ranks.values())

    def is_about(self, other: Indexed) -> bool:
        """Whether the other is of the same page; or, where there is none, of the same part of the video."""
        own = self.documents[0]
        if own.page or other.page:
            return own.page == other.page
        together = min(own.end_s, other.end_s) - max(own.start_s, other.start_s)
        return own.video_id == other.video_id and together > 0


def grouped(
    rankings: Mapping[Path, Sequence[int]], documents: Mapping[int, Indexed]
) -> list[Group]:
    """By reciprocal rank, the best first."""
    groups: list[Group] = []
    by_place: dict[tuple[str | None, str], list[Group]] = {}
    for path, ranking in rankings.items():
        rank = 0
        for document_id in ranking:
            if (one := documents.get(document_id)) is None:
                continue
            near = by_place.setdefault((one.page, "" if one.page else one.video_id), [])
            group = next((group for group in near if group.is_about(one)), None)
            if group is None:
                group = Group()
                near.append(group)
                groups.append(group)
            if one not in group.documents:
                group.documents.append(one)
            if path not in group.ranks:
                rank += 1
                group.ranks[path] = rank
    return sorted(groups, key=lambda group: -group.score)


def hit_of(group: Group, words: Sequence[QueryWord], of_page: Sequence[Indexed]) -> Hit:
    """`of_page` are the page and its parts, where the group is of one."""
    page = next((one for one in of_page if one.kind == "page"), None)
    shown = _passage(group, words, of_page)
    why = reasons(_texts(page, shown, group.passages[:PASSAGES]), words)
    had = {word for reason in why for word in reason.words}
    about = page or shown
    return Hit(
        content_id=shown.content_id,
        kind=shown.kind,
        page=shown.page,
        title=page.title if page else shown.title or shown.video_title,
        section=_named(shown),
        section_number=shown.section,
        video_id=shown.video_id,
        video_title=shown.video_title,
        creator=shown.creator,
        category=about.category,
        tags=about.tags,
        start_s=shown.start_s,
        end_s=shown.end_s,
        clock=clock(shown.start_s),
        play=play(shown.url, shown.start_s),
        snippet=snippet(shown.body, words),
        reasons=why,
        missed=tuple(word.text for word in words if word.text not in had),
        paths=tuple(sorted(group.ranks)),
        score=round(group.score, 6),
    )


def play(url: str | None, at_s: float) -> str | None:
    """Where a browser plays the video at that second; None where no public address is known to."""
    if url is None:
        return None
    from chrysopedia_assets.site.links import youtube
    from chrysopedia_assets.site.media import youtube_id

    known = youtube_id(url)
    return youtube(known, at_s) if known else None


def _named(shown: Indexed) -> str | None:
    """What the passage is called on its page."""
    if shown.kind == "section":
        return shown.heading.split("; ")[0]
    return shown.title if shown.kind == "moment" and shown.page else None


def _passage(group: Group, words: Sequence[QueryWord], of_page: Sequence[Indexed]) -> Indexed:
    """The best that was found; where only the page as a whole was, its part with the rarest words; else the page."""
    if group.passages:
        return group.passages[0]
    parts = [one for one in of_page if one.kind != "page"]
    best = max(parts, key=lambda one: _worth(one, words), default=None)
    return best if best is not None and _worth(best, words) > 0 else group.documents[0]


def _worth(one: Indexed, words: Sequence[QueryWord]) -> float:
    had = said(f"{one.heading}\n{one.body}", words)
    return sum(1 / math.log2(2 + words[number].documents) for number in had)


def _texts(
    page: Indexed | None, shown: Indexed, looked_at: Collection[Indexed]
) -> Iterator[tuple[str, str]]:
    """Names of places with their texts, the most telling first."""
    if page is not None:
        yield "title", page.title
    for one in (shown, *looked_at):
        yield from _own(one)
    about = page or shown
    if page is not None:
        yield "section", page.heading
    yield "creator", about.creator
    yield "video title", about.video_title
    yield "category", about.category or ""
    yield "tags", "\n".join(about.tags)
    yield "plugins", "\n".join(about.plugins)
    if page is not None:
        yield "text", page.body


def _own(one: Indexed) -> Iterator[tuple[str, str]]:
    match one.kind:
        case "section":
            yield "section", f"{one.heading}\n{one.body}"
        case "moment":
            yield "moment", f"{one.title}\n{one.body}"
        case "transcript":
            yield "transcript", one.body
        case "page":
            yield "title", one.title
            yield "text", one.body
