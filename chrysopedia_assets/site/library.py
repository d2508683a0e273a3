"""Lists of pages: the first page, those of creators, categories and tags, and what is shown where there is no page.

What belongs here: which pages and videos a list shows, in which order. What does not: where they come from (`resources`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
class Entry:
    """A page in a list."""

    card: Card
    creator: str


@dataclass(frozen=True)
class VideoRow:
    """A video in a list; `pages` is how many it has."""

    video: VideoCard
    pages: int


@dataclass(frozen=True)
class CreatorRow:
    """A creator in a list, with how many videos and pages there are."""

    key: str
    name: str
    videos: int
    pages: int


@dataclass(frozen=True)
class ListFile:
    """`shown` is all that it says, short of names in the taxonomy: the same gives the same file."""

    name: str
    template: str
    terms: Terms
    shown: Mapping[str, object]

    def html(self) -> str:
        return page_of_site(self.template, self.name, terms=self.terms, **self.shown)


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

    def count(self, video: VideoCard) -> int:
        return sum(address in self.cards for address in video.pages)

    def entries(self, cards: Iterable[Card]) -> list[Entry]:
        return [Entry(card, self.video_of[card.video_id].creator) for card in cards]

    def rows(self, videos: Iterable[VideoCard]) -> list[VideoRow]:
        return [VideoRow(video, self.count(video)) for video in videos]

    def by_creator(self, cards: Iterable[Card]) -> list[tuple[str, list[Entry]]]:
        """The keys of creators, in order of their names, and each one's pages."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries(cards):
            found[self.video_of[entry.card.video_id].creator_key].append(entry)
        return [(key, found[key]) for key in self.creators if key in found]


def list_files(library: Library) -> dict[str, ListFile]:
    """Every list by the name of its file; its text is made when it is asked for."""
    lists = [
        ListFile(links.INDEX, "index.html", library.terms, _index(library)),
        ListFile(links.CREATORS, "creators.html", library.terms, {"creators": _creators(library)}),
        ListFile(links.VIDEOS, "videos.html", library.terms, {"groups": _videos(library)}),
        ListFile(links.TAGS, "tags.html", library.terms, {"tags": _sizes(library.by_tag)}),
        ListFile(links.NOT_FOUND, "404.html", library.terms, {"root": "/"}),
        *(
            ListFile(links.creator(key), "creator.html", library.terms, _creator(library, key))
            for key in library.creators
        ),
        *(
            ListFile(links.category(key), "filed.html", library.terms, _category(library, key))
            for key in library.by_category
        ),
        *(
            ListFile(links.tag(key), "filed.html", library.terms, _tag(library, key))
            for key in library.by_tag
        ),
    ]
    return {one.name: one for one in lists}


def _index(library: Library) -> dict[str, object]:
    tags = sorted(_sizes(library.by_tag), key=lambda item: -item[1])[:MOST_ON_INDEX]
    creators = sorted(_creators(library), key=lambda creator: -creator.pages)
    videos = [video for creator in creators for video in library.creators[creator.key]]
    return {
        "sizes": {
            "pages": len(library.pages),
            "videos": len(library.videos),
            "creators": len(creators),
            "tags": len(library.by_tag),
        },
        "categories": _sizes(library.by_category),
        "newest": library.entries(library.newest(NEWEST)),
        "creators": creators[:MOST_ON_INDEX],
        "videos": library.rows(videos[:MOST_ON_INDEX]),
        "tags": sorted(tags, key=lambda item: library.terms.tag(item[0]).casefold()),
    }


def _creators(library: Library) -> list[CreatorRow]:
    return [
        CreatorRow(key, videos[0].creator, len(videos), sum(map(library.count, videos)))
        for key, videos in library.creators.items()
    ]


def _videos(library: Library) -> list[tuple[CreatorRow, list[VideoRow]]]:
    return [
        (creator, library.rows(library.creators[creator.key])) for creator in _creators(library)
    ]


def _creator(library: Library, key: str) -> dict[str, object]:
    videos = library.creators[key]
    groups = [(video, library.entries(library.pages_of(video))) for video in videos]
    cards = [entry.card for _, found in groups for entry in found]
    return {
        "name": videos[0].creator,
        "groups": groups,
        "size": len(cards),
        "brief": len(cards) > BRIEF,
        "categories": _counted(card.category for card in cards),
    }


def _category(library: Library, key: str) -> dict[str, object]:
    return {
        "kind": "Category",
        "name": library.terms.category(key),
        "about": library.terms.about(key),
        "colour": library.terms.colour(key),
        **_filed(library, library.by_category[key]),
    }


def _tag(library: Library, key: str) -> dict[str, object]:
    return {
        "kind": "Tag",
        "name": library.terms.tag(key),
        "about": "",
        "colour": "",
        **_filed(library, library.by_tag[key], besides=key),
    }


def _filed(library: Library, cards: Sequence[Card], besides: str = "") -> dict[str, object]:
    tags = _counted(tag for card in cards for tag in card.tags if tag != besides)
    return {
        "groups": library.by_creator(cards),
        "size": len(cards),
        "brief": len(cards) > BRIEF,
        "beside": tags[:MOST_ON_INDEX],
    }


def _sizes(found: Mapping[str, Sequence[Card]]) -> list[tuple[str, int]]:
    return [(key, len(cards)) for key, cards in found.items()]


def _counted(keys: Iterable[str]) -> list[tuple[str, int]]:
    """Most frequent first."""
    return sorted(Counter(keys).items(), key=lambda item: (-item[1], item[0]))
