"""One request to one server over real HTTP: every way in which it can go wrong has its class, a message and a cure."""

import asyncio
import importlib
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ConfigurationError,
    EndpointFailed,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.calls import Completion, Dialect
from resources.clients.llm.endpoint import MAX_SHOWN_CHARS, Endpoint, Unsupported
from tests.fakes.calling import KEY, request
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, FaultKind, always
from tests.fakes.scripted_server import Asked, ScriptedServer, Sent, completion, refusal


def send(
    base_url: str,
    *,
    key: str = KEY,
    variables: str = "CHRYSOPEDIA_LLM",
    timeout_s: float = 20.0,
    **changes: Any,
) -> Completion:
    async def once() -> Completion:
        endpoint = Endpoint(base_url, key, variables)
        try:
            return await endpoint.send(request(**changes), Dialect(), timeout_s)
        finally:
            await endpoint.close()

    return asyncio.run(once())


def failure_of(work: Callable[[], object]) -> ChrysopediaError:
    with pytest.raises(ChrysopediaError) as raised:
        work()
    return raised.value


def told(sent: Sent) -> ChrysopediaError:
    """What a server's answer is turned into."""
    with ScriptedServer(lambda asked: sent) as server:
        return failure_of(lambda: send(server.base_url))


def said(body: str | bytes) -> Completion:
    with ScriptedServer(lambda asked: Sent(body)) as server:
        return send(server.base_url)


FAULTS: dict[FaultKind, tuple[type[ChrysopediaError], str]] = {
    "bad_key": (AccessDenied, "CHRYSOPEDIA_LLM_API_KEY"),
    "no_permission": (AccessDenied, "CHRYSOPEDIA_LLM_API_KEY"),
    "no_credit": (AccessDenied, "account"),
    "no_such_model": (ModelNotFound, "CHRYSOPEDIA_LLM_MODEL"),
    "rate_limited": (RateLimited, "CHRYSOPEDIA_LLM_CONCURRENCY"),
    "server_error": (ServerFailed, "again later"),
    "overloaded": (ServerFailed, "again later"),
    "gateway_html": (ServerFailed, "again later"),
    "context_length": (PromptTooLong, "max_input_tokens"),
    "slow": (TimedOut, "CHRYSOPEDIA_LLM_TIMEOUT_S"),
    "dropped": (ServerFailed, "CHRYSOPEDIA_LLM_BASE_URL"),
    "dropped_midway": (ServerFailed, "CHRYSOPEDIA_LLM_BASE_URL"),
    "no_choices": (ServerFailed, "CHRYSOPEDIA_LLM_BASE_URL"),
    "bad_body": (ServerFailed, "CHRYSOPEDIA_LLM_BASE_URL"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_of_a_server_has_its_class_a_name_and_a_cure(kind: FaultKind) -> None:
    expected, cure = FAULTS[kind]
    seconds, timeout_s = (5.0, 0.3) if kind == "slow" else (0.0, 20.0)
    faults = always(Fault(kind, seconds))
    with ChatServer(faults=faults, answer=lambda body: '{"moments": 1}') as server:
        failure = failure_of(lambda: send(server.base_url, timeout_s=timeout_s))
        assert type(failure) is expected
        assert f"127.0.0.1:{server.port}/v1" in str(failure)
        assert cure in failure.cure


def test_the_variables_of_a_fallback_are_named_in_its_cures() -> None:
    variables = "CHRYSOPEDIA_LLM_FALLBACK"
    with ChatServer(api_key="another") as server:
        failure = failure_of(lambda: send(server.base_url, variables=variables))
    assert "CHRYSOPEDIA_LLM_FALLBACK_API_KEY" in failure.cure


def test_a_reply_has_its_text_and_its_counts() -> None:
    with ChatServer(answer=lambda body: '{"moments": 1}', api_key=KEY) as server:
        found = send(server.base_url)
        [received] = server.requests
    assert (found.text, found.finish_reason, found.refusal) == ('{"moments": 1}', "stop", None)
    assert (found.tokens_out, found.tokens_cached) == (4, 0)
    assert found.tokens_in is not None
    assert received.headers["authorization"] == f"Bearer {KEY}"


def test_counts_that_a_server_does_not_give_are_unknown() -> None:
    with ChatServer(answer=lambda body: "{}", usage=False) as server:
        found = send(server.base_url)
    assert (found.tokens_in, found.tokens_out, found.tokens_cached) == (None, None, None)


@pytest.mark.parametrize("usage", [
    None, {}, {"prompt_tokens": None}, {"prompt_tokens": "12"}, {"prompt_tokens": -1}, {"prompt_tokens": True},
    {"prompt_tokens_details": None},
])  # fmt: skip
def test_counts_that_are_none_are_unknown(usage: Any) -> None:
    found = said(completion(usage=usage))
    assert (found.text, found.tokens_in, found.tokens_cached) == ("{}", None, None)


@pytest.mark.parametrize("count", [2**31, 2**63, 10**30])
def test_a_count_that_no_database_can_store_is_unknown(count: int) -> None:
    found = said(completion(usage={"prompt_tokens": count, "completion_tokens": count}))
    assert (found.tokens_in, found.tokens_out) == (None, None)


@pytest.mark.parametrize("body", [
    "", "   ", "null", "[]", '"text"', "12", "{}", '{"choices": null}', '{"choices": []}', '{"choices": {}}',
    '{"choices": [null]}', '{"choices": [{}]}', '{"choices": [{"message": null}]}',
    '{"choices": [{"message": "hello"}]}', '{"choices": [{"message": {"content": 12}}]}',
    '{"choices": [{"message": {"content": [{"type": "text"}]}}]}', '{"error": {"message": "wrong"}}',
    "<!doctype html><title>Welcome to nginx</title>", "data: {}\n\ndata: [DONE]\n", b"\xff\xfe\x00\x01", "[" * 100_000,
    completion(usage={"prompt_tokens_details": "none"}),
], ids=lambda body: repr(body[:40]))  # fmt: skip
def test_a_body_that_is_no_completion_is_the_servers_failure(body: str | bytes) -> None:
    failure = told(Sent(body))
    assert type(failure) is ServerFailed
    assert "not as an OpenAI-compatible server" in failure.what
    assert "CHRYSOPEDIA_LLM_BASE_URL" in failure.cure
    assert len(failure.what) < MAX_SHOWN_CHARS + 200


@pytest.mark.parametrize(("status", "body", "expected"), [
    (400, "what?", Unsupported),
    (400, refusal("please reduce the length: maximum context length is 4096"), PromptTooLong),
    (400, refusal("too large", code="context_length_exceeded"), PromptTooLong),
    (400, '{"error": "the request exceeds the available context size"}', PromptTooLong),
    (401, "", AccessDenied),
    (402, refusal("Insufficient Balance"), AccessDenied),
    (403, "<html>no</html>", AccessDenied),
    (404, refusal("model 'x' not found, try pulling it first"), ModelNotFound),
    (408, "", ServerFailed),
    (409, "", ServerFailed),
    (413, "", PromptTooLong),
    (422, '{"detail": [{"loc": ["body", "x"], "msg": "extra fields"}]}', Unsupported),
    (425, "", ServerFailed),
    (429, "", RateLimited),
    (429, refusal("Rate limit reached", code="rate_limit_exceeded"), RateLimited),
    (429, refusal("You exceeded your current quota", code="insufficient_quota"), AccessDenied),
    (500, "", ServerFailed),
    (502, "<html>Bad gateway</html>", ServerFailed),
    (503, refusal("overloaded"), ServerFailed),
    (504, "", ServerFailed),
    (520, "", ServerFailed),
    (529, refusal("overloaded"), ServerFailed),
])  # fmt: skip
def test_what_servers_say_has_one_meaning(
    status: int, body: str, expected: type[ChrysopediaError]
) -> None:
    assert type(told(Sent(body, status))) is expected


def test_a_rate_limit_that_speaks_of_billing_is_still_a_rate_limit() -> None:
    """OpenAI's own words, for whoever has not paid in yet."""
    message = (
        "Rate limit reached for gpt-4o-mini on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again"
        " in 20s. Visit https://platform.openai.com/account/rate-limits to learn more. You can increase your rate"
        " limit by adding a payment method to your account at https://platform.openai.com/account/billing."
    )
    body = refusal(message, type="requests", code="rate_limit_exceeded")
    assert type(told(Sent(body, 429))) is RateLimited


@pytest.mark.parametrize("body", [
    refusal("No more today"), '{"object": "error", "message": "No more today", "code": 400}',
    '{"error": "No more today"}', '{"detail": "No more today"}', '{"detail": [{"msg": "No more today"}]}', "No more today",
])  # fmt: skip
@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_servers_words_are_passed_on_in_whatever_shape_they_come(status: int, body: str) -> None:
    assert "No more today" in told(Sent(body, status)).what


def test_a_path_that_the_server_does_not_have_is_told_from_a_missing_model() -> None:
    with ChatServer(answer=lambda body: "{}") as server:
        failure = failure_of(lambda: send(server.base_url.removesuffix("/v1")))
    assert isinstance(failure, ConfigurationError)
    assert "CHRYSOPEDIA_LLM_BASE_URL" in failure.cure


def test_no_server_at_all() -> None:
    with ScriptedServer(lambda asked: Sent()) as server:
        base_url = server.base_url
    failure = failure_of(lambda: send(base_url))
    assert type(failure) is ServerFailed
    assert "cannot be reached" in failure.what
    assert "Start the server" in failure.cure


@pytest.mark.parametrize(("headers", "least", "most"), [
    ({"retry-after": "7"}, 7, 7),
    ({"retry-after": "0.25"}, 0.25, 0.25),
    ({"retry-after-ms": "250"}, 0.25, 0.25),
    ({"retry-after-ms": "250", "retry-after": "9"}, 0.25, 0.25),
    ({"retry-after-ms": "soon", "retry-after": "9"}, 9, 9),
    ({"retry-after": "-5"}, 0, 0),
    ({"retry-after": formatdate(time.time() - 100, usegmt=True)}, 0, 0),
])  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_read(
    status: int, headers: dict[str, str], least: float, most: float
) -> None:
    failure = told(Sent("", status, headers))
    assert isinstance(failure, EndpointFailed)
    assert failure.retry_after_s is not None
    assert least <= failure.retry_after_s <= most


def test_a_date_to_wait_for_is_read() -> None:
    failure = told(Sent("", 429, {"retry-after": formatdate(time.time() + 60, usegmt=True)}))
    assert isinstance(failure, RateLimited)
    assert failure.retry_after_s is not None
    assert 50 < failure.retry_after_s <= 61


@pytest.mark.parametrize("text", ["", "soon", "7 s", "Mon, 01 Jan 99999 00:00:00 GMT", "Mon"])
def test_a_wait_that_cannot_be_read_is_none(text: str) -> None:
    failure = told(Sent("", 429, {"retry-after": text}))
    assert isinstance(failure, RateLimited)
    assert failure.retry_after_s is None


@pytest.mark.parametrize("text", ["nan", "inf", "1e999"])
def test_a_wait_that_is_no_number_is_not_waited(text: str) -> None:
    failure = told(Sent("", 429, {"retry-after": text}))
    assert isinstance(failure, RateLimited)
    assert (
        failure.retry_after_s is None
        or not failure.retry_after_s < 1e6
        or failure.retry_after_s == 0
    )


def test_a_timeout_is_over_the_whole_answer() -> None:
    """Also for a server that begins at once and then dawdles."""

    def dawdle(asked: Asked) -> Sent:
        time.sleep(0.6)
        return Sent(completion())

    importlib.import_module("openai")  # its second is not the call's
    with ScriptedServer(dawdle) as server:
        started = time.monotonic()
        failure = failure_of(lambda: send(server.base_url, timeout_s=0.2))
        assert time.monotonic() - started < 0.55
    assert type(failure) is TimedOut
    assert "0.2 s" in failure.what


def test_what_no_database_can_store_is_taken_out() -> None:
    found = said(completion('{"moments": "a\0b\ud800"}', finish_reason="st\0op"))
    for text in (found.text, found.finish_reason):
        assert "\0" not in text
        text.encode()


def test_a_long_error_is_shown_in_part_and_on_one_line() -> None:
    failure = told(Sent(refusal("line\n" * 5_000), 500))
    assert "\n" not in str(failure)
    assert len(str(failure)) < MAX_SHOWN_CHARS + 300


@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_a_key_that_is_echoed_is_not_repeated(status: int) -> None:
    def echo(asked: Asked) -> Sent:
        return Sent(refusal(f"You sent {asked.headers['authorization']}"), status)

    with ScriptedServer(echo) as server:
        failure = failure_of(lambda: send(server.base_url))
    assert KEY not in str(failure) + repr(failure)
    assert "***" in failure.what


def test_a_key_in_a_reply_is_taken_out() -> None:
    found = said(
        completion(f'{{"moments": "{KEY}"}}', message={"content": f"1 {KEY}", "refusal": KEY})
    )
    assert KEY not in repr(found)


def test_a_name_has_no_secret_in_it() -> None:
    endpoint = Endpoint("https://ann:pass-word@models.example.com:8443/v1/?key=hidden-key", KEY)
    assert endpoint.name == "models.example.com:8443/v1"
    for secret in ("pass-word", "hidden-key", KEY):
        assert secret not in repr(endpoint)


def test_models_are_listed() -> None:
    async def listed(endpoint: Endpoint) -> list[str]:
        try:
            return await endpoint.models(20.0)
        finally:
            await endpoint.close()

    with ChatServer(models=("one", "two"), api_key=KEY) as server:
        assert asyncio.run(listed(Endpoint(server.base_url, KEY))) == ["one", "two"]
        with pytest.raises(AccessDenied):
            asyncio.run(listed(Endpoint(server.base_url, "wrong")))
    with ScriptedServer(lambda asked: Sent("[]")) as scripted, pytest.raises(ServerFailed):
        asyncio.run(listed(Endpoint(scripted.base_url, KEY)))


def test_what_only_one_server_knows_is_sent_along() -> None:
    with ChatServer(answer=lambda body: "{}") as server:
        send(server.base_url, extra={"reasoning_effort": "low"})
        [received] = server.requests
    assert received.body["reasoning_effort"] == "low"
    assert json.loads(json.dumps(received.body))["model"] == "test-model"
