"""What goes wrong between a client and a server: the kinds of fault, which requests they hit, what each looks like.

What belongs here: faults, and errors as servers word them. What does not: the protocol (`chat_server`), the ways in
which a reply's text can be wrong (`answering`).
"""

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal, get_args

from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.fakes.answering import SPOILT

CHARS_PER_TOKEN = 4

FaultKind = Literal[
    # refused with an error
    "bad_key", "no_permission", "no_such_model", "rate_limited", "no_credit", "server_error", "overloaded",
    "gateway_html", "context_length",
    # the connection
    "slow", "dropped", "dropped_midway",
    # status 200, and no completion in it
    "no_choices", "bad_body",
    # a completion that says that it is none
    "truncated", "thought_away", "null_content", "refusal", "content_filter",
    # a completion whose text is wrong
    "not_json", "fenced", "thinking", "only_thinking", "wrong_schema", "broken_json", "empty", "short",
    "out_of_range", "duplicate", "garbage", "nul", "surrogates", "raw_nul", "raw_surrogates",
]  # fmt: skip
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    kind: FaultKind
    seconds: float = 0.0
    """How long it takes beyond the server's own latency."""
    retry_after_s: float | None = None
    """What rate_limited and overloaded ask for; None sends no header, but overloaded asks for one second."""
    retry_after_as: Literal["seconds", "date", "ms"] = "seconds"


Faults = Callable[[int, Mapping[str, Any]], Fault | None]
"""By the number of the chat completion, from 0, and the request's body. Called in order of arrival, in one thread."""


# Which requests are hit


def nth(faults: Mapping[int, Fault]) -> Faults:
    """By the number of the request."""
    return lambda number, body: faults.get(number)


def always(fault: Fault) -> Faults:
    return lambda number, body: fault


def at_first(fault: Fault, times: int = 1) -> Faults:
    """The first times that each question is asked, whatever is asked beside it."""
    asked = _Asked()
    return lambda number, body: fault if asked.again(body)[1] <= times else None


def every(fault: Fault, share: float, seed: int = 0) -> Faults:
    """About that share of the requests; which ones depends on what they ask and how often, not on who comes first."""
    asked = _Asked()

    def drawn(number: int, body: Mapping[str, Any]) -> Fault | None:
        digest = _digest([seed, *asked.again(body)])
        return fault if int(digest[:12], 16) / 16**12 < share else None

    return drawn


class _Asked:
    """How often each question has been asked."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    def again(self, body: Mapping[str, Any]) -> tuple[str, int]:
        key = _digest(body.get("messages"))
        self._times[key] += 1
        return key, self._times[key]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


# What a completion holds


@dataclass(frozen=True)
class Choice:
    content: str | None
    finish_reason: str = "stop"
    refusal: str | None = None
    thought_tokens: int = 0


def spoilt(fault: FaultKind | None, text: str) -> Choice:
    if fault is not None and fault in SPOILT:
        return Choice(SPOILT[fault](text))
    match fault:
        case "truncated":
            return Choice(text[: len(text) // 2], "length")
        case "thought_away":
            return Choice("", "length", thought_tokens=tokens_of(text))
        case "null_content":
            return Choice(None)
        case "refusal":
            return Choice(None, refusal="I'm sorry, but I can't help with that.")
        case "content_filter":
            return Choice("", "content_filter")
    return Choice(text)


def tokens_of(text: str) -> int:
    return math.ceil(len(text) / CHARS_PER_TOKEN)


# Errors


@dataclass(eq=False)
class Refused(Exception):
    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Refused:
    return Refused(400, message, code=code, param=param)


def bad_key() -> Refused:
    return Refused(401, "Incorrect API key provided: sk-****.", code="invalid_api_key")


def no_such_model(name: object) -> Refused:
    return Refused(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def too_long(limit: int, tokens_in: int) -> Refused:
    return bad_request(
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in"
        f" {tokens_in} tokens. Please reduce the length of the messages.",
        "messages",
        "context_length_exceeded",
    )


REFUSALS: Mapping[str, Refused] = {
    "bad_key": bad_key(),
    "no_permission": Refused(
        403,
        "You have insufficient permissions for this operation. Missing scopes: model.request.",
        code="missing_scope",
    ),
    "no_such_model": no_such_model("test-model"),
    "rate_limited": Refused(
        429,
        "Rate limit reached on requests per min (RPM): Limit 3, Used 3, Requested 1.",
        type="requests",
        code="rate_limit_exceeded",
    ),
    "no_credit": Refused(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        type="insufficient_quota",
        code="insufficient_quota",
    ),
    "server_error": Refused(
        500,
        "The server had an error while processing your request. Sorry about that!",
        type="server_error",
    ),
    "overloaded": Refused(
        503, "The engine is currently overloaded, please try again later.", type="server_error"
    ),
    "context_length": too_long(8192, 9000),
}


def refused_by(fault: Fault) -> Response:
    if fault.kind == "gateway_html":
        return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", status_code=502)
    wait_s = fault.retry_after_s
    if fault.kind == "overloaded" and wait_s is None:
        wait_s = 1.0
    headers = {} if wait_s is None else _retry_after(wait_s, fault.retry_after_as)
    return error_response(REFUSALS[fault.kind], headers)


def _retry_after(wait_s: float, written_as: str) -> dict[str, str]:
    match written_as:
        case "date":  # of whole seconds, and not too early
            return {"retry-after": formatdate(math.ceil(time.time() + wait_s), usegmt=True)}
        case "ms":
            return {"retry-after-ms": f"{wait_s * 1000:.0f}"}
    return {"retry-after": f"{wait_s:g}"}


def error_response(refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    error = {
        "message": refused.message,
        "type": refused.type,
        "param": refused.param,
        "code": refused.code,
    }
    return JSONResponse({"error": error}, status_code=refused.status, headers=headers)
