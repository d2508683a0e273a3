"""Whether one prompt is better than another, from the scores of both on the same inputs: paired, and no more than is known.

What belongs here: which inputs may decide, the arithmetic, the verdict in words. What does not: running prompts, scoring,
how it is shown. Source of the interval: Hesterberg, What Teachers Should Know About the Bootstrap (2015), expanded percentile
method: with five inputs the plain one calls pure noise a difference one time in six, this one one time in ten, and from a
dozen on about one in twenty.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

Word = Literal["better", "worse", "cannot tell"]
Part = Literal["held out", "tuned on", "looked at"]
"""`looked at`: nobody said what a prompt was written on, and this may be it."""
Values = Mapping[str, Mapping[str, float]]
"""By the id of an input, then dimension: the mean over its samples, between 0 and 1."""

LEAST_HELD_OUT = 5
"""With fewer, all of them leaning B's way by chance is more likely than one in twenty."""
RESAMPLES = 10_000
CONFIDENCE = 0.95
MARGIN = 0.02
"""A dimension that certainly loses more than this is a loss, whatever the others gain."""
OVERALL = "overall"


@dataclass(frozen=True)
class Difference:
    """Of B from A in one dimension, over inputs; `low` to `high` holds the mean with 95 % confidence."""

    dimension: str
    a: float
    b: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        return self.b - self.a

    def __str__(self) -> str:
        return f"{self.mean:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


@dataclass(frozen=True)
class Compared:
    """`differences` are those of the inputs that were held out, `tuned` of the others; the overall one comes first."""

    word: Word
    why: str
    differences: Sequence[Difference]
    tuned: Sequence[Difference]


def parts_of(ids: Collection[str], tuned_on: Collection[str]) -> dict[str, Part]:
    """Which inputs may decide. Where nobody says what a prompt was written on, half of them count as looked at.

    Always the same half: ids are hashes of what is in an input, so their order is a draw that nobody chooses.
    """
    if tuned_on:
        return {one: "tuned on" if one in tuned_on else "held out" for one in sorted(ids)}
    ordered = sorted(ids)
    half = len(ordered) // 2
    return {one: "looked at" if at < half else "held out" for at, one in enumerate(ordered)}


def compare(a: Values, b: Values, parts: Mapping[str, Part], *, because: str = "") -> Compared:
    """Of the inputs that both have values of. `because` says why nothing can be told of these two, whatever the values."""
    both = sorted(a.keys() & b.keys())
    held = [one for one in both if parts[one] == "held out"]
    tuned = [one for one in both if parts[one] != "held out"]
    found = _differences(a, b, held)
    word, why = ("cannot tell", because) if because else _verdict(found, len(held))
    return Compared(word, why, found, _differences(a, b, tuned))  # type: ignore[arg-type]


def with_pages(stage: Compared, pages: Compared) -> Compared:
    """The verdict on a stage's prompt in the light of the pages that come of it: what readers get decides."""
    told = (
        f"at the stage itself: {stage.word}, {stage.why}; in the pages: {pages.word}, {pages.why}"
    )
    contrary = (stage.word, pages.word) == ("worse", "better")
    return Compared("cannot tell" if contrary else pages.word, told, stage.differences, stage.tuned)


def _verdict(found: Sequence[Difference], count: int) -> tuple[Word, str]:
    if count < LEAST_HELD_OUT:
        return "cannot tell", (
            f"{count} held-out inputs are too few, {LEAST_HELD_OUT} are needed; give more fixtures, or say which ones the prompt was tuned on (--tuned-on)"
        )
    whole, losses = found[0], _loses(found[1:])
    if whole.high < 0:
        return "worse", f"overall {whole} on {count} held-out inputs"
    if whole.low <= 0:
        return (
            "cannot tell",
            f"overall {whole} on {count} held-out inputs; more inputs or samples may decide",
        )
    if losses:
        return "cannot tell", f"better overall, {whole}, and worse in {', '.join(losses)}"
    return "better", f"overall {whole} on {count} held-out inputs"


def _loses(found: Sequence[Difference]) -> list[str]:
    return [one.dimension for one in found if one.high < -MARGIN]


def _differences(a: Values, b: Values, ids: Sequence[str]) -> list[Difference]:
    if not ids:
        return []
    dimensions = sorted({name for one in ids for name in (*a[one], *b[one])})
    rows = [(OVERALL, [_mean(a[one]) for one in ids], [_mean(b[one]) for one in ids])]
    rows += [
        (name, [a[one].get(name, 0.0) for one in ids], [b[one].get(name, 0.0) for one in ids])
        for name in dimensions
    ]
    return [_difference(*row) for row in rows]


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / len(values) if values else 0.0


def _difference(dimension: str, a: Sequence[float], b: Sequence[float]) -> Difference:
    paired = np.array(b) - np.array(a)
    draws = np.random.default_rng(0).integers(0, len(paired), (RESAMPLES, len(paired)))
    tail = _tail(len(paired))
    low, high = np.quantile(paired[draws].mean(axis=1), [tail, 1 - tail])
    return Difference(dimension, float(np.mean(a)), float(np.mean(b)), float(low), float(high))


def _tail(count: int) -> float:
    """What is cut off at each end: less for few inputs, whose resamples vary less than new inputs would."""
    normal = NormalDist()
    if count < 2:
        return 0.0
    return normal.cdf(
        -sqrt(count / (count - 1)) * _student(normal.inv_cdf((1 + CONFIDENCE) / 2), count - 1)
    )


def _student(z: float, freedom: int) -> float:
    """Student's quantile where the normal one is z (Abramowitz and Stegun 26.7.5)."""
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
