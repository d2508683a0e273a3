"""Which category each moment belongs to, by the taxonomy's own words in it.

What belongs here: scores, ties and evidence. What does not: finding the words (vocabulary).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chrysopedia_assets.engines.text import stems
from chrysopedia_assets.engines.vocabulary import Mention, Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import (
    ClassificationInput,
    ClassificationReply,
    MomentClass,
)

TITLE_WEIGHT, SUMMARY_WEIGHT, TRANSCRIPT_WEIGHT = 3.0, 2.0, 0.5
DESCRIPTION_WEIGHT = 0.15
"""A word of a category's description is weak evidence beside a name or an alias."""
CATEGORY_WEIGHT = 1.5
"""A category's own name or alias beside a tag's."""
VIDEO_WEIGHT = 0.5
"""How far the rest of the video may sway a moment: a mixing video's odd sentence is more likely about mixing."""
MIN_TOGETHER = 2
"""A category with fewer moments than this in a question of several makes a page of one odd remark."""
STRAY = 0.5
"""A moment alone in its category goes to another that has at least this share of the evidence for its own."""
MAX_TAGS = 4
MAX_EVIDENCE = 6


@dataclass
class _Evidence:
    """What speaks for each category and tag in one moment."""

    categories: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    tags: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    words: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )


def classify_moments(given: ClassificationInput, vocabulary: Vocabulary) -> ClassificationReply:
    """One category for each moment; ties go to what the video is mostly about, then to the taxonomy's order."""
    found = [_evidence(moment, given.taxonomy, vocabulary) for moment in given.moments]
    shares = _shares(found)
    keys = [category.key for category in given.taxonomy.categories]
    chosen = _without_strays([_best(e, shares, keys) for e in found], found)
    classes = (
        _class(number, category, evidence)
        for number, category, evidence in zip(given.numbers, chosen, found, strict=True)
    )
    return ClassificationReply(classes=tuple(classes))


def _evidence(moment: KeyMoment, taxonomy: Taxonomy, vocabulary: Vocabulary) -> _Evidence:
    evidence = _Evidence()
    for mention, weight in _mentions(moment, vocabulary):
        spread = weight / len({category for category, _ in mention.meanings})
        for category, tag in mention.meanings:
            evidence.categories[category] += spread * (1.0 if tag else CATEGORY_WEIGHT)
            evidence.words[category][mention.spoken.casefold()] += weight
            if tag:
                evidence.tags[category, tag] += weight
    said = Counter(stems(f"{moment.title} {moment.summary}"))
    for entry in taxonomy.categories:
        overlap = sum(min(said[word], 2) for word in set(stems(entry.description)))
        evidence.categories[entry.key] += DESCRIPTION_WEIGHT * overlap
    return evidence


def _mentions(moment: KeyMoment, vocabulary: Vocabulary) -> Iterator[tuple[Mention, float]]:
    weighted = (
        (moment.title, TITLE_WEIGHT),
        (moment.summary, SUMMARY_WEIGHT),
        (moment.transcript, TRANSCRIPT_WEIGHT),
    )
    for text, weight in weighted:
        yield from ((mention, weight) for mention in vocabulary.mentions(text))


def _shares(found: list[_Evidence]) -> dict[str, float]:
    """What part of all evidence in the question speaks for each category."""
    total: dict[str, float] = defaultdict(float)
    for evidence in found:
        for category, amount in evidence.categories.items():
            total[category] += amount
    whole = sum(total.values()) or 1.0
    return {category: amount / whole for category, amount in total.items()}


def _best(evidence: _Evidence, shares: dict[str, float], keys: list[str]) -> str:
    own = sum(evidence.categories.values())

    def rank(key: str) -> tuple[float, float, int]:
        score = evidence.categories[key] + VIDEO_WEIGHT * own * shares.get(key, 0.0)
        return round(score, 6), round(shares.get(key, 0.0), 6), -keys.index(key)

    return max(keys, key=rank)


def _without_strays(chosen: list[str], found: list[_Evidence]) -> list[str]:
    """A moment alone in its category joins the best of the others' categories, where it speaks of that almost as much.

    One without any tag of its category speaks of it in passing only.
    """
    counts = Counter(chosen)
    kept = []
    for category, evidence in zip(chosen, found, strict=True):
        own = evidence.categories
        others = [key for key in counts if counts[key] >= MIN_TOGETHER and own[key] > 0]
        best = max(others, key=lambda key: (own[key], key), default=category)
        firm = own[category] if any(owner == category for owner, _ in evidence.tags) else 0.0
        stray = counts[category] < MIN_TOGETHER and own[best] >= STRAY * firm
        kept.append(best if stray else category)
    return kept


def _class(number: int, category: str, evidence: _Evidence) -> MomentClass:
    words = evidence.words[category]
    return MomentClass(
        moment=number,
        category=category,
        tags=tuple(_tags(category, evidence)),
        evidence=", ".join(sorted(words, key=lambda word: (-words[word], word))[:MAX_EVIDENCE]),
    )


def _tags(category: str, evidence: _Evidence) -> list[str]:
    """Tags of the category, best first; one that is only whispered beside the best is left out."""
    found = {tag: weight for (owner, tag), weight in evidence.tags.items() if owner == category}
    least = max(found.values(), default=0.0) / 4
    kept = [tag for tag, weight in found.items() if weight >= least and weight > TRANSCRIPT_WEIGHT]
    return sorted(kept, key=lambda tag: (-found[tag], tag))[:MAX_TAGS]
