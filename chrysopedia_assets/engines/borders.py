"""Where topics begin: a score for every border between utterances, and the best set of borders under a length prior.

The score adds what the words tell (the statistical model of Utiyama and Isahara 2001, and how much the words change
from before a border to after it) to what is said and heard right there: an opener, a nod, a pause. docs/engine.md has
the sources and the figures. Work is proportional to utterances times the longest topic; no table over all pairs is held.

What belongs here: borders and what speaks for each. What does not: labels, summaries, what is worth keeping.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chrysopedia_assets.engines.text import stems, tokens
from chrysopedia_assets.models.transcripts import Segment

MIN_TOPIC_S = 20.0
MAX_TOPIC_S = 600.0
MAX_TOPIC_UTTERANCES = 400
"""Bounds the work where times are odd."""

# Log-odds in the order of `border_signs`, by logistic regression on talks and screen recordings with hand-made chapters.
WEIGHTS = np.array((0.55, 0.7, 0.35, 0.1, -0.5, 0.35))
CERTAINTY = 1.1
"""The higher, the fewer borders; what a topic of the expected length costs, in the same unit."""
_UNUSUAL_LENGTH = 0.6
_FAR_TOO_SHORT = 5.0
_EXPECTED_TOPICS = 5.5
"""In a minute; in an hour four times as many: lists of chapters grow with the cube root of the length, as measured."""

_WINDOW_WORDS = 60
_TOPIC_PRICES = (0.4, 0.7, 1.0, 1.5)
"""What a topic costs in the statistical model, in logarithms of the number of words: 1 with its authors. Several, for
small topics and for large ones."""
_LEAST_PROBABILITY = 1e-3

_CRUMB_WORDS = 3
_RUN_WORDS = 8
_MOST_WORDS_PER_S = 10.0
_WORDS_PER_S = 2.5

_NODS = r"(?:okay|ok|alright|all right|right|so|now|and|well|yeah|yes|cool|great|awesome|perfect|then|um|uh|oh)\b"
_NOD = re.compile(rf"^\W*(?:{_NODS}\W*)+$", re.IGNORECASE)
_CONTINUES = re.compile(
    r"^\W*(?:and|but|or|because|which|that|it|it's|they|he|she|this|these|those|of|to|with|for|in|by|than|where|who)\b",
    re.IGNORECASE,
)
_OPENER = re.compile(
    rf"(?:\b{_NODS}[\s,.!]+)*\b(?:next|first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth|fifth|finally|last(?:ly)?|another"
    r"|number (?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)|(?:step|part|tip) (?:one|two|three|four|five|\d+)"
    r"|other (?:thing|way|part|option|one)|moving on|move on|speaking of|back to|on to|also|what about|how about"
    r"|in terms of|when it comes to|as for|regarding)\b",
    re.IGNORECASE,
)
_OPENER_CHARS = 80
"""An opener later in an utterance opens nothing."""
_SENTENCE_ENDS = ".!?…\u3002\uff01\uff1f"

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Border:
    """Before an utterance: one segment, or a run of them where captions come word by word."""

    first_segment: int
    text: str
    """Of the utterance that begins here."""
    pause_s: float
    nod: str
    """The utterance before, where it only nods: "Okay."."""

    @property
    def opener(self) -> str:
        found = _OPENER.search(self.text[:_OPENER_CHARS])
        return found[0] if found else ""


def find_borders(segments: tuple[Segment, ...], certainty: float = CERTAINTY) -> list[Border]:
    """The first utterance of each topic."""
    possible = possible_borders(segments)
    times = clock(segments, possible)
    return [
        possible[number]
        for number in best_borders(border_scores(possible, times) - certainty, times)
    ]


def possible_borders(segments: tuple[Segment, ...]) -> list[Border]:
    """Every utterance's; the first is the transcript's own."""
    runs = list(_runs(segments))
    texts = [" ".join(s.text for s in segments[a:b]) for a, b in runs]
    pauses = [0.0, *(max(0.0, b.start_s - a.end_s) for a, b in pairwise(segments))]
    before = ["", *texts[:-1]]
    return [
        Border(first, text, pauses[first], earlier if _NOD.match(earlier) else "")
        for (first, _), text, earlier in zip(runs, texts, before, strict=True)
    ]


def _runs(segments: tuple[Segment, ...]) -> Iterator[tuple[int, int]]:
    """Each segment by itself; crumbs of a word or two in runs, up to a pause or the end of a sentence."""
    words = [len(tokens(s.text)) for s in segments]
    most = _RUN_WORDS if sum(words) < _CRUMB_WORDS * len(segments) else 0
    first, held = 0, 0
    for number, segment in enumerate(segments[:-1]):
        held += words[number]
        paused = segments[number + 1].start_s - segment.end_s >= 1.0
        if held >= most or paused or segment.text.rstrip()[-1:] in _SENTENCE_ENDS:
            yield first, number + 1
            first, held = number + 1, 0
    yield first, len(segments)


def clock(segments: tuple[Segment, ...], possible: list[Border]) -> Floats:
    """When each utterance begins, and the last ends; by counting words where the times cannot be true."""
    words = np.cumsum([0, *(len(tokens(border.text)) for border in possible)])
    starts = [segments[border.first_segment].start_s for border in possible]
    times = np.array([*starts, max(s.end_s for s in segments)])
    return (
        times if words[-1] <= _MOST_WORDS_PER_S * (times[-1] - times[0]) else words / _WORDS_PER_S
    )


# --- what speaks for a border


def border_scores(possible: list[Border], times: Floats) -> Floats:
    """The log-odds of each border, but for a constant."""
    scores: Floats = WEIGHTS @ border_signs(possible, times)
    return scores


def border_signs(possible: list[Border], times: Floats) -> Floats:
    """One row for each sign: cohesion that breaks, an opener, a nod before and here, going on, a pause."""
    words = [stems(border.text) for border in possible]
    number: dict[str, int] = {}
    ids = np.array([number.setdefault(w, len(number)) for said in words for w in said], np.int64)
    offsets = np.cumsum([0, *(len(said) for said in words)])
    broken = np.zeros(len(possible))
    if len(ids):
        broken += _standard(_topic_log_probability(ids, offsets, times))
        broken -= _standard(_likeness(ids, offsets))
    pauses = np.array([border.pause_s for border in possible])
    shorter = np.searchsorted(np.sort(pauses), pauses) / len(pauses)
    return np.array(
        [
            _standard(broken),
            [border.opener != "" for border in possible],
            [border.nod != "" for border in possible],
            [_NOD.match(border.text) is not None for border in possible],
            [_CONTINUES.match(border.text) is not None for border in possible],
            np.where(pauses > 0, shorter, 0.0),
        ]
    )


def _standard(values: Floats) -> Floats:
    """In standard deviations of this transcript, at most three."""
    deviation = float(values.std())
    if deviation < 1e-9:
        return np.zeros_like(values)
    standard: Floats = np.clip((values - values.mean()) / deviation, -3.0, 3.0)
    return standard


def _topic_log_probability(ids: Ints, offsets: Ints, times: Floats) -> Floats:
    """How likely a topic begins at each utterance, over all ways to cut the transcript.

    Utiyama and Isahara (2001): a topic costs what its words cost under its own frequencies (Laplace-smoothed), plus a
    constant. They take the cheapest cut; here every cut counts by its probability (forward and backward sums).
    """
    costs = list(_topic_costs(ids, offsets, times))
    count = len(costs)
    prices = np.log(max(len(ids), 2)) * np.array(_TOPIC_PRICES)[:, None]
    before, after = np.full((2, len(prices), count + 1), -np.inf)
    before[:, 0] = after[:, count] = 0.0
    for i, cost in enumerate(costs):
        ends = slice(i + 1, i + 1 + len(cost))
        before[:, ends] = np.logaddexp(before[:, ends], before[:, i, None] - cost - prices)
    for i in range(count - 1, -1, -1):
        ways = after[:, i + 1 : i + 1 + len(costs[i])] - costs[i]
        most = ways.max(axis=1, keepdims=True)
        after[:, i] = (most - prices + np.log(np.exp(ways - most).sum(axis=1, keepdims=True)))[:, 0]
    probability = np.exp(np.minimum(before + after - before[:, -1:], 0.0))[:, :-1]
    logarithms: Floats = np.log(np.maximum(probability, _LEAST_PROBABILITY)).mean(axis=0)
    return logarithms


def _topic_costs(ids: Ints, offsets: Ints, times: Floats) -> Iterator[Floats]:
    """For each first utterance, what the topic costs that ends after itself, after the next one, and so on; without
    the constant."""
    count, words, kinds = len(offsets) - 1, len(ids), int(ids.max()) + 1
    occurrence, before = _occurrences(ids, kinds), np.zeros(kinds, np.int64)
    f = np.arange(words + 1, dtype=np.float64)
    gains = np.diff(f * np.log(f + 1.0))  # what the n-th repetition of a word saves
    for i in range(count):
        last = _last_end(times, i)
        inside = slice(int(offsets[i]), int(offsets[last]))
        saved = np.concatenate(([0.0], np.cumsum(gains[occurrence[inside] - before[ids[inside]]])))
        lengths = offsets[i + 1 : last + 1] - offsets[i]
        yield lengths * np.log(lengths + kinds + 1.0) - saved[lengths]
        np.add.at(before, ids[offsets[i] : offsets[i + 1]], 1)


def _last_end(times: Floats, first: int) -> int:
    """One past the last utterance that a topic from `first` may hold: at least one."""
    in_time = int(np.searchsorted(times, times[first] + MAX_TOPIC_S, side="right")) - 1
    return max(first + 1, min(first + MAX_TOPIC_UTTERANCES, in_time))


def _occurrences(ids: Ints, kinds: int) -> Ints:
    """For each word said, how often it was said before."""
    seen = [0] * kinds
    order = np.zeros(len(ids), np.int64)
    for place, word in enumerate(ids):
        order[place] = seen[word]
        seen[word] += 1
    return order


def _likeness(ids: Ints, offsets: Ints) -> Floats:
    """The cosine of the words before each border and after it, each word by how few utterances say it."""
    utterances = len(offsets) - 1
    said_in = Counter(w for a, b in pairwise(offsets) for w in set(ids[a:b].tolist()))
    squares = np.array([np.log(utterances / said_in[w]) ** 2 for w in range(len(said_in))])

    def product(one: Ints, other: Ints) -> float:
        return float((squares[one][:, None] * (one[:, None] == other)).sum())

    found = np.full(utterances, 0.5)
    for number, at in enumerate(offsets[:-1]):
        before, after = ids[max(0, at - _WINDOW_WORDS) : at], ids[at : at + _WINDOW_WORDS]
        lengths = product(before, before) * product(after, after)
        if lengths > 0:
            found[number] = product(before, after) / np.sqrt(lengths)
    return found


# --- the best set of borders


def best_borders(scores: Floats, times: Floats) -> list[int]:
    """The set whose scores, less what unusual lengths cost, are the most: dynamic programming over where topics end."""
    count = len(scores)
    best, came = np.full(count + 1, -np.inf), np.zeros(count + 1, np.int64)
    best[0] = scores[0] = 0.0
    minutes = max(float(times[-1] - times[0]), 1.0) / 60
    expected_s = 60 * minutes / (_EXPECTED_TOPICS * np.cbrt(minutes))
    for first in range(count):
        last = _last_end(times, first)
        total = (
            best[first]
            + scores[first]
            - _length_cost(times[first + 1 : last + 1] - times[first], expected_s)
        )
        total[0] -= _FAR_TOO_SHORT  # one utterance is no topic
        ends = slice(first + 1, last + 1)
        better = total > best[ends]
        best[ends][better] = total[better]
        came[ends][better] = first
    firsts, at = [], count
    while at > 0:
        at = int(came[at])
        firsts.append(at)
    return firsts[::-1]


def _length_cost(lengths_s: Floats, expected_s: float) -> Floats:
    unusual: Floats = np.log(np.maximum(lengths_s, 1.0) / expected_s) ** 2
    return _UNUSUAL_LENGTH * unusual + _FAR_TOO_SHORT * np.clip(1 - lengths_s / MIN_TOPIC_S, 0, 1)
