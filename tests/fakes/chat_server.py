"""A server that speaks OpenAI's chat completions over real HTTP: a stand-in for every provider, good and bad.

What belongs here: the protocol, what real servers lack, and what was asked. What does not: what a reply says
(`answering`), what goes wrong with it (`faults`). In a test it runs in a thread; `python -m tests.fakes.chat_server` makes it a process.
"""

import argparse
import asyncio
import hashlib
import json
import re
import signal
import socket
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import Any, NoReturn, Self, cast

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.answering import Unreadable, messages_of, product_replies
from tests.fakes.faults import (
    CHARS_PER_TOKEN,
    KINDS,
    REFUSALS,
    Choice,
    Fault,
    FaultKind,
    Faults,
    Refused,
    bad_key,
    bad_request,
    error_response,
    every,
    no_such_model,
    refused_by,
    spoilt,
    tokens_of,
    too_long,
)

CACHE_BLOCK_TOKENS = 128
"""Providers remember prompts in blocks of this size."""
COMPLETIONS = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"
_PATIENCE_S = 10.0

Answer = Callable[[Mapping[str, Any]], str | None]
"""A reply's text to a request's body; None leaves it to the embedded engine."""


@dataclass
class Received:
    """A request; `number` counts those to the same path, times are of `time.monotonic`."""

    number: int
    path: str
    headers: Mapping[str, str]
    started: float
    ended: float | None = None
    body: Any = None


@dataclass
class ChatServer:
    """A context manager that serves inside its block. Every field may be changed while it does.

    Faults come before all checks but that of the key; a request that is refused does not wait for the latency.
    """

    latency_s: float = 0.0
    faults: Faults | None = None
    answer: Answer | None = None
    models: Sequence[str] = ("test-model",)
    api_key: str | None = None
    supports: Collection[str] = frozenset({"json_schema", "json_object"})
    """What `response_format` may ask for."""
    max_tokens_refused: bool = False
    """Only `max_completion_tokens` is known."""
    temperature_refused: bool = False
    usage: bool = True
    max_context_tokens: int | None = None
    """A longer prompt is refused; a reply gets what the prompt leaves."""
    remembers: bool = True
    """Keeps `requests`; a benchmark of hours does without."""
    dimensions: int = 64
    """Of an embedding."""
    port: int = 0
    requests: list[Received] = field(default_factory=list, init=False)
    """In order of arrival; a body is there once it has been read."""
    max_in_flight: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._prefixes: set[bytes] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=2048)
        self.port = self._socket.getsockname()[1]
        self._engine = ThreadPoolExecutor(1, thread_name_prefix="chat-server-engine")
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        self._server = _PromptServer(config)
        self._thread = threading.Thread(target=self._run, name="chat-server", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the chat server did not start")
            time.sleep(0.002)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._abandon)
        self._thread.join(_PATIENCE_S)
        self._engine.shutdown(cancel_futures=True)
        if self._thread.is_alive():
            raise RuntimeError("the chat server did not stop")

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve(sockets=[self._socket]))

    def _abandon(self) -> None:
        """Requests under way are dropped: a stop waits for nobody."""
        self._server.force_exit = True
        self._server.stopping.set()
        for task in self._in_flight:
            task.cancel()

    # Every request

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Around the application: records, and hangs up where the application cannot."""
        # ASGI has no words for dropping a connection, so uvicorn's own has to be reached for.
        transport = cast(Any, send).__self__.transport
        received = self._recorded(scope)
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._in_flight.add(task)
        self.max_in_flight = max(self.max_in_flight, len(self._in_flight))
        try:
            await self._app({**scope, "transport": transport, "received": received}, receive, send)
        except asyncio.CancelledError:
            await _hang_up(transport, receive)
        finally:
            self._in_flight.discard(task)
            received.ended = time.monotonic()

    def _recorded(self, scope: Scope) -> Received:
        path = scope["path"]
        headers = {
            name.decode("latin-1").lower(): text.decode("latin-1")
            for name, text in scope["headers"]
        }
        received = Received(self._numbers[path], path, headers, started=time.monotonic())
        self._numbers[path] += 1
        if self.remembers:
            self.requests.append(received)
        return received

    @cached_property
    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(COMPLETIONS, self._completion, methods=["POST"]),
                Route(EMBEDDINGS, self._embeddings, methods=["POST"]),
                Route("/v1/models", self._all_models, methods=["GET"]),
                Route("/v1/models/{name:path}", self._one_model, methods=["GET"]),
            ],
            exception_handlers={
                Refused: _refusal,
                HTTPException: _no_such_url,
                _Gone: _nothing,
            },
        )

    def _check_key(self, request: Request) -> None:
        if (
            self.api_key is not None
            and request.headers.get("authorization") != f"Bearer {self.api_key}"
        ):
            raise bad_key()

    # Models

    async def _all_models(self, request: Request) -> Response:
        self._check_key(request)
        return JSONResponse({"object": "list", "data": [_model(name) for name in self.models]})

    async def _one_model(self, request: Request) -> Response:
        self._check_key(request)
        name = request.path_params["name"]
        if name not in self.models:
            raise no_such_model(name)
        return JSONResponse(_model(name))

    # Embeddings

    async def _embeddings(self, request: Request) -> Response:
        """Bags of words, hashed: texts that share words are near each other. Faults that are refusals, and slowness, hit here too."""
        received: Received = request.scope["received"]
        body = received.body = await request.json()
        self._check_key(request)
        fault = self.faults(received.number, body) if self.faults else None
        await _wait(request, self.latency_s + (fault.seconds if fault else 0.0))
        if fault and (fault.kind in REFUSALS or fault.kind == "gateway_html"):
            return refused_by(fault)
        if body.get("model") not in self.models:
            raise no_such_model(body.get("model"))
        data = [
            {
                "object": "embedding",
                "index": number,
                "embedding": bag_of_words(text, self.dimensions),
            }
            for number, text in enumerate(body["input"])
        ]
        data = [] if fault and fault.kind == "no_choices" else data
        return JSONResponse({"object": "list", "model": body["model"], "data": data})

    # Completions

    async def _completion(self, request: Request) -> Response:
        received: Received = request.scope["received"]
        try:
            body = received.body = await request.json()
        except ValueError as error:
            raise bad_request("We could not parse the JSON body of your request.") from error
        self._check_key(request)
        if not isinstance(body, dict):
            raise bad_request("The body has to be a JSON object.")
        fault = self.faults(received.number, body) if self.faults else None
        if fault:
            await _wait(request, fault.seconds)
            if fault.kind in REFUSALS or fault.kind == "gateway_html":
                return refused_by(fault)
        try:
            return await self._answered(request, body, fault.kind if fault else None)
        except Unreadable as error:
            raise bad_request(f"The test server cannot read this: {error}.", "messages") from error

    async def _answered(
        self, request: Request, body: dict[str, Any], fault: FaultKind | None
    ) -> Response:
        prompt = "".join(f"<|{role}|>{text}" for role, text in messages_of(body))
        self._check(body, tokens_of(prompt))
        cached = self._cached_tokens(f"{body['model']}{prompt}")
        ready = time.monotonic() + self.latency_s
        text = await self._text(body)
        await _wait(request, ready - time.monotonic())
        choice = _cut(spoilt(fault, text), self._limit(body, tokens_of(prompt)), fault)
        completion = self._written(body, choice, tokens_of(prompt), cached)
        match fault:
            case "no_choices":
                return JSONResponse({**completion, "choices": []})
            case "bad_body":
                return Response("upstream request timeout", media_type="application/json")
            case "dropped":
                return _Dropped(None)
            case "dropped_midway":
                return _Dropped(json.dumps(completion))
        # Starlette's own JSON has no lone surrogates in it; servers exist that send them.
        return Response(json.dumps(completion), media_type="application/json")

    async def _text(self, body: dict[str, Any]) -> str:
        scripted = self.answer(body) if self.answer else None
        known = scripted if scripted is not None else product_replies().known(body)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._engine, product_replies().text_for, body)

    def _check(self, body: dict[str, Any], tokens_in: int) -> None:
        if body.get("model") not in self.models:
            raise no_such_model(body.get("model"))
        if body.get("stream"):
            raise bad_request("The test server does not stream.", "stream")
        if self.max_tokens_refused and "max_tokens" in body:
            raise bad_request(
                "Unsupported parameter: 'max_tokens' is not supported with this model."
                " Use 'max_completion_tokens' instead.",
                "max_tokens",
                "unsupported_parameter",
            )
        temperature = body.get("temperature")
        if self.temperature_refused and temperature not in (None, 1):
            raise bad_request(
                f"Unsupported value: 'temperature' does not support {temperature} with this model."
                " Only the default (1) value is supported.",
                "temperature",
                "unsupported_value",
            )
        self._check_format(body)
        if self.max_context_tokens is not None and tokens_in > self.max_context_tokens:
            raise too_long(self.max_context_tokens, tokens_in)

    def _check_format(self, body: dict[str, Any]) -> None:
        wanted = body.get("response_format") or {"type": "text"}
        kind = wanted.get("type")
        if kind != "text" and kind not in self.supports:
            raise bad_request(
                f"Invalid parameter: 'response_format' of type '{kind}' is not supported with this model.",
                "response_format",
            )
        if kind == "json_object" and not any(
            "json" in said.lower() for _, said in messages_of(body)
        ):
            raise bad_request(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                "messages",
            )
        if kind == "json_schema":
            named = wanted.get("json_schema") or {}
            flaw = _flaw(named.get("schema") or {}, ()) if named.get("strict") else ""
            if flaw or not named.get("name"):
                raise bad_request(
                    f"Invalid schema for response_format '{named.get('name')}': {flaw or 'it has no name.'}",
                    "response_format",
                )

    def _cached_tokens(self, prompt: str) -> int:
        """How much of the prompt begins like an earlier one; remembers it for later ones."""
        size, digest, cached = CACHE_BLOCK_TOKENS * CHARS_PER_TOKEN, hashlib.sha256(), 0
        for end in range(size, len(prompt) + 1, size):
            digest.update(prompt[end - size : end].encode("utf-8", "surrogatepass"))
            if digest.digest() in self._prefixes:
                cached = end // CHARS_PER_TOKEN
            self._prefixes.add(digest.digest())
        return cached

    def _limit(self, body: dict[str, Any], tokens_in: int) -> int | None:
        asked = body.get("max_completion_tokens", body.get("max_tokens"))
        left = None if self.max_context_tokens is None else self.max_context_tokens - tokens_in
        return min((limit for limit in (asked, left) if limit is not None), default=None)

    def _written(
        self, body: dict[str, Any], choice: Choice, tokens_in: int, cached: int
    ) -> dict[str, Any]:
        message = {"role": "assistant", "content": choice.content, "refusal": choice.refusal}
        completion: dict[str, Any] = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "logprobs": None,
                    "finish_reason": choice.finish_reason,
                }
            ],
        }
        if self.usage:
            spent = choice.thought_tokens + tokens_of(choice.content or choice.refusal or "")
            completion["usage"] = {
                "prompt_tokens": tokens_in,
                "completion_tokens": spent,
                "total_tokens": tokens_in + spent,
                "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": choice.thought_tokens},
            }
        return completion


def bag_of_words(text: str, dimensions: int) -> list[float]:
    counts = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()):
        counts[int(hashlib.sha256(word.encode()).hexdigest(), 16) % dimensions] += 1.0
    return counts


def _cut(choice: Choice, limit: int | None, fault: FaultKind | None) -> Choice:
    """Held to the number of tokens; who sends garbage keeps to nothing, and who thinks it away takes it all."""
    if limit is None or fault == "garbage":
        return choice
    if fault == "thought_away":
        return replace(choice, thought_tokens=limit)
    if choice.content is None or tokens_of(choice.content) <= limit:
        return choice
    return replace(
        choice, content=choice.content[: limit * CHARS_PER_TOKEN], finish_reason="length"
    )


def _flaw(schema: Any, where: tuple[str, ...]) -> str:
    """What OpenAI's strict mode has against a schema; empty for nothing."""
    if isinstance(schema, list):
        return next(
            filter(None, (_flaw(part, (*where, str(n))) for n, part in enumerate(schema))), ""
        )
    if not isinstance(schema, dict):
        return ""
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return f"In context={where}, 'additionalProperties' is required to be supplied and to be false."
        if missing := sorted(schema.get("properties", {}).keys() - set(schema.get("required", ()))):
            return (
                f"In context={where}, 'required' is required to be supplied and to be an array"
                f" including every key in properties. Missing {missing[0]!r}."
            )
    return next(filter(None, (_flaw(part, (*where, name)) for name, part in schema.items())), "")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "tests"}


async def _refusal(_: Request, error: Exception) -> Response:
    return error_response(cast(Refused, error))


async def _no_such_url(request: Request, error: Exception) -> Response:
    status = cast(HTTPException, error).status_code
    return error_response(Refused(status, f"Invalid URL ({request.method} {request.url.path})"))


class _PromptServer(uvicorn.Server):
    """Stops when it is told to; uvicorn's own looks every 0.1 s, which many tests would wait for."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.stopping.wait()


class _Gone(Exception):
    """The client did not wait for its answer."""


async def _wait(request: Request, seconds: float) -> None:
    """Raises _Gone as soon as the client gives up: a real server stops working for it, too."""
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
    raise _Gone


async def _nothing(_: Request, __: Exception) -> Response:
    return _Dropped(None)


class _Dropped(Response):
    """Half of the body, or nothing at all where there is none; then the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.body:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        await _hang_up(scope["transport"], receive)


async def _hang_up(transport: asyncio.Transport, receive: Receive) -> None:
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


# A process of its own


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Prints the base URL, serves until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.chat_server", description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="test-model")
    parser.add_argument("--fault", choices=KINDS, default="server_error")
    parser.add_argument("--fault-rate", type=float, default=0.0, metavar="SHARE")
    given = parser.parse_args(arguments)
    faults = every(Fault(given.fault), given.fault_rate) if given.fault_rate else None
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: sys.exit())
    with ChatServer(
        given.latency, faults, models=(given.model,), port=given.port, remembers=False
    ) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        while True:
            signal.pause()


if __name__ == "__main__":
    main()
