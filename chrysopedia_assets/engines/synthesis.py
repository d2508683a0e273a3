"""Pages from a group of moments: which belong together, what each page and section is called.

What belongs here: the making of pages. What does not: the prose of one moment, signal chains, page ids and citation
numbers (the stage gives those).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from chrysopedia_assets.engines.chains import chain_in
from chrysopedia_assets.engines.phrases import distinct, key_phrases, phrase_key, phrases
from chrysopedia_assets.engines.prose import paragraph, telling, told
from chrysopedia_assets.engines.text import VALUE, stems
from chrysopedia_assets.engines.titles import best_title, joined, phrase_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.synthesis_groups import GroupedMoment
from chrysopedia_assets.models.technique_pages import (
    Section,
    SignalChain,
    SourceQuality,
    Subsection,
    as_markdown,
)
from chrysopedia_assets.stages.technique_pages import (
    LeftOut,
    PageDraft,
    SynthesisInput,
    SynthesisReply,
)

MIN_PAGE, MAX_PAGE, IDEAL_PAGE = 3, 10, 6
MAX_SECTIONS = 6
MIN_STEMS = 4
"""A moment with fewer words that carry meaning says too little for a paragraph."""
SAME = 0.85
"""Share of words that two moments may have in common before one of them is a repetition."""
FAR_S = 180.0
"""Moments this far apart in the video were hardly one subject, whatever their words."""


@dataclass(frozen=True)
class Material:
    """One moment, its number in the group, and what of it can be printed."""

    number: int
    moment: KeyMoment
    tags: frozenset[str]
    said: list[str]
    words: Counter[str]


def synthesise(given: SynthesisInput, vocabulary: Vocabulary) -> SynthesisReply:
    """Pages in order of time, every moment on one of them or left out with a reason."""
    pairs = zip(given.numbers, given.moments, strict=True)
    material = [_material(number, member) for number, member in pairs]
    unused = list(_left_out(material))
    without = {left.moment for left in unused}
    usable = [m for m in material if m.number not in without]
    weight = _weights(usable)
    pages: list[PageDraft] = []
    for part in _pages(usable):
        pages.append(_page(part, given, weight, {p.title for p in pages}, vocabulary))
    return SynthesisReply(pages=tuple(pages), unused=tuple(unused))


def _material(number: int, member: GroupedMoment) -> Material:
    said = told(member.moment)
    words = Counter(stems(f"{member.moment.title} {' '.join(said)}"))
    return Material(number, member.moment, frozenset(member.tags), said, words)


def _left_out(material: list[Material]) -> Iterator[LeftOut]:
    kept: list[Material] = []
    for item in material:
        said = set(stems(" ".join(item.said)))
        double = next((k for k in kept if _shared(item, k) >= SAME), None)
        if len(said) < MIN_STEMS:
            yield LeftOut(moment=item.number, reason="too little is left of it without fillers")
        elif double:
            yield LeftOut(
                moment=item.number, reason=f"says the same as {double.moment.title!r}"[:300]
            )
        else:
            kept.append(item)


def _shared(a: Material, b: Material) -> float:
    return len(a.words.keys() & b.words.keys()) / max(len(a.words.keys() | b.words.keys()), 1)


def _pages(usable: list[Material]) -> list[list[Material]]:
    return _parted(usable, _page_size_cost)


def _sections(page: list[Material]) -> list[list[Material]]:
    ideal = len(page) / min(MAX_SECTIONS, len(page))
    return _parted(page, lambda size: (size - ideal) ** 2 + 10.0 * (size > math.ceil(ideal)))


def _page_size_cost(size: int) -> float:
    outside = max(0, MIN_PAGE - size) * 2.0 + max(0, size - MAX_PAGE) * 5.0
    return 0.02 * (size - IDEAL_PAGE) ** 2 + outside + 0.1


def _parted(items: list[Material], size_cost: Callable[[int], float]) -> list[list[Material]]:
    """The cheapest cut into runs: a cut costs the likeness of what it parts, a run costs by its size."""
    likeness = [0.0, *(_likeness(items, at) for at in range(1, len(items)))]
    best, came = [0.0], [0]
    for end in range(1, len(items) + 1):
        costs = [best[at] + likeness[at] + size_cost(end - at) for at in range(end)]
        came.append(min(range(end), key=lambda at: (costs[at], at)))
        best.append(costs[came[end]])
    borders = [len(items)]
    while borders[-1] > 0:
        borders.append(came[borders[-1]])
    return [items[a:b] for a, b in pairwise(reversed(borders))]


def _likeness(items: list[Material], at: int) -> float:
    """How much the two moments on either side of a cut share, in words, tags and time: 0 to about 1."""
    left, right = items[max(at - 2, 0) : at], items[at : at + 2]
    a, b = (sum((m.words for m in side), Counter()) for side in (left, right))
    dot = sum(a[word] * b[word] for word in a)
    cosine = dot / math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()) or 1)
    tags = bool(left[-1].tags & right[0].tags)
    gap = min((right[0].moment.start_s - left[-1].moment.end_s) / FAR_S, 1.0)
    return cosine + 0.2 * tags - 0.4 * max(gap, 0.0)


def _weights(usable: list[Material]) -> dict[str, float]:
    """How telling each phrase is within the group: rarer across moments weighs more."""
    spread = Counter(key for m in usable for key in {phrase_key(p) for p in phrases(_text(m))})
    return {key: math.log(1 + len(usable) / n) for key, n in spread.items()}


def _text(item: Material) -> str:
    return " ".join(item.said)


def _page(
    part: list[Material],
    given: SynthesisInput,
    weight: dict[str, float],
    taken: set[str],
    vocabulary: Vocabulary,
) -> PageDraft:
    found = distinct(key_phrases(" ".join(map(_text, part)), weight, vocabulary), 5)
    titles = _page_titles(part, found, given.category, vocabulary)
    return PageDraft(
        title=_untaken(titles, taken),
        summary=_summary(part, found[:3], given.video, vocabulary),
        moments=tuple(m.number for m in part),
        source_quality=_quality(part),
        sections=tuple(_written(_sections(part), given.video)),
        signal_chains=_chains(part, vocabulary),
    )


def _page_titles(
    part: list[Material], found: list[str], category: str, vocabulary: Vocabulary
) -> list[str]:
    """ "Vocal Mixing: Breaths and Clip Gain": the tag that most moments share, then what is said about it.

    A page of one or two moments is named after what they teach, for phrases of so little text say nothing.
    """
    own_titles = [m.moment.title for m in part]
    said = [sentence for m in part for sentence in m.said]
    taught = best_title(said, found[:1], vocabulary) if len(part) < MIN_PAGE else ""
    counts = Counter(tag for m in part for tag in m.tags)
    subject = max(counts, key=lambda tag: (counts[tag], tag), default="")
    if counts[subject] < min(len(part), 2):
        return [taught, phrase_title(found[:3]), *own_titles]
    name = vocabulary.tag_name(category, subject)
    own = set(stems(name))
    if taught:
        return [
            taught if own & set(stems(taught)) or ":" in taught else f"{name}: {taught}"[:300],
            *own_titles,
        ]
    # Products have a line of their own on the page, and "Ableton" tells no page from another.
    other = [p for p in found if not own & set(stems(p)) and not vocabulary.plugins(p)]
    lists = (phrase_title(other[a:b]) for a, b in ((0, 2), (1, 3), (0, 3)))
    return [f"{name}: {listed}"[:300] if listed else name for listed in lists] + own_titles


def _untaken(wanted: list[str], taken: set[str]) -> str:
    """The first title not used yet; numbered when all are."""
    found = [title for title in wanted if title]
    numbered = (f"{found[0]} ({n})" for n in range(2, len(taken) + 3))
    return next(title for title in (*found, *numbered) if title not in taken)


def _written(sections: list[list[Material]], video: Video) -> Iterator[Section]:
    """A section is named after its first moment; further ones follow as subsections under their own names."""
    taken: set[str] = set()
    turn = 0
    for section in sections:
        parts = []
        for item in section:
            title = _untaken([item.moment.title], taken)
            taken.add(title)
            parts.append(
                Subsection(title=title, body=paragraph(item.said, item.number, video.creator, turn))
            )
            turn += 1
        yield Section(title=parts[0].title, body=parts[0].body, subsections=tuple(parts[1:]))


def _summary(part: list[Material], found: list[str], video: Video, vocabulary: Vocabulary) -> str:
    """Who on what, and the most concrete sentence of the page, cited."""
    best = max(part, key=lambda m: (telling(m.said, vocabulary)[0], -m.number))
    _, sentence = telling(best.said, vocabulary)
    subject = as_markdown(f"{video.creator} on {joined(found)}." if found else f"{video.creator}.")
    words = as_markdown(sentence.replace('"', "'"))
    return f'{subject} For example: "{words}" [{best.number}]'


def _quality(part: list[Material]) -> SourceQuality:
    """By how many moments state a value or name a product."""
    firm = sum(bool(m.moment.plugins or VALUE.search(m.moment.summary)) for m in part) / len(part)
    if firm >= 2 / 3:
        return "structured"
    return "mixed" if firm >= 1 / 3 else "unstructured"


def _chains(part: list[Material], vocabulary: Vocabulary) -> tuple[SignalChain, ...]:
    found = (chain_in(m.said, vocabulary) for m in part)
    return tuple({chain.steps: chain for chain in found if chain}.values())
