"""Lists of pages: the first page, those of creators, categories and tags, and what is shown where there is no page.

What belongs here: which pages and videos a list shows, in which order. What does not: where they come from (`resources`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import Card, VideoCard
from chrysopedia_assets.site.layout import page_of_site
from chrysopedia_assets.site.terms import Terms

NEWEST = 8
MOST_ON_INDEX = 24
"""Creators, tags and videos; all of them have a list of their own."""
BRIEF = 60
"""A list of more pages than this shows their titles alone."""


@dataclass(frozen=True)
class Library:
    """All that lists are made of: `pages` and `videos` in any order."""

    taxonomy: Taxonomy
    videos: tuple[VideoCard, ...]
    pages: tuple[Card, ...]

    @cached_property
    def terms(self) -> Terms:
        return Terms(self.taxonomy)

    @cached_property
    def video_of(self) -> dict[str, VideoCard]:
        return {video.video_id: video for video in self.videos}

    @cached_property
    def cards(self) -> dict[str, Card]:
        return {card.address: card for card in self.pages}

    @cached_property
    def creators(self) -> dict[str, list[VideoCard]]:
        """Each creator's videos by the creator's key, both in order of their names."""
        found = defaultdict(list)
        for video in sorted(self.videos, key=lambda v: (v.creator.casefold(), v.creator_key, v.title.casefold(), v.video_id)):  # fmt: skip
            found[video.creator_key].append(video)
        return dict(found)

    @cached_property
    def by_category(self) -> dict[str, list[Card]]:
        """In the order of the taxonomy, empty ones too."""
        found: dict[str, list[Card]] = {key: [] for key in self.terms.categories}
        for card in self._sorted:
            found.setdefault(card.category, []).append(card)
        return found

    @cached_property
    def by_tag(self) -> dict[str, list[Card]]:
        """In the order of their names."""
        found = defaultdict(list)
        for card in self._sorted:
            for key in dict.fromkeys(card.tags):
                found[key].append(card)
        return dict(sorted(found.items(), key=lambda item: (self.terms.tag(item[0]).casefold(), item[0])))  # fmt: skip

    @cached_property
    def _sorted(self) -> list[Card]:
        return sorted(self.pages, key=lambda card: (card.title.casefold(), card.address))

    def newest(self, count: int) -> list[Card]:
        return sorted(self._sorted, key=lambda card: card.made_at, reverse=True)[:count]

    def pages_of(self, video: VideoCard) -> list[Card]:
        return [self.cards[address] for address in video.pages if address in self.cards]

    def by_creator(self, cards: Iterable[Card]) -> list[tuple[VideoCard, list[Card]]]:
        """A video of each creator, which has the name and key, and the creator's pages."""
        found: dict[str, list[Card]] = defaultdict(list)
        for card in cards:
            found[self.video_of[card.video_id].creator_key].append(card)
        return [(self.creators[key][0], found[key]) for key in self.creators if key in found]


def list_files(library: Library) -> dict[str, Callable[[], str]]:
    """Every list by the name of its file; the text is made when it is asked for."""
    files: dict[str, Callable[[], str]] = {
        links.INDEX: partial(index_html, library),
        links.CREATORS: partial(creators_html, library),
        links.VIDEOS: partial(videos_html, library),
        links.TAGS: partial(tags_html, library),
        links.NOT_FOUND: not_found_html,
    }
    files |= {links.creator(key): partial(creator_html, library, key) for key in library.creators}
    files |= {
        links.category(key): partial(category_html, library, key) for key in library.by_category
    }
    return files | {links.tag(key): partial(tag_html, library, key) for key in library.by_tag}


def index_html(library: Library) -> str:
    tags = sorted(library.by_tag.items(), key=lambda item: -len(item[1]))[:MOST_ON_INDEX]
    creators = sorted(library.creators.items(), key=lambda item: -_pages(library, item[1]))
    videos = [video for _, of_creator in creators for video in of_creator]
    return _list(
        "index.html",
        links.INDEX,
        library,
        newest=library.newest(NEWEST),
        creators=[(key, found, _pages(library, found)) for key, found in creators[:MOST_ON_INDEX]],
        tags=sorted(tags, key=lambda item: library.terms.tag(item[0]).casefold()),
        videos=videos[:MOST_ON_INDEX],
    )


def creators_html(library: Library) -> str:
    creators = [(key, found, _pages(library, found)) for key, found in library.creators.items()]
    return _list("creators.html", links.CREATORS, library, creators=creators)


def videos_html(library: Library) -> str:
    return _list("videos.html", links.VIDEOS, library, groups=library.creators)


def tags_html(library: Library) -> str:
    return _list("tags.html", links.TAGS, library, tags=library.by_tag.items())


def creator_html(library: Library, key: str) -> str:
    videos = library.creators[key]
    groups = [(video, library.pages_of(video)) for video in videos]
    cards = [card for _, found in groups for card in found]
    return _list(
        "creator.html",
        links.creator(key),
        library,
        name=videos[0].creator,
        groups=groups,
        cards=cards,
        categories=_counted(card.category for card in cards),
    )


def category_html(library: Library, key: str) -> str:
    cards = library.by_category[key]
    return _list(
        "filed.html",
        links.category(key),
        library,
        kind="Category",
        name=library.terms.category(key),
        about=library.terms.about(key),
        colour=library.terms.colour(key),
        groups=library.by_creator(cards),
        cards=cards,
        beside=_counted(tag for card in cards for tag in card.tags),
    )


def tag_html(library: Library, key: str) -> str:
    cards = library.by_tag[key]
    return _list(
        "filed.html",
        links.tag(key),
        library,
        kind="Tag",
        name=library.terms.tag(key),
        about="",
        colour="",
        groups=library.by_creator(cards),
        cards=cards,
        beside=_counted(tag for card in cards for tag in card.tags if tag != key),
    )


def not_found_html() -> str:
    """A server shows it for any address, so what it needs is named from the server's root."""
    return page_of_site("404.html", links.NOT_FOUND, root="/")


def _list(template: str, file: str, library: Library, /, **shown: object) -> str:
    return page_of_site(template, file, library=library, terms=library.terms, brief=BRIEF, **shown)


def _pages(library: Library, videos: Sequence[VideoCard]) -> int:
    return sum(len(library.pages_of(video)) for video in videos)


def _counted(keys: Iterable[str]) -> list[tuple[str, int]]:
    """Most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for key in keys:
        counts[key] += 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
