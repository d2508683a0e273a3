"""One call of a language model: what is sent, what comes back, and the words for how it went.

What belongs here: what the engine, the client and the ledger hand to each other. What does not: sending, judging, storing.
"""

import math
from dataclasses import astuple, dataclass
from typing import Any, Literal

from pydantic import Field

from chrysopedia_assets.models.prompts import PromptName
from chrysopedia_assets.models.records import Record, Text, content_hash

BYTES_PER_TOKEN = 3.5
"""English prose takes about four bytes a token; numbers and product names take fewer."""

Outcome = Literal[
    "started",  # sent; still under way, or its process was stopped
    "ok",
    "reused",  # answered from the ledger, at no cost
    "truncated",
    "not_json",
    "misshapen",
    "breaks_rules",
    "declined",
    "empty",
    "short",
    "rate_limited",
    "server_error",
    "timed_out",
    "denied",
    "no_such_model",
    "too_long",
    "bad_request",
    "unsupported",  # the server lacks a feature; asked again without it
]


def estimated_tokens(text: str) -> int:
    """What reading a text costs a model, about; no tokeniser fits all models."""
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


class Message(Record):
    role: Literal["system", "user", "assistant"]
    content: str


class Request(Record):
    """All that decides a reply; the endpoint and its dialect do not."""

    model: Text
    messages: tuple[Message, ...]
    schema_name: Text
    reply_schema: dict[str, Any]
    max_output_tokens: int
    temperature: float | None = None
    thinks: bool = False
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request's body, for what only one server knows."""
    sample: int = 0
    """Which answer to the same question is wanted; nothing of it is sent."""

    @property
    def key(self) -> str:
        """Equal for equal requests: what the ledger finds replies by."""
        sent = self.model_dump_json(exclude={"sample"})
        return content_hash(sent, str(self.sample)) if self.sample else content_hash(sent)


@dataclass(frozen=True)
class Label:
    """What a call is for; recorded beside it, and no part of what is sent."""

    task: PromptName | Literal["check"]
    video_id: str
    subject: str
    """Which part of the video it is about, in words."""
    prompt_version: str
    timeout_s: float
    tried: int = 1
    """Which try of the same question this is, from 1."""


@dataclass(frozen=True)
class Completion:
    """What a server answered; token counts are None where it does not say."""

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None


ReplyFormat = Literal["json_schema", "json_object", "text"]


@dataclass(frozen=True)
class Dialect:
    """How one server wants a request to be written; the first guess is what most take and the best do best."""

    reply_format: ReplyFormat = "json_schema"
    budget_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    takes_temperature: bool = True


@dataclass(frozen=True)
class Attempt:
    """What is known of an attempt before it is made; `endpoint` is its name, without any secret."""

    key: str
    run_id: str | None
    endpoint: str
    model: str
    label: Label
    dialect: Dialect


@dataclass(frozen=True)
class Result:
    """How an attempt ended; `cost_usd` is None where it is not known."""

    outcome: Outcome
    latency_s: float
    error: str | None = None
    completion: Completion | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class Usage:
    """`calls` were sent, `reused` answered from the ledger, `failed` gave nothing of use.

    `cost_usd` adds up what is known; `unpriced` calls may have cost something that nobody knows.
    """

    calls: int = 0
    reused: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0

    def plus(self, other: "Usage") -> "Usage":
        return Usage(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class MonthSpent:
    """What the ledger says of a calendar month. `unknown` calls have no end, failed where the server may have worked, or
    were answered without a count of tokens: nobody knows what they cost. `dearest_usd` is the dearest of the others.
    """

    usd: float = 0.0
    unknown: int = 0
    dearest_usd: float = 0.0

    def at_most(self, a_call_usd: float) -> float:
        """Each unknown call taken for the dearest, or for one that costs so much, if that is more."""
        return self.usd + self.unknown * max(self.dearest_usd, a_call_usd)
