"""One OpenAI-compatible server: sends one request and says in our own words how it went.

What belongs here: the `openai` package, and which of its errors means what. What does not: retries, the ledger.
"""

import asyncio
import email.utils
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    RequestRejected,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.calls import Completion, Dialect, Request
from resources.clients.llm.dialect import body
from resources.clients.llm.openai_package import openai_package

if TYPE_CHECKING:  # only a call should cost its import
    from openai import APIStatusError, AsyncOpenAI

MAX_SHOWN_CHARS = 300
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_OVERLOADED = (503, 529)
"""Turned away at the door, as with 429: no other error of a server says that it has not worked."""
MIN_SECRET_CHARS = 12
"""A shorter key is a word for a server that wants none, and may stand in any reply."""
MAX_COUNT = 2**31 - 1
"""More tokens than any model reads; what a database column holds."""
_TOO_LONG = (
    "context_length",
    "context length",
    "context size",
    "context_size",
    "maximum context",
    "too many tokens",
    "too long",
)


class Unsupported(ChrysopediaError):
    """The server refuses how the request is written; `told` is what it says about that."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


@dataclass(frozen=True)
class Endpoint:
    """`variables` is the beginning of the environment variables that set it up, for messages."""

    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    variables: str = "CHRYSOPEDIA_LLM"

    @property
    def name(self) -> str:
        """Host and path: no user, no password, no query."""
        parts = urlsplit(self.base_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}{parts.path.rstrip('/')}"

    @cached_property
    def _client(self) -> "AsyncOpenAI":
        # The one layer that retries is the caller; the one time-out is ours, over the whole answer.
        client: AsyncOpenAI = openai_package().AsyncOpenAI(
            api_key=self.api_key or "none", base_url=self.base_url, max_retries=0, timeout=None
        )
        return client

    async def models(self, timeout_s: float) -> list[str]:
        """The names of the server's models. Raises what `send` raises."""
        from httpx2 import Response

        answer = self._client.get("/models", cast_to=Response)
        found = await self._answer(answer, "any", timeout_s)
        return [
            str(model.get("id")) for model in found.get("data") or [] if isinstance(model, dict)
        ]

    async def send(self, request: Request, dialect: Dialect, timeout_s: float) -> Completion:
        """One attempt. Raises Unsupported, EndpointFailed and what is below it, ConfigurationError and what is below it."""
        from httpx2 import Response

        # As for an API that the package has no types for: the typed call builds and takes apart models that nobody
        # looks at, for half of the time of a call.
        sent = body(request, dialect) | request.extra
        answer = self._client.post("/chat/completions", body=sent, cast_to=Response)
        return self._completion(await self._answer(answer, request.model, timeout_s))

    async def embed(self, model: str, texts: Sequence[str], timeout_s: float) -> list[list[float]]:
        """A vector for each text, in order, all of one length. Raises what `send` raises."""
        from httpx2 import Response

        sent = {"model": model, "input": list(texts), "encoding_format": "float"}
        answer = self._client.post("/embeddings", body=sent, cast_to=Response)
        try:
            found = await self._answer(answer, model, timeout_s)
        except Unsupported as error:
            raise self.rejected(error) from None
        return self._vectors(found, len(texts))

    async def upload(
        self,
        path: str,
        form: Mapping[str, Any],
        file: tuple[str, bytes, str],
        timeout_s: float,
    ) -> dict[str, Any]:
        """A form with a file (its name, content and type), as transcription servers want it. Raises what `send` raises."""
        from httpx2 import Response

        answer = self._client.post(
            path,
            body=dict(form),
            files={"file": file},
            options={"headers": {"Content-Type": "multipart/form-data"}},
            cast_to=Response,
        )
        return await self._answer(answer, str(form["model"]), timeout_s)

    async def close(self) -> None:
        if "_client" in self.__dict__:
            await self._client.close()

    async def _answer(self, answer: Any, model: str, timeout_s: float) -> dict[str, Any]:
        from httpx2 import ConnectError

        openai = openai_package()
        # `from None`: the package's errors hold what was sent, keys included, and Dagster stores whole chains of errors.
        try:
            raw = await asyncio.wait_for(answer, timeout_s)
        except (TimeoutError, openai.APITimeoutError):
            raise TimedOut(
                f"{self.name} gave no answer in {timeout_s:g} s",
                cure="Raise timeout_s in the prompt.toml, or CHRYSOPEDIA_LLM_TIMEOUT_S.",
                maybe_paid=True,
            ) from None
        except openai.APIConnectionError as error:
            raise ServerFailed(
                f"{self.name} cannot be reached: {self.shown(error.__cause__ or error)}",
                cure=f"Start the server, or correct {self.variables}_BASE_URL.",
                maybe_paid=not isinstance(error.__cause__, ConnectError),
            ) from None
        except openai.APIStatusError as error:
            raise self._refusal(error, model) from None
        try:
            found = json.loads(raw.text)
        except (ValueError, RecursionError):
            raise self._no_api(raw.text) from None
        if not isinstance(found, dict):
            raise self._no_api(raw.text)
        return found

    def _completion(self, answer: dict[str, Any]) -> Completion:
        try:
            choice, usage = answer["choices"][0], answer.get("usage") or {}
            message = choice["message"]
            content, refusal = message.get("content"), message.get("refusal")
            if not isinstance(content, str | None):
                raise TypeError(type(content).__name__)
            cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
            return Completion(
                text=self.scrubbed(content or ""),
                finish_reason=self.shown(choice.get("finish_reason") or "stop"),
                refusal=self.shown(refusal) if refusal else None,
                tokens_in=_count(usage.get("prompt_tokens")),
                tokens_out=_count(usage.get("completion_tokens")),
                tokens_cached=_count(cached),
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            raise self._no_api(str(answer)) from None

    def _vectors(self, answer: dict[str, Any], wanted: int) -> list[list[float]]:
        try:
            data = sorted(answer["data"], key=lambda one: one["index"])
            found = [list(map(float, one["embedding"])) for one in data]
            numbered = [one["index"] for one in data] == list(range(wanted))
        except (KeyError, TypeError, ValueError):
            raise self._no_api(str(answer)) from None
        finite = all(map(math.isfinite, chain.from_iterable(found)))
        if not (numbered and finite and len(set(map(len, found))) == 1 and found[0]):
            raise self._no_api(str(answer))
        return found

    def _no_api(self, text: str) -> ServerFailed:
        return ServerFailed(
            f"{self.name} answers, but not as an OpenAI-compatible server: {self.shown(text)!r}",
            cure=f"Check that {self.variables}_BASE_URL ends where the API begins, often in /v1.",
            maybe_paid=True,
        )

    def _refusal(self, error: "APIStatusError", model: str) -> ChrysopediaError:
        """What a status means. Servers agree on numbers more than on words, so words decide only where numbers do not."""
        status, told = error.status_code, self.shown(_told(error))
        words = f"{error.code} {_told(error)}".casefold()
        no_credit = status == 402 or (status == 429 and {error.code, error.type} & _NO_CREDIT)
        if status in (401, 403) or no_credit:
            return AccessDenied(
                f"{self.name} does not let us in ({status}): {told}",
                cure=f"Set {self.variables}_API_KEY to a key of that server whose account may use {model}.",
            )
        if status == 404 or error.code == "model_not_found":
            return ModelNotFound(
                f"{self.name} has no model {model} ({status}): {told}",
                cure=f"Set {self.variables}_MODEL to one that it has (chrysopedia doctor lists them), or correct"
                f" {self.variables}_BASE_URL: it ends where the API begins, often in /v1.",
            )
        if status == 429:
            return RateLimited(
                f"{self.name} asks for fewer requests: {told}",
                cure="Wait, or lower CHRYSOPEDIA_LLM_CONCURRENCY; what was answered is kept.",
                retry_after_s=_retry_after_s(error),
            )
        if status >= 500 or status in (408, 409, 425):
            return ServerFailed(
                f"{self.name} reports an error of its own ({status}): {told}",
                cure="Run again later; what was answered is kept.",
                retry_after_s=_retry_after_s(error),
                maybe_paid=status >= 500 and status not in _OVERLOADED,
            )
        if status == 413 or any(word in words for word in _TOO_LONG):
            return PromptTooLong(
                f"the prompt is longer than {model} at {self.name} can read ({told})",
                cure="Lower max_input_tokens in the prompt.toml, or choose a model with a longer context.",
            )
        return Unsupported(f"({status}) {told}")

    def rejected(self, unsupported: Unsupported) -> RequestRejected:
        """What no other way of writing the request would mend."""
        return RequestRejected(
            f"{self.name} does not accept the request: {unsupported.told}",
            cure="Try another model or server; chrysopedia doctor tells how it answers.",
        )

    def shown(self, text: object) -> str:
        """A server's words, fit for a message: one line, not long, no key."""
        line = " ".join(self.scrubbed(str(text)).split())
        return line if len(line) <= MAX_SHOWN_CHARS else f"{line[:MAX_SHOWN_CHARS]}..."

    def scrubbed(self, text: str) -> str:
        """Without our key, which a server or a proxy may echo, and without what no database can store."""
        if len(self.api_key) >= MIN_SECRET_CHARS:
            text = text.replace(self.api_key, "***")
        return text.replace("\0", "").encode(errors="replace").decode()


def _count(value: object) -> int | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
    return value if isinstance(value, int) and sound else None


def _told(error: "APIStatusError") -> str:
    """What the server says, in whichever form it says it."""
    found = error.body.get("message") if isinstance(error.body, dict) else None
    return f"{found} {error.param or ''}".strip() if found else error.response.text


def _retry_after_s(error: "APIStatusError") -> float | None:
    """Seconds, from milliseconds, seconds or a date; None where the server says nothing that can be read."""
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    date = email.utils.parsedate_tz(headers.get("retry-after", ""))
    try:
        return max(0.0, email.utils.mktime_tz(date) - time.time()) if date else None
    except (ValueError, OverflowError):
        return None
