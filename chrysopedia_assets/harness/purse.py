"""What an optimisation may spend, what it has spent, and whether the next step still fits.

What belongs here: reading a budget, guarding it. What does not: where the figures come from (the ledger, as arguments).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.calls import Usage

_BUDGET = re.compile(
    r"\$ ?(?P<dollars>\d+(\.\d+)?)|(?P<usd>\d+(\.\d+)?) ?usd|(?P<calls>\d+) ?(calls?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Budget:
    """US dollars or paid calls, whichever is given."""

    usd: float | None = None
    calls: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """ "$2.50" and "2.50usd" are money; "200" and "200calls" are calls. Raises ConfigurationError."""
        found = _BUDGET.fullmatch(text.strip())
        if found is None:
            raise ConfigurationError(
                f"{text!r} is no budget", cure="Give US dollars (2.50usd), or calls (200calls)."
            )
        usd = found["dollars"] or found["usd"]
        return cls(float(usd), None) if usd else cls(None, int(found["calls"]))

    def __str__(self) -> str:
        return f"{self.calls} calls" if self.usd is None else f"US$ {self.usd:.2f}"


@dataclass
class Purse:
    """`paid` reads the ledger; `dearest_usd` is what one call may cost, as far as anybody knows."""

    budget: Budget
    paid: Callable[[], Usage]
    dearest_usd: Callable[[], float | None]
    _dearness: float = field(default=1.0)

    def check_price(self) -> None:
        """Raises ConfigurationError when a budget in dollars could not be kept."""
        if self.budget.usd is not None and self.dearest_usd() is None:
            raise ConfigurationError(
                "the budget is in US dollars, and nobody knows what the model costs",
                cure="Give a number of calls (--budget 200calls), or set CHRYSOPEDIA_LLM_PRICE.",
            )

    def has(self, calls: float) -> bool:
        """Whether so many calls fit in what is left, retries as frequent as they have been so far."""
        spent, likely = self.paid(), calls * self._dearness
        if self.budget.calls is not None:
            return spent.calls + likely <= self.budget.calls
        each = self.dearest_usd() or 0.0
        assert self.budget.usd is not None
        # What a call cost that was stopped half-way is not known: it counts as the dearest.
        return spent.cost_usd + (spent.unpriced + likely) * each <= self.budget.usd

    def learn(self, expected: float, calls: int) -> None:
        """A step that took more calls than was thought makes the next ones dearer."""
        if expected:
            self._dearness = max(self._dearness, calls / expected)

    def told(self) -> str:
        spent = self.paid()
        price = f", US$ {spent.cost_usd:.4f}" if spent.cost_usd else ""
        return f"{spent.calls} paid calls{price} of {self.budget}"
