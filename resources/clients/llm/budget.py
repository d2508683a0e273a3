"""The month's budget: whether one more call may be sent, if it and all that are under way cost as much as they can.

What belongs here: holding calls back, for one process; others that spend at the same time are seen as soon as the ledger
has what they paid. What does not: adding up (the ledger), prices, the budgets of single commands.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from chrysopedia_assets.errors import BudgetSpent
from chrysopedia_assets.models.calls import MonthSpent, Request
from resources.clients.llm.prices import Price, most_usd

LOOK_S = 1.0
"""What the ledger said longer ago is not relied on: other processes spend too."""
PROCESSES = 10
"""So many may spend as this one does. Where that does not fit any more, the ledger is looked at for every call."""


@dataclass(eq=False)
class Held:
    """Room for a call, which may cost so much; `call_id` is its number in the ledger, from when it is there."""

    may_cost_usd: float
    call_id: int | None = None


@dataclass
class MonthBudget:
    """All of it runs in one event loop. `spent` reads what the ledger has of this month, but for the calls that it is
    given; it is called in a thread.
    """

    usd: float
    spent: Callable[[Collection[int]], MonthSpent]
    _known: MonthSpent = field(default_factory=MonthSpent)
    _looked_at: float = -LOOK_S
    _under_way: set[Held] = field(default_factory=set)
    _ended: set[Held] = field(default_factory=set)
    """What came to its end since the last look: for as much as it can have cost."""
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def hold(self, may_cost_usd: float) -> AsyncIterator[Held]:
        """For a call that may cost so much; waits while those under way may leave enough. Raises BudgetSpent."""
        call = Held(may_cost_usd)
        async with self._one_at_a_time:
            await self._find_room(may_cost_usd)
            self._under_way.add(call)
        try:
            yield call
        finally:
            self._under_way.remove(call)
            self._ended.add(call)
            self._news.set()

    async def _find_room(self, may_cost_usd: float) -> None:
        if time.monotonic() - self._looked_at > LOOK_S or not self._fits(may_cost_usd, PROCESSES):
            await self._look()
        while not self._fits(may_cost_usd):
            self._news.clear()
            await self._look()
            if self._fits(may_cost_usd):
                return
            if not self._under_way and not self._ended:
                raise self._no_room(may_cost_usd)
            await self._news.wait()

    def _fits(self, may_cost_usd: float, processes: int = 1) -> bool:
        held = sum(call.may_cost_usd for call in (*self._under_way, *self._ended))
        return self._known.at_most(may_cost_usd) + (held + may_cost_usd) * processes <= self.usd

    async def _look(self) -> None:
        recorded = set(self._ended)
        own = [call.call_id for call in self._under_way if call.call_id is not None]
        self._looked_at = time.monotonic()
        self._known = await asyncio.to_thread(self.spent, own)
        self._ended -= recorded

    def _no_room(self, may_cost_usd: float) -> BudgetSpent:
        known = self._known
        unknown = f" and {known.unknown} calls cost nobody knows what" if known.unknown else ""
        return BudgetSpent(
            f"US$ {known.usd:.4f} of this month's budget of US$ {self.usd:.2f} are spent{unknown};"
            f" the next call may cost US$ {may_cost_usd:.4f}, and was not sent",
            cure="Raise CHRYSOPEDIA_BUDGET_USD, or wait for the next month (UTC). Replies in the ledger stay free.",
        )


def room_for(
    budget: MonthBudget | None, request: Request, base_url: str, price: Price | None
) -> AbstractAsyncContextManager[Held]:
    """For one call; without a budget there is always room. Raises ConfigurationError for an unknown price, BudgetSpent when entered."""
    if budget is None:
        return nullcontext(Held(0.0))
    return budget.hold(most_usd(request, base_url, price))
