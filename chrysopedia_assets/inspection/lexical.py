"""How much the words change at a place of a transcript, the same for every engine and every language.

What belongs here: counting words. What does not: what a change means, and where topics begin.
"""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from chrysopedia_assets.models.quotes import UNSPACED

WINDOW_WORDS = 100
"""About 40 s of speech on each side: of those tried, what told real chapters best from other places."""
MAX_PLACES = 1_000
"""Of the places that one is compared with, evenly spread: a day of captions has 20,000."""
STEM_LETTERS = 5
"""Words are told apart by their first letters: "chord" and "chords" are one, in any language that inflects at the end."""
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


def lexical_drops(texts: Sequence[str], firsts: Sequence[int]) -> list[float]:
    """For each place, before text number `first`: the share of the places between two texts at which words change less.

    So 0.9 is a greater change than at nine of ten places of this video; 0.5 is a place like any other. A change is 1 less
    the cosine of the words in a window on both sides: the block comparison of TextTiling (Hearst 1997, "TextTiling:
    Segmenting Text into Multi-paragraph Subtopic Passages"). Instead of a list of stop words, which would be of one
    language, each word weighs the logarithm of how few windows of the video it is said in. Cosines themselves lie close
    together in speech (0.03 to 0.2), hence the rank.
    """
    step = math.ceil(len(texts) / MAX_PLACES)
    changes = _changes(texts, {*firsts, *range(1, len(texts), step)})
    others = sorted(changes[place] for place in range(1, len(texts), step))
    return [_rank(changes[first], others) for first in firsts]


def _rank(value: float, others: Sequence[float]) -> float:
    """The share of others that are less; those that are equal count half."""
    return (bisect_left(others, value) + bisect_right(others, value)) / 2 / len(others)


def _changes(texts: Sequence[str], places: Iterable[int]) -> dict[int, float]:
    """By place, how much the words change there; 0 where a side has none."""
    said = [_words(text) for text in texts]
    offsets = [0, *accumulate(len(words) for words in said)]
    flat = [word for words in said for word in words]
    weights = _weights(flat)
    found = {}
    for place in places:
        at = offsets[place]
        before, after = flat[max(0, at - WINDOW_WORDS) : at], flat[at : at + WINDOW_WORDS]
        alike = _cosine(Counter(before), Counter(after), weights) if before and after else 1.0
        found[place] = round(1 - alike, 9)  # so that equal places are equal
    return found


def _words(text: str) -> list[str]:
    return [word[:STEM_LETTERS] for word in _WORD.findall(text.casefold())]


def _weights(words: Sequence[str]) -> dict[str, float]:
    """Of each word, by the windows that it is said in, laid end to end."""
    windows = [set(words[at : at + WINDOW_WORDS]) for at in range(0, len(words), WINDOW_WORDS)]
    spread = Counter(word for window in windows for word in window)
    return {word: math.log((1 + len(windows)) / count) for word, count in spread.items()}


def _cosine(one: Counter[str], other: Counter[str], weights: dict[str, float]) -> float:
    def product(a: Counter[str], b: Counter[str]) -> float:
        return sum(count * b[word] * weights[word] ** 2 for word, count in a.items() if word in b)

    return product(one, other) / math.sqrt(product(one, one) * product(other, other))
