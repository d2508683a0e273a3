"""What the engine's topics are compared with: no learning, no download, nothing of ours but the list of stop words.

What belongs here: ways to cut a document, from how many topics there are (None: unknown) to the segments that open one.
What does not: the engine, measuring.
"""

import math
import random
import re
from collections import Counter
from functools import lru_cache
from itertools import accumulate

import numpy as np
from nltk.stem import PorterStemmer
from nltk.tokenize import TextTilingTokenizer
from numpy.typing import NDArray

from benchmarks.segmentation_sets import Document
from chrysopedia_assets.engines.lexicon import STOP_WORDS

EVERY_S = 120.0
"""A topic this long, where random and equidistant borders are not told how many."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")

Floats = NDArray[np.float64]


def no_border(document: Document, topics: int | None) -> list[int]:
    return []


def randomly(document: Document, topics: int | None) -> list[int]:
    """The same at each run."""
    possible = range(1, len(document.segments))
    wanted = min(_count(document, topics) - 1, len(possible))
    return sorted(random.Random(document.name).sample(possible, wanted))


def equidistant(document: Document, topics: int | None) -> list[int]:
    count = _count(document, topics)
    return sorted({len(document.segments) * n // count for n in range(1, count)} - {0})


def _count(document: Document, topics: int | None) -> int:
    return topics or max(1, round(document.minutes * 60 / EVERY_S))


def texttiling(document: Document, topics: int | None) -> list[int]:
    """Hearst (1997) as nltk has it, each segment a paragraph; it finds out by itself how many topics there are."""
    texts = [" ".join(segment.text.split()) for segment in document.segments]
    tiler = TextTilingTokenizer(stopwords=sorted(STOP_WORDS))
    try:
        tiles = tiler.tokenize("\n\n" + "\n\n".join(texts))
    except ValueError:  # too short for it
        return []
    ends = accumulate(sum(1 for line in tile.split("\n\n") if line.strip()) for tile in tiles)
    return [end for end in ends if 0 < end < len(texts)]


def u00(document: Document, topics: int | None) -> list[int]:
    """Utiyama and Isahara (2001): the most probable cut, each topic with its own Laplace-smoothed word frequencies.

    Where the number of topics is unknown, each costs the logarithm of the number of words.
    """
    said = [_stems(segment.text) for segment in document.segments]
    costs = _topic_costs(said)
    if topics:
        return _cheapest_of(costs, topics)
    price = math.log(max(sum(map(len, said)), 2))
    count = len(said)
    best, came = np.zeros(count + 1), np.zeros(count + 1, np.int64)
    for end in range(1, count + 1):
        ways = best[:end] + costs[:end, end] + price
        came[end] = int(ways.argmin())
        best[end] = ways[came[end]]
    firsts, at = [], int(came[count])
    while at > 0:
        firsts.append(at)
        at = int(came[at])
    return firsts[::-1]


def _cheapest_of(costs: Floats, topics: int) -> list[int]:
    count = len(costs)
    best, came = costs[0], np.zeros((topics + 1, count + 1), np.int64)
    for number in range(2, topics + 1):
        ways = best[:count, None] + costs  # [where the last topic begins, where it ends]
        came[number] = ways.argmin(axis=0)
        best = ways.min(axis=0)
    firsts, at = [], count
    for number in range(topics, 1, -1):
        at = int(came[number][at])
        firsts.append(at)
    return firsts[::-1]


def _topic_costs(said: list[list[str]]) -> Floats:
    """What the segments from a row's to before a column's cost as one topic; infinite where there are none."""
    count, kinds = len(said), len({word for words in said for word in words})
    costs = np.full((count, count + 1), np.inf)
    for first in range(count):
        seen: Counter[str] = Counter()
        saved, words = 0.0, 0
        for last in range(first, count):
            for word in said[last]:
                f = seen[word]
                saved += (f + 1) * math.log(f + 2) - f * math.log(f + 1)
                seen[word] = f + 1
            words += len(said[last])
            costs[first, last + 1] = words * math.log(max(words + kinds, 1)) - saved
    return costs


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in STOP_WORDS]


_stem = lru_cache(maxsize=None)(PorterStemmer().stem)
