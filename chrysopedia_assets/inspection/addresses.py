"""Which address each page of a video gets: one that it had before, known by its moments, or a new one for good.

What belongs here: that decision, over what earlier pages cited. What does not: reading and keeping it
(`resources/store/addresses.py`), and comparing two results for people (`regrouping.py`).

A title does not count: it is rewritten with every prompt. In this order, each address once and each page once:

1. a page of exactly the moments that an address once had, newest first: what is put back is back where it was;
2. a page and an address that stands, those with most moments in common first: the larger part of a page that was split
   keeps the address, and of pages that were merged the one with the larger share keeps its own;
3. a page that comes back: an address that had lost its page, where at least half of all moments of the two are shared.

An address that is left without a page leads to where most of its moments are now, else to where it led before.
"""

from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from chrysopedia_assets.inspection.pairing import not_shared
from chrysopedia_assets.models.technique_pages import Citation

SAME_MOMENT = 0.25
"""The share of their common time from which on two moments are one that was found twice."""
COMES_BACK = 0.5

Moments = frozenset[str]
Rank = tuple[float | str, ...]


@dataclass(frozen=True)
class Kept:
    """A version that is kept of the page at an address, by what it cites."""

    address: str
    version: int
    cites: tuple[Citation, ...]


@dataclass(frozen=True)
class Unplaced:
    """A page of a new record; its id is the address that it would like to have."""

    page_id: str
    cites: tuple[Citation, ...]


@dataclass(frozen=True)
class Placed:
    """`addresses` by page id; `redirects` are all addresses without a page, and where each leads: None is nowhere."""

    addresses: Mapping[str, str]
    redirects: Mapping[str, str | None]


def place(
    kept: Sequence[Kept], redirects: Mapping[str, str | None], new: Sequence[Unplaced]
) -> Placed:
    """`kept` are all versions of all addresses of the video, oldest first; `redirects` are those without a page until now.

    The order of the new pages does not matter.
    """
    names = _Names(kept)
    pages = {page.page_id: names.of(page.cites) for page in new}
    versions = [(one, names.of(one.cites)) for one in kept]
    newest = {
        one.address: moments
        for one, moments in sorted(versions, key=lambda found: found[0].version)
    }
    addresses: dict[str, str] = {}
    for *_, address, page_id in sorted(
        chain(
            _put_back([(one.address, moments) for one, moments in reversed(versions)], pages),
            _in_common(newest, redirects, pages),
        )
    ):
        if str(page_id) not in addresses and address not in addresses.values():
            addresses[str(page_id)] = str(address)
    _name_the_rest(addresses, pages, taken=set(newest))
    moments_at = {addresses[page_id]: moments for page_id, moments in pages.items()}
    return Placed(addresses, _redirected(newest, redirects, moments_at))


class _Names:
    """One name for a moment whichever run found it: its id, or that of the earlier one that shares most of its time."""

    def __init__(self, kept: Iterable[Kept]) -> None:
        self._named: dict[str, str] = {}
        self._known: list[Citation] = []
        self._starts: list[tuple[float, int]] = []
        self._longest_s = 0.0
        for citation in (citation for one in kept for citation in one.cites):
            if citation.moment_id not in self._named:
                self._named[citation.moment_id] = self._name(citation)
                insort(self._starts, (citation.start_s, len(self._known)))
                self._known.append(citation)
                self._longest_s = max(self._longest_s, citation.end_s - citation.start_s)

    def of(self, cites: Iterable[Citation]) -> Moments:
        return frozenset(self._named.get(one.moment_id) or self._name(one) for one in cites)

    def _name(self, moment: Citation) -> str:
        first = bisect(self._starts, (moment.start_s - self._longest_s, -1))
        last = bisect(self._starts, (moment.end_s, -1))
        near = (
            (apart, -number, self._known[number].moment_id)
            for _, number in self._starts[first:last]
            if (apart := not_shared(self._known[number], moment)) is not None
            and apart <= 1 - SAME_MOMENT
        )
        nearest = min(near, default=None)
        return self._named[nearest[2]] if nearest else moment.moment_id


def _put_back(
    newest_first: Iterable[tuple[str, Moments]], pages: Mapping[str, Moments]
) -> Iterator[Rank]:
    for age, (address, moments) in enumerate(newest_first):
        for page_id, cited in pages.items():
            if cited == moments:
                yield 0, age, 0, *_named_alike(page_id, address)


def _in_common(
    newest: Mapping[str, Moments],
    redirects: Mapping[str, str | None],
    pages: Mapping[str, Moments],
) -> Iterator[Rank]:
    for address, moments in newest.items():
        for page_id, cited in pages.items():
            shared = len(cited & moments)
            alike = shared / len(cited | moments)
            if address not in redirects and shared:
                yield 1, -shared, -alike, *_named_alike(page_id, address)
            elif alike >= COMES_BACK:
                yield 2, -shared, -alike, *_named_alike(page_id, address)


def _named_alike(page_id: str, address: str) -> Rank:
    """What decides where moments do not: the page that is still called so, else the alphabet."""
    return page_id != address, address, page_id


def _name_the_rest(addresses: dict[str, str], pages: Iterable[str], taken: set[str]) -> None:
    """An address that was ever used is never given to another page."""
    rest = sorted(page_id for page_id in pages if page_id not in addresses)
    for page_id in sorted(rest, key=lambda page_id: page_id in taken):
        numbered = (f"{page_id}-{number}" for number in count(2))
        free = next(name for name in chain([page_id], numbered) if name not in taken)
        addresses[page_id] = free
        taken.add(free)


def _redirected(
    newest: Mapping[str, Moments],
    before: Mapping[str, str | None],
    moments_at: Mapping[str, Moments],
) -> dict[str, str | None]:
    gone = sorted(newest.keys() - moments_at.keys())
    heirs = {address: _heir(newest[address], moments_at) for address in gone}
    return {address: heirs[address] or _led_on(before.get(address), heirs) for address in gone}


def _heir(moments: Moments, moments_at: Mapping[str, Moments]) -> str | None:
    shares = ((-len(moments & there), address) for address, there in moments_at.items())
    shared, address = min(shares, default=(0, ""))
    return address if shared else None


def _led_on(target: str | None, heirs: Mapping[str, str | None]) -> str | None:
    """Where it led before, or where that leads now: nobody is sent on twice."""
    return heirs.get(target, target) if target else None
