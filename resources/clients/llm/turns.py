"""Who goes next when not everybody can: what was begun first is finished first.

In order of arrival, all videos would go through their stages side by side: all of them asking at once, then none.
"""

import asyncio
import heapq
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

Waiting = tuple[int, int, asyncio.Future[None]]


class Turns:
    """At most so many at a time, in one event loop. Who waits is served by the age of what it belongs to."""

    def __init__(self, at_a_time: int) -> None:
        self._free = at_a_time
        self._ages: dict[str, int] = {}
        self._arrived = 0
        self._waiting: list[Waiting] = []

    @asynccontextmanager
    async def turn(self, of: str) -> AsyncGenerator[None]:
        """A turn for something that belongs to `of`; it was begun when it asked first."""
        await self._take(self._ages.setdefault(of, len(self._ages)))
        try:
            yield
        finally:
            self._give()

    async def _take(self, age: int) -> None:
        if self._free:
            self._free -= 1
            return
        self._arrived += 1
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (age, self._arrived, mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._give()  # it was given while this was being cancelled
            raise

    def _give(self) -> None:
        while self._waiting:
            _, _, next_one = heapq.heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return
        self._free += 1
