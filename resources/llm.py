"""The process's one way to language models: prompts with their settings, and the caller that all runs share."""

import atexit
import os
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.calls import Completion, Label, MonthSpent, Request
from chrysopedia_assets.models.prompts import TASKS, PromptName
from resources.clients.llm.budget import MonthBudget
from resources.clients.llm.caller import Caller, Judge, Reply, Server
from resources.clients.llm.check import check
from resources.clients.llm.endpoint import Endpoint
from resources.clients.llm.loop import BackgroundLoop
from resources.clients.llm.openai_package import openai_package
from resources.clients.llm.prices import Price, cost_usd
from resources.clients.prompts import PromptTemplate, read_prompt
from resources.database import open_database
from resources.settings import (
    LLM,
    OPENAI_URL,
    LlmServer,
    LlmSettings,
    llm_settings,
    month_budget_usd,
    secrets,
    settings,
)
from resources.store.ledger import Ledger
from resources.store.spending import month_of, spent_since
from resources.telemetry import traced

CALLS_PER_VIDEO = 4
"""About as many calls of one video are under way on average: a stage has one, or dozens."""
MOST_VIDEOS = 60
"""At once: one that found no place in Dagster's pools (`default_limit` in dagster.yaml) would look for it without rest."""
CALLS_PER_PROCESS = 16
"""In flight. A second's worth of as many takes a core about a third of a second."""
VIDEOS_PER_PROCESS = 4
"""To fewer a process of their own, which takes seconds to start, gives nothing."""
WARN_FROM = 0.8
"""Of the month's budget."""
MOST_PROCESSES = 8
"""Up to half a gigabyte each, and one database for all."""


@dataclass(frozen=True)
class Llm:
    loop: BackgroundLoop
    caller: Caller


def prompts() -> dict[PromptName, PromptTemplate]:
    """All that stages ask with, as they are on disk now. Raises ConfigurationError."""
    chosen = llm_settings()
    return {task: prompt(task, chosen) for task in TASKS}


def prompt(task: PromptName, chosen: LlmSettings, folder: Path | None = None) -> PromptTemplate:
    """The one on disk now, with what the environment says of its settings. Raises ConfigurationError."""
    found = read_prompt(folder or settings().prompts_dir / task, task)
    return _with(found, chosen.of_task[task])


def open_llm() -> Llm:
    """Opened at first use; no call is made. Raises ConfigurationError."""
    # Videos begin side by side: two of them would open two, and nobody would stop the first.
    with _opening:
        return _open()


def expected_usd(
    chosen: LlmSettings, model: str, tokens_in: float, tokens_out: float
) -> float | None:
    """What so many tokens of a model cost, none of them from a cache; None where no price is known."""
    price = Price(*chosen.price) if chosen.price else None
    spent = Completion("", tokens_in=round(tokens_in), tokens_out=round(tokens_out))
    return cost_usd(spent, model, chosen.server.base_url, price)


def month_spent(under_way: Collection[int] = ()) -> MonthSpent:
    """In this calendar month (UTC), by all processes; `under_way` are calls that need no counting yet."""
    with open_database().reading() as connection:
        return spent_since(connection, month_of(datetime.now(UTC)), under_way)


def budget_warning() -> str | None:
    """What to say when most of the month's budget is spent; None while it is not. Raises ConfigurationError."""
    limit = month_budget_usd()
    if limit is None or (spent := month_spent()).at_most(0.0) < WARN_FROM * limit:
        return None
    unknown = f", and {spent.unknown} calls of unknown cost" if spent.unknown else ""
    return f"US$ {spent.usd:.2f} of this month's budget of US$ {limit:.2f} are spent{unknown}."


def load_client() -> None:
    """Import the `openai` package: a second that the first call otherwise takes longer."""
    openai_package()


def check_llm() -> list[str]:
    """Each model that is set up, asked once; empty where there is none. Raises ChrysopediaError."""
    models = sorted({p.settings.model for p in prompts().values() if p.settings.model})
    if not models:
        return []
    llm = open_llm()
    asked = [
        (server, model)
        for server in llm.caller.servers
        for model in ([server.model] if server.model else models)
    ]
    return [llm.loop.run(check(llm.caller, server, model)) for server, model in asked]


@dataclass(frozen=True)
class ServerToTry:
    """The server that is asked first, without the ledger's answers and without the fallback."""

    llm: Llm

    @property
    def name(self) -> str:
        return self.llm.caller.servers[0].endpoint.name

    def ask(self, request: Request, label: Label, judge: Judge) -> Reply:
        """Raises EndpointFailed or ConfigurationError."""
        server = self.llm.caller.servers[0]
        return self.llm.loop.run(self.llm.caller.probe(server, request, label, judge))


def server_to_try(model: str) -> ServerToTry:
    """Seen anew, whatever was learned of it. Raises ConfigurationError."""
    llm = open_llm()
    llm.caller.forget(llm.caller.servers[0].endpoint, model)
    return ServerToTry(llm)


def stop_llm() -> None:
    """Give up every call that is under way; an interrupted command waits for none."""
    if _open.cache_info().currsize:
        _open().loop.stop()


def videos_at_once() -> int:
    """How many videos keep the limit of calls busy; the embedded engine computes, and is not faster with more."""
    if not _asks_models():
        return 1
    return max(1, min(llm_settings().concurrency // CALLS_PER_VIDEO, MOST_VIDEOS))


def processes(videos: int) -> int:
    """In how many processes so many videos are done soonest: by the cores, and by how many calls there may be."""
    most = min(os.cpu_count() or 1, videos // VIDEOS_PER_PROCESS, MOST_PROCESSES)
    if _asks_models():
        most = min(most, llm_settings().concurrency // CALLS_PER_PROCESS)
    return max(1, most)


def _asks_models() -> bool:
    return any(prompt.settings.model for prompt in prompts().values())


def close_llm() -> None:
    """Close connections and stop the loop; the next use opens them anew."""
    if _open.cache_info().currsize:
        llm = _open()
        with suppress(CancelledError):  # stopped before: its connections went with the calls
            llm.loop.run(llm.caller.close())
        llm.loop.close()
        _open.cache_clear()


atexit.register(close_llm)
_opening = threading.Lock()


@lru_cache(maxsize=1)
def _open() -> Llm:
    found = llm_settings()
    servers = [Server(endpoint_of(found.server, LLM.rstrip("_")))]
    if found.fallback is not None:
        variables = f"{LLM}FALLBACK"
        servers.append(Server(endpoint_of(found.fallback, variables), found.fallback.model))
    price = Price(*found.price) if found.price else None
    ledger = traced(Ledger(open_database(), secrets()))
    limit = month_budget_usd()
    budget = None if limit is None else MonthBudget(limit, month_spent)
    caller = Caller(servers, ledger, found.concurrency, price, budget)
    return Llm(BackgroundLoop(), caller)


def endpoint_of(server: LlmServer, variables: str) -> Endpoint:
    """`variables` is how those that set it up begin, for messages. Raises ConfigurationError."""
    try:
        parts = urlsplit(server.base_url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        sound = False
    # The value is not shown: it may hold a password.
    if not sound:
        raise ConfigurationError(
            f"{variables}_BASE_URL is no address", cure=f"It looks like {OPENAI_URL}."
        )
    if parts.username is not None or parts.query:
        raise ConfigurationError(
            f"{variables}_BASE_URL holds more than an address",
            cure=f"Give what lets us in as {variables}_API_KEY: it is sent as a bearer token.",
        )
    if server.base_url.rstrip("/") == OPENAI_URL and not server.api_key:
        raise ConfigurationError(
            f"{variables}_API_KEY is not set",
            cure=f"Set it in the environment or in .env, or name another server: {variables}_BASE_URL.",
        )
    return Endpoint(server.base_url, server.api_key, variables)


def _with(prompt: PromptTemplate, changes: Mapping[str, str]) -> PromptTemplate:
    try:
        return prompt.with_settings(changes)
    except ValidationError as error:
        [first, *_] = error.errors()
        name = str(first["loc"][0]).upper()
        raise ConfigurationError(
            f"{LLM}{name}, or {LLM}{prompt.task.upper()}_{name}, is {first['input']!r}: {first['msg']}",
            cure="Correct it, or unset it.",
        ) from error
