"""Short ways to have a request answered: what to ask, whom, and what the ledger has of it.

What belongs here: builders without opinions. What does not: expectations.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from chrysopedia_assets.engines.llm.reading import read_reply
from chrysopedia_assets.engines.llm.variables import variables
from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.calls import Completion, Label, Message, Request
from chrysopedia_assets.stages.ports import Question
from resources.clients.llm.caller import Caller, Judge, Reply, Server
from resources.clients.llm.endpoint import Endpoint
from resources.clients.prompts import read_prompt
from resources.settings import PROJECT
from resources.store import tables as t
from resources.store.database import Database
from resources.store.ledger import Ledger
from tests.fakes.chat_server import ChatServer
from tests.fakes.scripted_server import ScriptedServer

KEY = "sk-of-the-tests"
LABEL = Label("extraction", "ada--low-end", "segments 0 to 9", "prompt-1", timeout_s=20.0)


def request_of(question: Question[Any], **changes: Any) -> Request:
    """As the engine asks it with the prompts that ship."""
    prompt = read_prompt(PROJECT / "prompts" / question.task, question.task)
    system, user = prompt.texts(variables(question.given))
    made = Request(
        model="test-model",
        messages=(Message(role="system", content=system), Message(role="user", content=user)),
        schema_name=question.task,
        reply_schema=question.reply.model_json_schema(),
        max_output_tokens=8_000,
        temperature=0.2,
    )
    return made.model_copy(update=changes)


def request(said: str = "Which?", **changes: Any) -> Request:
    """A small one, for a server with an `answer` of its own."""
    made = Request(
        model="test-model",
        messages=(
            Message(role="system", content="You answer with JSON."),
            Message(role="user", content=said),
        ),
        schema_name="extraction",
        reply_schema={"type": "object", "properties": {"moments": {"type": "integer"}}},
        max_output_tokens=100,
        temperature=0.2,
    )
    return made.model_copy(update=changes)


def judge_of(question: Question[Any]) -> Judge:
    def judge(completion: Completion) -> ReplyRefused | None:
        try:
            read_reply(question, completion)
        except ReplyRefused as failure:
            return failure
        return None

    return judge


def accept(completion: Completion) -> ReplyRefused | None:
    """Takes any reply."""
    return None


def server_of(
    server: ChatServer | ScriptedServer,
    model: str | None = None,
    variables: str = "CHRYSOPEDIA_LLM",
) -> Server:
    return Server(Endpoint(server.base_url, KEY, variables), model)


def calling(database: Database, *servers: Server, **changes: Any) -> Caller:
    return Caller(servers, Ledger(database), **{"concurrency": 8, **changes})


def ask(
    caller: Caller,
    *requests: Request,
    judge: Judge = accept,
    label: Label = LABEL,
    reuse: bool = True,
    at_once: bool = True,
) -> list[Reply | BaseException]:
    """All at once or one after the other, in a process that ends with it: the caller is closed."""

    async def session() -> list[Reply | BaseException]:
        work = [caller.call(r, label, judge, run_id="run-1", reuse=reuse) for r in requests]
        try:
            if at_once:
                return await asyncio.gather(*work, return_exceptions=True)
            return [
                found for one in work for found in await asyncio.gather(one, return_exceptions=True)
            ]
        finally:
            await caller.close()

    return asyncio.run(session())


def reply_of(found: Sequence[Reply | BaseException]) -> Reply:
    """The one reply; raises what was raised instead."""
    [one] = found
    if isinstance(one, BaseException):
        raise one
    return one


def rows(database: Database) -> list[Any]:
    """The ledger, in the order in which its attempts were begun."""
    with database.reading() as connection:
        query = sa.select(t.llm_calls).order_by(t.llm_calls.c.call_id)
        return list(connection.execute(query))


def outcomes(database: Database) -> list[str]:
    return [row.outcome for row in rows(database)]


class Clock:
    """The caller's time, which passes only where it sleeps; `slept` is how long it did, each time."""

    perf_counter = staticmethod(time.perf_counter)

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)
