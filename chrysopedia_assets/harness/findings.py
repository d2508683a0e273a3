"""From single findings to one score: how many of how many are wrong, and what is told of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chrysopedia_assets.harness.scores import Judge, Score

MAX_REASONS = 5


@dataclass(frozen=True)
class Found:
    """Of one page, or of a whole result."""

    value: float
    why: tuple[str, ...] = ()


def share(wrong: Sequence[str], of: int) -> Found:
    """Each of `wrong` is one of so many; nothing to be wrong about is nothing wrong."""
    return Found(max(0.0, 1 - len(wrong) / of) if of else 1.0, tuple(wrong))


def falling(measured: float, good_to: float, bad_from: float, why: str) -> Found:
    """1 up to `good_to`, then evenly down to 0 at `bad_from`."""
    value = min(1.0, max(0.0, (bad_from - measured) / (bad_from - good_to)))
    return Found(value, (why,) if value < 1 else ())


def score(dimension: str, found: Iterable[Found], by: Judge = "code") -> Score:
    """The mean, with the reasons of the worst; 0 where there is nothing."""
    of_each = sorted(found, key=lambda one: one.value)
    value = sum(one.value for one in of_each) / len(of_each) if of_each else 0.0
    reasons = dict.fromkeys(reason for one in of_each for reason in one.why)
    return Score(dimension, round(value, 4), by, tuple(reasons)[:MAX_REASONS])
