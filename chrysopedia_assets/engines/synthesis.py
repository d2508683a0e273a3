"""Pages from a group of moments: which belong together, what each page and section is called.

What belongs here: the making of pages. What does not: the prose of one moment, signal chains, page ids and citation
numbers (the stage gives those).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from chrysopedia_assets.engines.chains import chain_in
from chrysopedia_assets.engines.passages import Passage, Sentence
from chrysopedia_assets.engines.phrases import distinct, key_phrases, phrase_key, phrases
from chrysopedia_assets.engines.prose import paragraph, telling, told
from chrysopedia_assets.engines.text import VALUE, stems, tokens
from chrysopedia_assets.engines.titles import best_title, heading, joined, phrase_title
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
FULL_PAGE_WORDS = 300
"""With its titles and its summary read in under two minutes; a fuller page is divided where that costs little."""
MAX_SECTIONS = 6
MIN_STEMS = 4
"""A moment with fewer words that carry meaning says too little for a paragraph."""
SAME = 0.85
"""Share of its words that a moment or a sentence may have in common with an earlier one before it is a repetition."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
FAR_S = 180.0
"""Moments this far apart in the video were hardly one subject, whatever their words."""


@dataclass(frozen=True)
class Material:
    """One moment, its number in the group, and what of it can be printed; `also` are moments that say the same."""

    number: int
    moment: KeyMoment
    tags: frozenset[str]
    passage: Passage
    said: list[Sentence]
    words: Counter[str]
    also: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(sentence.clean for sentence in self.said)

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.number, *self.also)


def synthesise(given: SynthesisInput, vocabulary: Vocabulary) -> SynthesisReply:
    """Pages in order of time, every moment on one of them or left out with a reason."""
    pairs = zip(given.numbers, given.moments, strict=True)
    material = [_material(number, member, vocabulary) for number, member in pairs]
    usable = _merged([m for m in material if _says_enough(m)])
    weight = _weights(usable)
    pages: list[PageDraft] = []
    for part in _pages(usable):
        pages.append(_page(part, given, weight, {p.title for p in pages}, vocabulary))
    unused = (
        LeftOut(moment=m.number, reason="too little is left of it without fillers")
        for m in material
        if not _says_enough(m)
    )
    return SynthesisReply(pages=tuple(pages), unused=tuple(unused))


def _material(number: int, member: GroupedMoment, vocabulary: Vocabulary) -> Material:
    passage = Passage(member.moment)
    said = told(passage, vocabulary)
    words = Counter(stems(" ".join([member.moment.title, *(s.clean for s in said)])))
    return Material(number, member.moment, frozenset(member.tags), passage, said, words)


def _says_enough(item: Material) -> bool:
    return len(set(stems(item.text))) >= MIN_STEMS


def _merged(material: list[Material]) -> list[Material]:
    """A moment that only repeats an earlier one is cited with it, and told once."""
    kept: list[Material] = []
    for item in material:
        found = (n for n, known in enumerate(kept) if says_the_same(known.text, item.text))
        double = next(found, None)
        if double is None:
            kept.append(item)
        else:
            known = kept[double]
            kept[double] = replace(known, also=(*known.also, item.number))
    return kept


def says_the_same(known: str, text: str) -> bool:
    """Whether nearly all that a text means is in what is known, each number too: 3 dB is not 6 dB."""
    (a, known_numbers), (b, numbers) = _meant(known), _meant(text)
    return len(b) >= MIN_STEMS and len(a & b) >= SAME * len(b) and numbers <= known_numbers


@lru_cache(maxsize=1_000)
def _meant(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Stems and numbers; remembered, because every sentence is compared with all others of its page."""
    return frozenset(stems(text)), frozenset(_NUMBER.findall(text))


def _pages(usable: list[Material]) -> list[list[Material]]:
    return _parted(usable, _page_cost)


def _sections(page: list[Material]) -> list[list[Material]]:
    ideal = len(page) / min(MAX_SECTIONS, len(page))

    def cost(run: list[Material]) -> float:
        return (len(run) - ideal) ** 2 + 10.0 * (len(run) > math.ceil(ideal))

    return _parted(page, cost)


def _page_cost(run: list[Material]) -> float:
    size, words = len(run), sum(len(tokens(m.text)) for m in run)
    outside = max(0, MIN_PAGE - size) * 2.0 + max(0, size - MAX_PAGE) * 5.0
    long = max(0, words - FULL_PAGE_WORDS) * 0.005
    return 0.02 * (size - IDEAL_PAGE) ** 2 + outside + long + 0.1


def _parted(
    items: list[Material], run_cost: Callable[[list[Material]], float]
) -> list[list[Material]]:
    """The cheapest cut into runs: a cut costs the likeness of what it parts, a run costs by its size."""
    likeness = [0.0, *(_likeness(items, at) for at in range(1, len(items)))]
    best, came = [0.0], [0]
    for end in range(1, len(items) + 1):
        costs = [best[at] + likeness[at] + run_cost(items[at:end]) for at in range(end)]
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
    spread = Counter(key for m in usable for key in {phrase_key(p) for p in phrases(m.text)})
    return {key: math.log(1 + len(usable) / n) for key, n in spread.items()}


def _page(
    part: list[Material],
    given: SynthesisInput,
    weight: dict[str, float],
    taken: set[str],
    vocabulary: Vocabulary,
) -> PageDraft:
    found = distinct(key_phrases(" ".join(m.text for m in part), weight, vocabulary), 5)
    titles = _page_titles(part, found, given.category, vocabulary)
    return PageDraft(
        title=_untaken(titles, taken),
        summary=_summary(part, found[:3], given.video, vocabulary),
        moments=tuple(sorted(number for m in part for number in m.numbers)),
        source_quality=_quality(part),
        sections=tuple(_written(_sections(part), given.video, vocabulary)),
        signal_chains=_chains(part, vocabulary),
    )


def _page_titles(
    part: list[Material], found: list[str], category: str, vocabulary: Vocabulary
) -> list[str]:
    """ "Vocal Mixing: Breaths and Clip Gain": the tag that most moments share, then what is said about it.

    A page of one or two moments is named after what they teach, for phrases of so little text say nothing.
    """
    own_titles = [m.moment.title for m in part]
    said = [sentence.clean for m in part for sentence in m.said]
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


def _written(
    sections: list[list[Material]], video: Video, vocabulary: Vocabulary
) -> Iterator[Section]:
    """A section is named after its first moment; further ones follow as subsections under their own names.

    A sentence that says what an earlier one of the page did is left out.
    """
    titles: set[str] = set()
    before: list[str] = []
    turn = 0
    for section in sections:
        parts = []
        for item in section:
            new = [s for s in item.said if not any(says_the_same(b, s.clean) for b in before)]
            before += [s.clean for s in new]
            title = _untaken(_section_titles(item, new or item.said, vocabulary), titles)
            titles.add(title)
            text = paragraph(item.passage, new or item.said, video.creator, turn, vocabulary)
            parts.append(Subsection(title=title, body=f"{text} {_cited(item)}"))
            turn += 1
        yield Section(title=parts[0].title, body=parts[0].body, subsections=tuple(parts[1:]))


def _section_titles(item: Material, said: list[Sentence], vocabulary: Vocabulary) -> list[str]:
    """What is taught, in a clause of the creator's; the moment's own title where no clause will do."""
    clauses = [vocabulary.mended(s.clean, item.passage.said) for s in said]
    own = vocabulary.mended(item.moment.title, item.passage.said)
    return [own if best_title(clauses, (), vocabulary) else heading(clauses, vocabulary), own]


def _cited(item: Material) -> str:
    return " ".join(f"[{number}]" for number in item.numbers)


def _summary(part: list[Material], found: list[str], video: Video, vocabulary: Vocabulary) -> str:
    """Who on what, and the most concrete sentence of the page as it was said, cited; of one moment, which follows, only who and what."""
    best = max(part, key=lambda m: (telling(m.said, vocabulary)[0], -m.number))
    _, sentence = telling(best.said, vocabulary)
    about = vocabulary.mended(joined(found), best.passage.said)
    subject = as_markdown(f"{video.creator} on {about}." if found else f"{video.creator}.")
    if len(part) == 1:
        return f"{subject} {_cited(best)}"
    words = as_markdown(best.passage.quote([sentence]))
    return f'{subject} For example: "{words}" [{best.number}]'


def _quality(part: list[Material]) -> SourceQuality:
    """By how many moments state a value or name a product."""
    firm = sum(bool(m.moment.plugins or VALUE.search(m.moment.summary)) for m in part) / len(part)
    if firm >= 2 / 3:
        return "structured"
    return "mixed" if firm >= 1 / 3 else "unstructured"


def _chains(part: list[Material], vocabulary: Vocabulary) -> tuple[SignalChain, ...]:
    found = (chain_in([s.clean for s in m.said], vocabulary) for m in part)
    return tuple({chain.steps: chain for chain in found if chain}.values())
