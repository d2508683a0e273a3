"""How good a stage's result is, in numbers between 0 and 1, each with its reasons. The one shape that scoring, comparing
and optimising share.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Judge = Literal["code", "model"]


@dataclass(frozen=True)
class Score:
    """`value` is 1 where nothing is wrong; `why` says in words, for people and for models alike, what to do better."""

    dimension: str
    value: float
    by: Judge = "code"
    why: tuple[str, ...] = ()


def overall(scores: Iterable[Score]) -> float:
    """The mean of all dimensions; 0 where there is none: a result that could not be made has no merit."""
    values = [score.value for score in scores]
    return sum(values) / len(values) if values else 0.0
