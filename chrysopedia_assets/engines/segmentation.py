"""Cut a transcript into topics; each with a reason, a label and a summary.

What belongs here: words about topics. What does not: where they begin (`borders`), what is worth keeping in them.
"""

import math
from collections import Counter
from itertools import pairwise

from chrysopedia_assets.engines.borders import Border, find_borders
from chrysopedia_assets.engines.cleaning import cleaned, says_something
from chrysopedia_assets.engines.cues import CHAT
from chrysopedia_assets.engines.phrases import distinct, key_phrases, phrase_key, phrases
from chrysopedia_assets.engines.text import MAX_SENTENCE_CHARS, sentences, stems, tokens
from chrysopedia_assets.engines.titles import phrase_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.stages.key_moments import spoken
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationReply, Topic

_TOLD_PAUSE_S = 1.0
"""A shorter one is breath, and no reason worth telling."""


def segment(given: SegmentationInput, vocabulary: Vocabulary) -> SegmentationReply:
    """Cut, then label and sum up each part."""
    found = find_borders(given.segments)
    firsts = [border.first_segment for border in found]
    ends = [*firsts[1:], len(given.segments)]
    texts = [spoken(given.segments[a:b]) for a, b in zip(firsts, ends, strict=True)]
    labels, reasons = _labels(texts, vocabulary), _reasons(found, texts)
    topics = (
        Topic(
            first_segment=given.first_segment + first,
            reason=reason,
            label=label,
            summary=_summary(text),
        )
        for first, reason, label, text in zip(firsts, reasons, labels, texts, strict=True)
    )
    return SegmentationReply(topics=tuple(topics))


def _reasons(found: list[Border], texts: list[str]) -> list[str]:
    """What made each cut, in words; nothing of the first topic, which has to begin somewhere.

    Words change at nearly all of them: what is said there, a nod before and a pause say why just there.
    """
    told = [""]
    for border, (before, after) in zip(found[1:], pairwise(texts), strict=True):
        parts = [f'says "{" ".join(border.opener.lower().split())}"'] * (border.opener != "")
        parts += [f'after "{border.nod.strip(" .,!?").lower()}"'] * (border.nod != "")
        parts += [f"after a pause of {border.pause_s:.1f} s"] * (border.pause_s >= _TOLD_PAUSE_S)
        if not parts:
            changed = _words_change(stems(before), stems(after))
            parts = ["the words change" if changed else "the topic before had become long"]
        told.append(", ".join(parts))
    return told


def _words_change(before: list[str], after: list[str]) -> bool:
    """Whether the words alone, under the frequencies of each side, cost less in two topics than in one."""
    kinds = len({*before, *after})

    def cost(words: list[str]) -> float:
        gained = sum(f * math.log(f + 1) for f in Counter(words).values())
        return len(words) * math.log(len(words) + kinds + 1) - gained

    return cost(before + after) > cost(before) + cost(after) + math.log(max(len(before + after), 2))


def _labels(texts: list[str], vocabulary: Vocabulary) -> list[str]:
    """The most telling phrases of each text against the others, no label twice where the words allow."""
    spread = Counter(key for text in texts for key in {phrase_key(p) for p in phrases(text)})
    weight = {key: math.log(1 + len(texts) / n) for key, n in spread.items()}
    labels: list[str] = []
    for number, text in enumerate(texts, start=1):
        best = distinct(key_phrases(text, weight, vocabulary), 4)
        tries = [
            phrase_title(best[:2]),
            phrase_title(best[1:3]),
            phrase_title(best[:3]),
            phrase_title(best),
        ]
        tries += [phrase_title([" ".join(tokens(text)[:6])]), f"Part {number}"]
        labels.append(
            next((label for label in tries if label and label not in labels), f"Part {number}")
        )
    return labels


def _summary(text: str) -> str:
    """The sentence that shares most with the rest of the text, cleaned; the first words when none reads well."""
    said = [text[a:b] for a, b in sentences(text)]
    words = [set(stems(sentence)) for sentence in said]
    counts = Counter(stem for own in words for stem in own)
    central = sorted(range(len(said)), key=lambda n: (-_centrality(words[n], counts), n))
    readable = (cleaned(said[n]) for n in central if not CHAT.search(said[n]))
    return next(filter(says_something, readable), text[:MAX_SENTENCE_CHARS])


def _centrality(own: set[str], counts: Counter[str]) -> float:
    return sum(counts[stem] - 1 for stem in own) / math.sqrt(len(own) + 4)
