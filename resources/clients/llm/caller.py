"""Gets a request answered: from the ledger, else by a server, waiting and trying again where that can help.

What belongs here: the one layer of transport retries, the limit on calls in flight, the record of every attempt. What
does not: what a reply is worth (the `judge` says), retries that change the question (the engine's).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ConfigurationError,
    EndpointFailed,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    ReplyNotJson,
    ReplyRefused,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.calls import (
    Attempt,
    Completion,
    Dialect,
    Label,
    Request,
    Result,
)
from resources.clients.llm.budget import Held, MonthBudget, room_for
from resources.clients.llm.dialect import learned
from resources.clients.llm.endpoint import Endpoint, Unsupported
from resources.clients.llm.outcomes import outcome_of
from resources.clients.llm.prices import Price, cost_usd
from resources.clients.llm.turns import Turns

MAX_WAIT_S = 120.0
"""A server that asks us to stay away for longer is given up; another run may find it well."""
FIRST_WAIT_S = 1.0
ATTEMPTS = {RateLimited: 6, ServerFailed: 4, TimedOut: 2}
MAX_REPLY_CHARS = 500_000
"""A longer reply is noise; it is refused, and not kept."""


class Ledger(Protocol):
    """Every attempt, paid or not. Implementations are called from several threads."""

    def reply(self, key: str) -> Completion | None: ...
    def reuse(self, attempt: Attempt, request: Request) -> None: ...
    def begin(self, attempt: Attempt, request: Request) -> int: ...
    def end(self, call_id: int, result: Result) -> None: ...
    def dialect(self, endpoint: str, model: str) -> Dialect | None: ...


@dataclass(frozen=True)
class Reply:
    """`failure` is what the judge has against it; `model` the one that gave it. What was not paid for took no time."""

    completion: Completion
    failure: ReplyRefused | None
    model: str
    paid: bool
    latency_s: float = 0.0
    cost_usd: float | None = None


@dataclass(frozen=True)
class Sent:
    """An attempt that was answered, under its id in the ledger, where the answer is still to be recorded."""

    call_id: int
    completion: Completion
    latency_s: float


Judge = Callable[[Completion], ReplyRefused | None]


@dataclass(frozen=True)
class Server:
    """An endpoint, with the model to ask there instead of the one that the request names, if one is set."""

    endpoint: Endpoint
    model: str | None = None

    def request(self, request: Request) -> Request:
        return request.model_copy(update={"model": self.model}) if self.model else request


@dataclass
class Caller:
    """For one process; all of its methods run in one event loop. `servers` are tried in order."""

    servers: Sequence[Server]
    ledger: Ledger
    concurrency: int
    price: Price | None = None
    budget: MonthBudget | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _dialects: dict[tuple[str, str], Dialect] = field(default_factory=dict)
    _quiet_until: dict[str, float] = field(default_factory=dict)
    _closed: dict[tuple[str, str], ConfigurationError] = field(default_factory=dict)
    _asking: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self._turns = Turns(self.concurrency)

    async def call(
        self, request: Request, label: Label, judge: Judge, *, run_id: str | None, reuse: bool
    ) -> Reply:
        """Raises EndpointFailed or ConfigurationError when no server answers; a bad reply is returned with its failure."""
        lock = self._asking.setdefault(request.key, asyncio.Lock())
        async with lock:  # the same question twice at once is paid once
            if reuse and (found := await self._stored(request, label, judge, run_id)):
                return found
            *others, last = self.servers
            for server in others:
                try:
                    return await self._ask(server, request, label, judge, run_id)
                except EndpointFailed as failure:
                    if isinstance(failure, PromptTooLong):
                        raise
            return await self._ask(last, request, label, judge, run_id)

    async def probe(
        self, server: Server, request: Request, label: Label, judge: Judge = lambda completion: None
    ) -> Reply:
        """One answer of one server; the ledger records it, and is not asked."""
        return await self._ask(server, request, label, judge, run_id=None)

    def forget(self, endpoint: Endpoint, model: str) -> None:
        """What was learned of the server: how it wants to be asked, and whom it does not let in."""
        self._dialects[endpoint.name, model] = Dialect()
        self._closed.pop((endpoint.name, model), None)

    async def close(self) -> None:
        for server in self.servers:
            await server.endpoint.close()

    async def _stored(
        self, request: Request, label: Label, judge: Judge, run_id: str | None
    ) -> Reply | None:
        for server in self.servers:
            asked = server.request(request)
            found = await asyncio.to_thread(self.ledger.reply, asked.key)
            if found is None:
                continue
            attempt = Attempt(
                asked.key, run_id, server.endpoint.name, asked.model, label, Dialect()
            )
            await asyncio.to_thread(self.ledger.reuse, attempt, asked)
            return Reply(found, judge(found), asked.model, paid=False)
        return None

    async def _ask(
        self, server: Server, request: Request, label: Label, judge: Judge, run_id: str | None
    ) -> Reply:
        """Until the server answers, or waiting has not helped; each further attempt is later, or written otherwise.

        A call has its room in the budget from before it is recorded until what it cost is.
        """
        asked, endpoint, tries = server.request(request), server.endpoint, 0
        name, timeout_s = (endpoint.name, asked.model), label.timeout_s
        while True:
            await self._quiet_time(endpoint)
            dialect = await self.dialect(endpoint, asked.model)
            try:
                async with AsyncExitStack() as paid_for:
                    async with self._turns.turn(run_id or label.video_id):
                        if self._quiet_s(endpoint) > 0 or dialect != self._dialects[name]:
                            continue  # another call has learned something while this one waited for its turn
                        room = room_for(self.budget, asked, endpoint.base_url, self.price)
                        held = await paid_for.enter_async_context(room)
                        attempt = Attempt(
                            asked.key, run_id, endpoint.name, asked.model, label, dialect
                        )
                        sent = await self._send(endpoint, asked, attempt, timeout_s, held)
                    return await self._judged(endpoint, asked, sent, judge)
            except Unsupported as unsupported:
                if dialect != self._dialects[name]:
                    continue
                better = learned(dialect, unsupported.told)
                if better is None:
                    raise endpoint.rejected(unsupported) from None
                self._dialects[name] = better
            except (RateLimited, ServerFailed, TimedOut) as failure:
                tries += 1
                wait_s = _wait_s(failure, tries)
                if wait_s is None:
                    raise
                if isinstance(failure, TimedOut):
                    timeout_s *= 2
                if isinstance(failure, RateLimited):  # all calls to this server wait
                    until = max(time.monotonic() + wait_s, self._quiet_until.get(endpoint.name, 0))
                    self._quiet_until[endpoint.name] = until
                else:
                    await self.sleep(wait_s)

    async def _send(
        self, endpoint: Endpoint, request: Request, attempt: Attempt, timeout_s: float, held: Held
    ) -> Sent:
        """What the server answered; one that fails is recorded here."""
        if closed := self._closed.get((endpoint.name, request.model)):
            raise closed  # nobody is let in with this key, or asks for that model, twice
        call_id = held.call_id = await asyncio.to_thread(self.ledger.begin, attempt, request)
        started = time.perf_counter()
        try:
            completion = await endpoint.send(request, attempt.dialect, timeout_s)
        except ChrysopediaError as failure:
            maybe_paid = isinstance(failure, EndpointFailed) and failure.maybe_paid
            failed = Result(
                outcome_of(failure),
                time.perf_counter() - started,
                failure.what,
                cost_usd=None if maybe_paid else 0.0,
            )
            await asyncio.to_thread(self.ledger.end, call_id, failed)
            if isinstance(failure, AccessDenied | ModelNotFound):
                self._closed[endpoint.name, request.model] = failure
            raise
        return Sent(call_id, completion, time.perf_counter() - started)

    async def _judged(
        self, endpoint: Endpoint, request: Request, sent: Sent, judge: Judge
    ) -> Reply:
        completion, noise = sent.completion, _noise(sent.completion)
        refused = noise or judge(completion)
        result = Result(
            outcome=outcome_of(refused) if refused else "ok",
            latency_s=sent.latency_s,
            error=endpoint.shown(refused.what) if refused else None,
            completion=None if noise else completion,
            cost_usd=cost_usd(completion, request.model, endpoint.base_url, self.price),
        )
        await asyncio.to_thread(self.ledger.end, sent.call_id, result)
        return Reply(completion, refused, request.model, True, result.latency_s, result.cost_usd)

    async def dialect(self, endpoint: Endpoint, model: str) -> Dialect:
        """What was learned of the server, by this process or before it."""
        name = (endpoint.name, model)
        if name not in self._dialects:
            known = await asyncio.to_thread(self.ledger.dialect, *name)
            self._dialects.setdefault(name, known or Dialect())
        return self._dialects[name]

    async def _quiet_time(self, endpoint: Endpoint) -> None:
        while (left_s := self._quiet_s(endpoint)) > 0:
            # Not all at the same moment: they would be too many again.
            await self.sleep(left_s * random.uniform(1.0, 1.25))  # noqa: S311

    def _quiet_s(self, endpoint: Endpoint) -> float:
        return self._quiet_until.get(endpoint.name, 0.0) - time.monotonic()


def _wait_s(failure: EndpointFailed, tries: int) -> float | None:
    """Before the next attempt; None when there is to be none."""
    if tries >= ATTEMPTS[type(failure)]:
        return None
    if failure.retry_after_s is not None:
        return failure.retry_after_s if failure.retry_after_s <= MAX_WAIT_S else None
    if isinstance(failure, TimedOut):
        return 0.0
    jitter = random.uniform(0.5, 1.5)  # noqa: S311
    return FIRST_WAIT_S * float(2 ** (tries - 1)) * jitter


def _noise(completion: Completion) -> ReplyRefused | None:
    if len(completion.text) <= MAX_REPLY_CHARS:
        return None
    return ReplyNotJson(
        f"the reply has {len(completion.text):,} characters, which no sound one has",
        cure="Try another model.",
    )
