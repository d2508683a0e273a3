"""Where topics begin: the statistical model of Utiyama and Isahara (2001), taught to hear pauses and openers.

A topic costs what its words cost under its own word frequencies (Laplace-smoothed), plus a constant; the cheapest
way to cut the transcript is found by dynamic programming, which also decides how many topics there are. Work is
proportional to segments times the longest topic; no table over all pairs is ever held.

What belongs here: borders, labels, summaries of topics. What does not: what is worth keeping in a topic.
"""

import math
import re
from collections import Counter
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chrysopedia_assets.engines.cleaning import cleaned, says_something
from chrysopedia_assets.engines.cues import CHAT
from chrysopedia_assets.engines.phrases import distinct, key_phrases, phrase_key, phrases
from chrysopedia_assets.engines.text import MAX_SENTENCE_CHARS, sentences, stems, tokens
from chrysopedia_assets.engines.titles import phrase_title
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.models.transcripts import Segment
from chrysopedia_assets.stages.key_moments import spoken
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationReply, Topic

MIN_TOPIC_S = 45.0
MAX_TOPIC_S = 480.0
MAX_TOPIC_SEGMENTS = 400
"""Bounds the work where captions come word by word."""

# In units of the topic constant, log(words in the video). Tuned on tutorials with their makers' chapters.
_PAUSE_BONUS = 0.1
_OPENER_BONUS = 0.2
_MID_SENTENCE = 0.1
_TOO_SHORT = 4.0
_LONG_PAUSE_S = 8.0
_TYPICAL_TOPIC_S = 120.0
_TOLD_PAUSE_S = 1.0
"""A shorter one is breath, and no reason worth telling."""

_OPENER = re.compile(
    r"(?:^|[.!?]\s+)(?:(?:okay|ok|alright|all right|right|so|now|and|well|yeah|cool|great|then)[\s,.!]+)*"
    r"(?:next\b|first(?:ly)?\b|second(?:ly)?\b|third(?:ly)?\b|finally\b|last(?:ly)?\b|moving on|move on|let's (?:move|talk|look|start|get|go|jump|take|build|create|make)"
    r"|the (?:first|second|third|fourth|next|last|final)\b|another\b|number (?:one|two|three|four|five)|step (?:one|two|three|\d)"
    r"|speaking of|which brings (?:me|us)|what about|on to\b|theory time|now (?:let's|we|for)|(?:okay|alright|all right|right)\b[,.!\s]+(?:so|now|next)\b)",
    re.IGNORECASE,
)

Floats = NDArray[np.float64]


def segment(given: SegmentationInput, vocabulary: Vocabulary) -> SegmentationReply:
    """Cut, then label and sum up each part."""
    firsts = borders(given.segments)
    ends = [*firsts[1:], len(given.segments)]
    texts = [spoken(given.segments[a:b]) for a, b in zip(firsts, ends, strict=True)]
    labels, reasons = _labels(texts, vocabulary), _reasons(given.segments, firsts, texts)
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


def borders(segments: tuple[Segment, ...]) -> list[int]:
    """The first segment of each topic, from 0, by the cheapest cut."""
    words = [stems(s.text) for s in segments]
    number: dict[str, int] = {}
    ids = np.array(
        [number.setdefault(w, len(number)) for said in words for w in said], dtype=np.int64
    )
    offsets = np.concatenate(([0], np.cumsum([len(said) for said in words])))
    constant = math.log(max(len(ids), 2))
    opening = constant * _cost_of_opening(segments)
    times = np.array([*(s.start_s for s in segments), max(s.end_s for s in segments)])
    return _cheapest(ids, offsets, times, opening, constant, len(number))


def _cheapest(
    ids: NDArray[np.int64],
    offsets: NDArray[np.int64],
    times: Floats,
    opening: Floats,
    constant: float,
    kinds: int,
) -> list[int]:
    """Forward dynamic programming; `best[j]` is the cost of segments before j, `came[j]` where its last topic began."""
    count = len(offsets) - 1
    best, came = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=np.int64)
    best[0] = 0.0
    occurrence, before = _occurrences(ids, kinds), np.zeros(max(kinds, 1), dtype=np.int64)
    gain = _gains(len(ids))
    for i in range(count):
        last = _last_allowed(times, i, count)
        inside = slice(int(offsets[i]), int(offsets[last]))
        said = np.concatenate(([0.0], np.cumsum(gain[occurrence[inside] - before[ids[inside]]])))
        ends = offsets[i + 1 : last + 1] - offsets[i]
        cost = ends * np.log(ends + kinds + 1.0) - said[ends]
        cost += constant * _length_cost(times[i + 1 : last + 1] - times[i])
        total = best[i] + cost + opening[i]
        target = slice(i + 1, last + 1)
        better = total < best[target]
        best[target][better] = total[better]
        came[target][better] = i
        np.add.at(before, ids[offsets[i] : offsets[i + 1]], 1)
    return _walked_back(came)


def _occurrences(ids: NDArray[np.int64], kinds: int) -> NDArray[np.int64]:
    """For each word said, how often it was said before."""
    seen = [0] * kinds
    order = np.zeros(len(ids), dtype=np.int64)
    for place, word in enumerate(ids):
        order[place] = seen[word]
        seen[word] += 1
    return order


def _gains(words: int) -> Floats:
    """What the n-th repetition of a word saves: the growth of f * log(f + 1)."""
    f = np.arange(words + 1, dtype=np.float64)
    return np.diff(f * np.log(f + 1.0))


def _last_allowed(times: Floats, first: int, count: int) -> int:
    """One past the last segment that a topic from `first` may hold: at least one."""
    in_time = int(np.searchsorted(times, times[first] + MAX_TOPIC_S, side="right")) - 1
    return max(first + 1, min(count, first + MAX_TOPIC_SEGMENTS, in_time))


def _length_cost(length_s: Floats) -> Floats:
    """A topic costs one constant; one that is shorter than the least length costs several."""
    unusual = np.abs(np.log(np.maximum(length_s, 1.0) / _TYPICAL_TOPIC_S))
    return 1.0 + 0.1 * unusual + _TOO_SHORT * np.clip(1.0 - length_s / MIN_TOPIC_S, 0.0, 1.0)


def _cost_of_opening(segments: tuple[Segment, ...]) -> Floats:
    """Per segment, in constants: cheaper after a pause and at a discourse opener, dearer inside a sentence."""
    pauses = _pauses(segments)
    finished = [True, *(s.text.rstrip()[-1:] in ".!?…\u3002\uff01\uff1f" for s in segments[:-1])]
    punctuated = sum(finished) > len(finished) / 10
    cost = [
        _MID_SENTENCE * (punctuated and not done and pause < 1.0)
        - _PAUSE_BONUS * min(pause / _LONG_PAUSE_S, 1.0)
        - _OPENER_BONUS * bool(_OPENER.search(s.text))
        for s, pause, done in zip(segments, pauses, finished, strict=True)
    ]
    return np.array(cost)


def _pauses(segments: tuple[Segment, ...]) -> list[float]:
    """The silence before each segment, in seconds."""
    return [0.0, *(max(0.0, b.start_s - a.end_s) for a, b in pairwise(segments))]


def _reasons(segments: tuple[Segment, ...], firsts: list[int], texts: list[str]) -> list[str]:
    """What made each cut, in words; nothing of the first topic, which has to begin somewhere.

    Words change at nearly all of them: an opener and a pause say why just there.
    """
    pauses = _pauses(segments)
    told = [""]
    for first, (before, after) in zip(firsts[1:], pairwise(texts), strict=True):
        opener = _OPENER.search(segments[first].text)
        parts = [f'opener "{opener[0].strip(" .,!?").lower()}"'] if opener else []
        parts += [f"after a pause of {pauses[first]:.1f} s"] * (pauses[first] >= _TOLD_PAUSE_S)
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


def _walked_back(came: NDArray[np.int64]) -> list[int]:
    firsts, at = [], len(came) - 1
    while at > 0:
        at = int(came[at])
        firsts.append(at)
    return firsts[::-1]


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
