"""ROUGE-1, -2 and -L (Lin 2004) as F1 over lower-case words, without stemming, and with every word counted.

What belongs here: the measure. What does not: texts. ROUGE-L takes each text as one sequence.
"""

import re
from collections import Counter
from collections.abc import Sequence


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def rouge_n(found: Sequence[str], wanted: Sequence[str], n: int) -> float:
    """F1 of the runs of `n` words that both have, each as often as both have it."""
    ours, theirs = (
        Counter(zip(*(t[at:] for at in range(n)), strict=False)) for t in (found, wanted)
    )
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def rouge_l(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the longest common subsequence."""
    row = [0] * (len(wanted) + 1)
    for word in found:
        diagonal = 0
        for at, other in enumerate(wanted, start=1):
            above = row[at]
            row[at] = diagonal + 1 if word == other else max(above, row[at - 1])
            diagonal = above
    return _f1(row[-1], len(found), len(wanted))


def _f1(both: int, found: int, wanted: int) -> float:
    return 2 * both / (found + wanted) if both else 0.0
