"""Which category each moment belongs to, by the taxonomy's own words in it: names and aliases, and signs that name nothing.

What belongs here: scores, ties, evidence and doubt. What does not: finding the words (vocabulary). Measured by
`python -m benchmarks.classification`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chrysopedia_assets.engines.vocabulary import Mention, Vocabulary
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import (
    ClassificationInput,
    ClassificationReply,
    MomentClass,
)

TITLE_WEIGHT, SUMMARY_WEIGHT = 1.5, 1.0
TERM_WORTH, PHRASE_WORTH = 1.0, 1.3
"""A name or an alias of one word, and of several, which are seldom said of anything else."""
SIGN_WORTH, SIGN_PHRASE_WORTH = 0.7, 1.2
CATEGORY_WORTH = 0.7
"""A category's own name beside a tag's: "the mix" is spoken of everywhere."""
AGAIN = 0.7
"""The power to which a word's weight is raised: one that is said four times does not decide four times as much."""
VIDEO_WEIGHT = 3.0
"""What a video that is all about one category adds to it, in words: its odd sentence is more likely about that too."""
MIN_TOGETHER = 2
"""A category with fewer moments than this in a question of several makes a page of one odd remark."""
STRAY = 0.5
"""A moment alone in its category goes to another that has at least this share of the evidence for its own."""
LITTLE = 2.0
"""Less evidence than this, about two words, is too little to be sure."""
NEAR = 0.7
"""Another category with at least this share of the evidence may be the right one."""
MAX_TAGS = 4
MAX_EVIDENCE, MAX_RIVAL_EVIDENCE = 6, 3


@dataclass
class _Evidence:
    """What speaks for each category and tag in one moment; `words` by category."""

    categories: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    tags: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    words: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, mention: Mention, amount: float) -> None:
        """A word that several categories claim speaks for each of them that much less."""
        claimed = {category: tag for category, tag in sorted(mention.meanings, reverse=True)}
        for category, tag in claimed.items():
            part = amount / len(claimed) * (1.0 if tag or mention.is_sign else CATEGORY_WORTH)
            self.categories[category] += part
            self.words[category][mention.spoken.casefold()] = part
        for category, tag in mention.meanings:
            if tag:
                self.tags[category, tag] += amount

    def because(self, category: str, most: int) -> str:
        words = self.words[category]
        return ", ".join(sorted(words, key=lambda word: (-words[word], word))[:most])


def classify_moments(given: ClassificationInput, vocabulary: Vocabulary) -> ClassificationReply:
    """One category for each moment; ties go to what the video is mostly about, then to the taxonomy's order."""
    found = [_evidence(moment, vocabulary) for moment in given.moments]
    shares = _shares(found)
    keys = [category.key for category in given.taxonomy.categories]
    chosen = _without_strays([_best(e, shares, keys) for e in found], found)
    classes = (
        _class(number, category, evidence, given.taxonomy)
        for number, category, evidence in zip(given.numbers, chosen, found, strict=True)
    )
    return ClassificationReply(classes=tuple(classes))


def _evidence(moment: KeyMoment, vocabulary: Vocabulary) -> _Evidence:
    said: dict[str, float] = defaultdict(float)
    mentions: dict[str, Mention] = {}
    for text, weight in ((moment.title, TITLE_WEIGHT), (moment.summary, SUMMARY_WEIGHT)):
        named = vocabulary.mentions(text)
        for mention in (*named, *_beside(vocabulary.signs(text), named)):
            key = f"{mention.spoken.casefold()} {mention.is_sign}"
            said[key] += weight
            mentions[key] = mention
    evidence = _Evidence()
    for key, mention in mentions.items():
        evidence.add(mention, _worth(mention) * said[key] ** AGAIN)
    return evidence


def _beside(signs: list[Mention], named: list[Mention]) -> Iterator[Mention]:
    """Signs that are no part of a name: "sit still" is not "sit" besides."""
    names = [f" {mention.spoken.casefold()} " for mention in named]
    for sign in signs:
        if not any(f" {sign.spoken.casefold()} " in name for name in names):
            yield sign


def _worth(mention: Mention) -> float:
    phrase = " " in mention.spoken
    if mention.is_sign:
        return SIGN_PHRASE_WORTH if phrase else SIGN_WORTH
    return PHRASE_WORTH if phrase else TERM_WORTH


def _shares(found: list[_Evidence]) -> dict[str, float]:
    """What part of all evidence in the question speaks for each category."""
    total: dict[str, float] = defaultdict(float)
    for evidence in found:
        for category, amount in evidence.categories.items():
            total[category] += amount
    whole = sum(total.values()) or 1.0
    return {category: amount / whole for category, amount in total.items()}


def _best(evidence: _Evidence, shares: dict[str, float], keys: list[str]) -> str:
    def rank(key: str) -> tuple[float, float, int]:
        score = evidence.categories[key] + VIDEO_WEIGHT * shares.get(key, 0.0)
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


def _class(number: int, category: str, evidence: _Evidence, taxonomy: Taxonomy) -> MomentClass:
    return MomentClass(
        moment=number,
        category=category,
        tags=tuple(_tags(category, evidence)),
        evidence=evidence.because(category, MAX_EVIDENCE),
        doubt=_doubt(category, evidence, taxonomy),
    )


def _doubt(category: str, evidence: _Evidence, taxonomy: Taxonomy) -> str:
    """Why another category may be the right one: what speaks for it, or that little speaks for any."""
    own = evidence.categories[category]
    rivals = {key: amount for key, amount in evidence.categories.items() if key != category}
    rival = max(rivals, key=lambda key: (rivals[key], key), default="")
    if rival and rivals[rival] > 0 and rivals[rival] >= NEAR * own:
        name = next(c.name for c in taxonomy.categories if c.key == rival)
        return f"perhaps {name}: {evidence.because(rival, MAX_RIVAL_EVIDENCE)}"
    return "" if own >= LITTLE else "little of it speaks for any category"


def _tags(category: str, evidence: _Evidence) -> list[str]:
    """Tags of the category, best first; one that is only whispered beside the best is left out."""
    found = {tag: weight for (owner, tag), weight in evidence.tags.items() if owner == category}
    least = max(found.values(), default=0.0) / 4
    kept = [tag for tag, weight in found.items() if weight >= least]
    return sorted(kept, key=lambda tag: (-found[tag], tag))[:MAX_TAGS]
