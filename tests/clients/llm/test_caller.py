"""Getting a request answered: what is retried, how long is waited, what is remembered, what is paid once."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    EndpointFailed,
    ModelNotFound,
    PromptTooLong,
    RateLimited,
    ReplyDeclined,
    ReplyEmpty,
    ReplyMisshapen,
    ReplyNotJson,
    ReplyRefused,
    ReplyShort,
    ReplyTruncated,
    RequestRejected,
    ServerFailed,
    TimedOut,
)
from chrysopedia_assets.models.calls import Label
from resources.clients.llm import caller as calls
from resources.clients.llm.caller import ATTEMPTS, FIRST_WAIT_S, MAX_WAIT_S, Reply
from resources.clients.llm.outcomes import OUTCOMES
from resources.clients.llm.prices import Price, cost_usd
from resources.store.database import Database
from tests.fakes.calling import (
    KEY,
    LABEL,
    Clock,
    ask,
    calling,
    judge_of,
    outcomes,
    reply_of,
    request,
    request_of,
    rows,
    server_of,
)
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import KINDS, Fault, FaultKind, always, at_first, nth
from tests.fakes.questions import QUESTIONS
from tests.fakes.scripted_server import Asked, ScriptedServer, Sent, completion, refusal

EXTRACTION = QUESTIONS["extraction"]
CLASSIFICATION = QUESTIONS["classification"]
ONE = '{"moments": 1}'

RETRIED: dict[FaultKind, type[EndpointFailed]] = {
    "rate_limited": RateLimited,
    "server_error": ServerFailed,
    "overloaded": ServerFailed,
    "gateway_html": ServerFailed,
    "dropped": ServerFailed,
    "dropped_midway": ServerFailed,
    "no_choices": ServerFailed,
    "bad_body": ServerFailed,
    "slow": TimedOut,
}
FINAL: dict[FaultKind, type[ChrysopediaError]] = {
    "bad_key": AccessDenied,
    "no_permission": AccessDenied,
    "no_credit": AccessDenied,
    "no_such_model": ModelNotFound,
    "context_length": PromptTooLong,
}
JUDGED: dict[FaultKind, type[ReplyRefused] | None] = {
    "truncated": ReplyTruncated,
    "thought_away": ReplyEmpty,
    "null_content": ReplyEmpty,
    "refusal": ReplyDeclined,
    "content_filter": ReplyDeclined,
    "not_json": ReplyNotJson,
    "fenced": None,
    "thinking": None,
    "only_thinking": ReplyEmpty,
    "wrong_schema": ReplyMisshapen,
    "broken_json": ReplyNotJson,
    "empty": ReplyEmpty,
    "short": ReplyShort,
    "out_of_range": ReplyShort,
    "duplicate": ReplyShort,
    "garbage": ReplyNotJson,
    "nul": ReplyMisshapen,
    "surrogates": ReplyMisshapen,
    "raw_nul": None,
    "raw_surrogates": ReplyRefused,
}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(calls, "time", made)
    return made


def simple(server: ChatServer) -> ChatServer:
    server.answer = lambda body: ONE
    return server


def label(timeout_s: float) -> Label:
    return Label("extraction", "ada--low-end", "segments 0 to 9", "prompt-1", timeout_s)


# Every kind of fault


def test_every_kind_of_fault_is_expected_here() -> None:
    assert {*RETRIED, *FINAL, *JUDGED} == set(KINDS)


@pytest.mark.parametrize("kind", RETRIED)
def test_a_passing_fault_is_retried_and_forgotten(
    sqlite: Database, clock: Clock, kind: FaultKind
) -> None:
    fault = Fault(kind, seconds=5.0 if kind == "slow" else 0.0)
    timeout_s = 0.4 if kind == "slow" else 20.0
    with simple(ChatServer(faults=at_first(fault))) as server:
        caller = calling(sqlite, server_of(server), sleep=clock.sleep)
        reply = reply_of(ask(caller, request(), label=label(timeout_s)))
        assert len(server.requests) == 2
    assert (reply.completion.text, reply.failure, reply.paid) == (ONE, None, True)
    first, second = rows(sqlite)
    assert (first.outcome, second.outcome) == (OUTCOMES[RETRIED[kind]], "ok")
    assert first.reply is None
    assert first.error
    assert f"127.0.0.1:{server.port}/v1" in first.error
    assert (second.reply, second.error) == (ONE, None)
    # One that gives no answer may have worked for it; one that sends us away has not.
    assert (first.cost_usd is None) == (kind not in ("rate_limited", "overloaded"))


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "dropped", "slow"])
def test_a_fault_that_stays_is_given_up(sqlite: Database, clock: Clock, kind: FaultKind) -> None:
    fault = Fault(kind, seconds=5.0 if kind == "slow" else 0.0)
    with simple(ChatServer(faults=always(fault))) as server:
        caller = calling(sqlite, server_of(server), sleep=clock.sleep)
        [failure] = ask(caller, request(), label=label(0.2 if kind == "slow" else 20.0))
        assert len(server.requests) == ATTEMPTS[RETRIED[kind]]
    assert type(failure) is RETRIED[kind]
    assert set(outcomes(sqlite)) == {OUTCOMES[RETRIED[kind]]}


@pytest.mark.parametrize("kind", FINAL)
def test_a_fault_that_waiting_does_not_mend_is_raised_at_once(
    sqlite: Database, clock: Clock, kind: FaultKind
) -> None:
    with simple(ChatServer(faults=always(Fault(kind)))) as server:
        [failure] = ask(calling(sqlite, server_of(server), sleep=clock.sleep), request())
        assert len(server.requests) == 1
    assert type(failure) is FINAL[kind]
    assert isinstance(failure, ChrysopediaError)
    assert failure.cure
    [row] = rows(sqlite)
    assert (row.outcome, row.cost_usd, row.reply) == (OUTCOMES[FINAL[kind]], 0.0, None)
    assert clock.slept == []


@pytest.mark.parametrize("kind", JUDGED)
def test_a_reply_is_recorded_with_what_is_wrong_with_it(sqlite: Database, kind: FaultKind) -> None:
    expected = JUDGED[kind]
    with ChatServer(faults=always(Fault(kind))) as server:
        caller = calling(sqlite, server_of(server), price=Price(1.0, 1.0, 1.0))
        found = ask(caller, request_of(CLASSIFICATION), judge=judge_of(CLASSIFICATION))
        assert len(server.requests) == 1
    reply = reply_of(found)
    assert type(reply.failure) is (expected or type(None))
    [row] = rows(sqlite)
    assert row.outcome == (OUTCOMES[expected] if expected else "ok")
    assert (row.error is None) == (expected is None)
    assert row.cost_usd > 0, "a reply that is no use is paid too"
    assert (row.reply is None) == (kind == "garbage"), "noise is not kept"


def test_a_reply_that_breaks_the_rules_is_told_from_a_short_one(sqlite: Database) -> None:
    with ChatServer(faults=always(Fault("out_of_range"))) as server:
        caller = calling(sqlite, server_of(server))
        reply = reply_of(ask(caller, request_of(EXTRACTION), judge=judge_of(EXTRACTION)))
    assert type(reply.failure) is ReplyRefused
    assert outcomes(sqlite) == ["breaks_rules"]


@pytest.mark.parametrize("kind", ["nul", "surrogates", "raw_nul", "raw_surrogates"])
def test_a_reply_with_odd_characters_can_be_stored_and_found(
    database: Database, kind: FaultKind
) -> None:
    with ChatServer(faults=always(Fault(kind))) as server:
        for paid in (True, False):
            caller = calling(database, server_of(server))
            assert reply_of(ask(caller, request_of(CLASSIFICATION))).paid is paid
    assert outcomes(database) == ["ok", "reused"]


@pytest.mark.parametrize("body", [
    "[" * 100_000,
    completion(usage={"prompt_tokens": 2**40, "completion_tokens": 10**30}),
    completion(finish_reason="st\0op"),
    completion(finish_reason="\ud800"),
    completion("\0"),
], ids=["deep", "counts", "nul", "surrogate", "text"])  # fmt: skip
def test_whatever_a_server_sends_no_row_is_left_without_an_end(
    database: Database, clock: Clock, body: str
) -> None:
    with ScriptedServer(lambda asked: Sent(body)) as server:
        [found] = ask(calling(database, server_of(server), sleep=clock.sleep), request())
    assert "started" not in outcomes(database)
    assert isinstance(found, Reply | ChrysopediaError)


def test_a_listed_price_and_wrong_counts_leave_no_row_without_an_end(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 20}}  # fmt: skip
    monkeypatch.setattr(
        calls, "cost_usd", lambda c, model, base_url, price: cost_usd(c, "gpt-4o-mini", "https://api.openai.com/v1")
    )  # fmt: skip
    with ScriptedServer(lambda asked: Sent(completion(usage=usage))) as server:
        [found] = ask(calling(sqlite, server_of(server)), request())
    assert outcomes(sqlite) == ["ok"]
    assert isinstance(found, Reply)


def test_counts_that_are_not_given_are_unknown_and_so_is_the_cost(sqlite: Database) -> None:
    with simple(ChatServer(usage=False)) as server:
        ask(calling(sqlite, server_of(server), price=Price(1.0, 1.0, 1.0)), request())
    [row] = rows(sqlite)
    assert (row.tokens_in, row.tokens_out, row.tokens_cached, row.cost_usd) == (None,) * 4


# Waiting


@pytest.mark.parametrize("written_as", ["seconds", "date", "ms"])
@pytest.mark.parametrize("kind", ["rate_limited", "overloaded"])
def test_a_wait_that_is_asked_for_is_waited(
    sqlite: Database, clock: Clock, kind: FaultKind, written_as: Any
) -> None:
    fault = Fault(kind, retry_after_s=30.0, retry_after_as=written_as)
    with simple(ChatServer(faults=at_first(fault))) as server:
        reply_of(ask(calling(sqlite, server_of(server), sleep=clock.sleep), request()))
    waited = sum(clock.slept)
    assert (29.0 if written_as == "date" else 30.0) <= waited <= 1.25 * 31.0
    assert len(clock.slept) == 1


@pytest.mark.parametrize("written_as", ["seconds", "date", "ms"])
@pytest.mark.parametrize("kind", ["rate_limited", "overloaded"])
def test_a_wait_of_an_hour_is_not_waited(
    sqlite: Database, clock: Clock, kind: FaultKind, written_as: Any
) -> None:
    fault = Fault(kind, retry_after_s=3600.0, retry_after_as=written_as)
    with simple(ChatServer(faults=always(fault))) as server:
        [failure] = ask(calling(sqlite, server_of(server), sleep=clock.sleep), request())
        assert len(server.requests) == 1
    assert isinstance(failure, RETRIED[kind])
    assert clock.slept == []


def test_the_longest_wait_is_still_waited(sqlite: Database, clock: Clock) -> None:
    fault = Fault("overloaded", retry_after_s=MAX_WAIT_S)
    with simple(ChatServer(faults=at_first(fault))) as server:
        reply_of(ask(calling(sqlite, server_of(server), sleep=clock.sleep), request()))
    assert clock.slept == [MAX_WAIT_S]


def test_waits_double_and_are_never_quite_alike(sqlite: Database, clock: Clock) -> None:
    waits = []
    with simple(ChatServer(faults=always(Fault("server_error")))) as server:
        for _ in range(8):
            ask(calling(sqlite, server_of(server), sleep=clock.sleep), request())
            waits.append(tuple(clock.slept))
            clock.slept.clear()
    for slept in waits:
        assert len(slept) == ATTEMPTS[ServerFailed] - 1
        for number, wait_s in enumerate(slept):
            assert 0.5 * FIRST_WAIT_S * 2**number <= wait_s <= 1.5 * FIRST_WAIT_S * 2**number
    assert len(set(waits)) == len(waits)


def test_a_request_that_timed_out_is_given_twice_the_time(sqlite: Database, clock: Clock) -> None:
    with simple(ChatServer(latency_s=0.45)) as server:
        caller = calling(sqlite, server_of(server), sleep=clock.sleep)
        reply = reply_of(ask(caller, request(), label=label(0.3)))
    assert reply.completion.text == ONE
    first, second = rows(sqlite)
    assert (first.outcome, second.outcome) == ("timed_out", "ok")
    assert 0.3 <= first.latency_s < 0.45 <= second.latency_s < 5


def test_a_rate_limit_makes_all_calls_to_that_server_wait(sqlite: Database) -> None:
    """Those that have not been sent yet, too: each would be one more that is refused."""
    wait_s, concurrency = 0.5, 2
    faults = nth({0: Fault("rate_limited", retry_after_s=wait_s)})
    with simple(ChatServer(faults=faults, latency_s=0.05)) as server:
        caller = calling(sqlite, server_of(server), concurrency=concurrency)
        found = ask(caller, *(request(f"Which of {n}?") for n in range(12)))
        first, *others = sorted(server.requests, key=lambda r: r.started)
    assert all(isinstance(reply, Reply) for reply in found)
    assert first.ended is not None
    early = [r for r in others if r.started < first.ended + wait_s]
    assert len(early) <= concurrency - 1
    assert outcomes(sqlite).count("rate_limited") == 1


def test_one_server_that_limits_does_not_hold_up_another(sqlite: Database) -> None:
    limited = always(Fault("rate_limited", retry_after_s=3600.0))
    with simple(ChatServer(faults=limited)) as one, simple(ChatServer()) as other:
        caller = calling(sqlite, server_of(one), server_of(other))
        started = time.monotonic()
        found = ask(caller, *(request(f"Which of {n}?") for n in range(4)))
        assert time.monotonic() - started < 5
        assert len(other.requests) == 4
    assert all(isinstance(reply, Reply) for reply in found)


def test_the_limit_of_calls_in_flight_is_held(sqlite: Database) -> None:
    with simple(ChatServer(latency_s=0.05)) as server:
        caller = calling(sqlite, server_of(server), concurrency=3)
        ask(caller, *(request(f"Which of {n}?") for n in range(12)))
        assert server.max_in_flight == 3
        assert len(server.requests) == 12


# Paying once


def test_the_same_request_many_times_at_once_is_paid_once(sqlite: Database) -> None:
    with simple(ChatServer(latency_s=0.1)) as server:
        found = ask(calling(sqlite, server_of(server)), *([request()] * 5))
        assert len(server.requests) == 1
    assert sorted(reply.paid for reply in found if isinstance(reply, Reply)) == [False] * 4 + [True]
    assert sorted(outcomes(sqlite)) == ["ok"] + ["reused"] * 4


def test_a_process_that_comes_later_finds_the_reply(sqlite: Database) -> None:
    with simple(ChatServer()) as server:
        paid = [reply_of(ask(calling(sqlite, server_of(server)), request())).paid for _ in range(3)]
        assert len(server.requests) == 1
    assert paid == [True, False, False]
    ok, *reused = rows(sqlite)
    assert [(row.outcome, row.cost_usd, row.tokens_in) for row in reused] == [
        ("reused", 0.0, None)
    ] * 2
    assert {row.content_key for row in reused} == {ok.content_key}


def test_a_reply_is_asked_for_anew_where_none_may_be_reused(sqlite: Database) -> None:
    with simple(ChatServer()) as server:
        for _ in range(2):
            reply_of(ask(calling(sqlite, server_of(server)), request(), reuse=False))
        assert len(server.requests) == 2
    assert outcomes(sqlite) == ["ok", "ok"]


@pytest.mark.parametrize("change", [
    {"model": "other"}, {"temperature": 0.3}, {"temperature": None}, {"max_output_tokens": 101},
    {"schema_name": "other"}, {"reply_schema": {"type": "object", "properties": {}}}, {"thinks": True}, {"extra": {"seed": 1}},
])  # fmt: skip
def test_a_request_that_differs_in_anything_is_another(
    sqlite: Database, change: Mapping[str, Any]
) -> None:
    with simple(ChatServer(models=("test-model", "other"))) as server:
        ask(calling(sqlite, server_of(server)), request(), request(**change))
        assert len(server.requests) == 2


def test_what_a_request_is_for_and_how_it_is_written_make_no_other(sqlite: Database) -> None:
    with simple(ChatServer(supports=())) as server:
        ask(calling(sqlite, server_of(server)), request())
        count = len(server.requests)
        other = Label("synthesis", "another", "anything", "prompt-2", 1.0, tried=2)
        assert not reply_of(ask(calling(sqlite, server_of(server)), request(), label=other)).paid
        assert len(server.requests) == count


# Keys and models


@pytest.mark.parametrize("kind", ["bad_key", "no_credit", "no_such_model"])
def test_a_closed_door_is_not_knocked_at_again(sqlite: Database, kind: FaultKind) -> None:
    concurrency = 3
    with simple(ChatServer(faults=always(Fault(kind)))) as server:
        caller = calling(sqlite, server_of(server), concurrency=concurrency)
        found = ask(caller, *(request(f"Which of {n}?") for n in range(30)))
        assert 1 <= len(server.requests) <= concurrency
    assert {type(failure) for failure in found} == {FINAL[kind]}
    assert len(rows(sqlite)) == len(server.requests)


def test_one_model_that_is_missing_does_not_stop_the_others(sqlite: Database) -> None:
    with simple(ChatServer(models=("there",))) as server:
        caller = calling(sqlite, server_of(server), concurrency=1)
        missing, there = ask(caller, request(model="missing"), request(model="there"))
    assert isinstance(missing, ModelNotFound)
    assert isinstance(there, Reply)


# The fallback


@pytest.mark.parametrize("kind", ["server_error", "rate_limited", "dropped", "slow", "bad_body"])
def test_a_server_that_fails_is_stood_in_for(
    sqlite: Database, clock: Clock, kind: FaultKind
) -> None:
    fault = Fault(kind, seconds=5.0 if kind == "slow" else 0.0)
    with (
        simple(ChatServer(faults=always(fault))) as bad,
        simple(ChatServer(models=("stand-in",))) as good,
    ):
        servers = server_of(bad), server_of(good, "stand-in")
        caller = calling(sqlite, *servers, sleep=clock.sleep)
        reply = reply_of(ask(caller, request(), label=label(0.2 if kind == "slow" else 20.0)))
        assert (reply.completion.text, reply.model, reply.paid) == (ONE, "stand-in", True)
        count = len(bad.requests)
        assert count == ATTEMPTS[RETRIED[kind]]
        again = reply_of(ask(calling(sqlite, *servers), request()))
        assert (again.completion.text, again.model, again.paid) == (ONE, "stand-in", False)
        assert (len(bad.requests), len(good.requests)) == (count, 1)
    *_, answered, reused = rows(sqlite)
    for row in (answered, reused):
        assert (row.endpoint, row.model) == (f"127.0.0.1:{good.port}/v1", "stand-in")


@pytest.mark.parametrize("kind", FINAL)
def test_no_stand_in_for_a_wrong_setting_or_too_long_a_prompt(
    sqlite: Database, kind: FaultKind
) -> None:
    with simple(ChatServer(faults=always(Fault(kind)))) as bad, simple(ChatServer()) as good:
        [failure] = ask(calling(sqlite, server_of(bad), server_of(good)), request())
        assert good.requests == []
    assert type(failure) is FINAL[kind]


def test_a_server_that_is_away_is_stood_in_for(sqlite: Database, clock: Clock) -> None:
    with simple(ChatServer()) as gone:
        pass
    with simple(ChatServer()) as good:
        caller = calling(sqlite, server_of(gone), server_of(good), sleep=clock.sleep)
        assert reply_of(ask(caller, request())).completion.text == ONE
    assert outcomes(sqlite) == ["server_error"] * ATTEMPTS[ServerFailed] + ["ok"]


def test_where_both_fail_the_last_one_is_told(sqlite: Database, clock: Clock) -> None:
    failing = always(Fault("server_error"))
    with simple(ChatServer(faults=failing)) as one, simple(ChatServer(faults=failing)) as other:
        servers = server_of(one), server_of(other, variables="CHRYSOPEDIA_LLM_FALLBACK")
        [failure] = ask(calling(sqlite, *servers, sleep=clock.sleep), request())
    assert isinstance(failure, ServerFailed)
    assert f":{other.port}/" in failure.what


# Dialects

POOR: dict[str, dict[str, Any]] = {
    "no json_schema": {"supports": ("json_object",)},
    "no format at all": {"supports": ()},
    "no max_tokens": {"max_tokens_refused": True},
    "no temperature": {"temperature_refused": True},
    "nothing": {"supports": (), "max_tokens_refused": True, "temperature_refused": True},
}
LESSONS = {"no json_schema": 1, "no format at all": 2, "no max_tokens": 1, "no temperature": 1, "nothing": 4}  # fmt: skip


@pytest.mark.parametrize("server_kind", POOR)
def test_a_servers_dialect_is_learned_once_and_known_to_the_next_process(
    sqlite: Database, server_kind: str
) -> None:
    lessons = LESSONS[server_kind]
    with simple(ChatServer(**POOR[server_kind])) as server:
        caller = calling(sqlite, server_of(server))
        found = ask(caller, request("one"), request("two"), request("three"), at_once=False)
        assert all(isinstance(reply, Reply) for reply in found)
        assert len(server.requests) == lessons + 3
        reply_of(ask(calling(sqlite, server_of(server)), request("four")))
        assert len(server.requests) == lessons + 4
    found_outcomes = outcomes(sqlite)
    assert found_outcomes.count("unsupported") == lessons
    assert found_outcomes.count("ok") == 4
    assert {row.cost_usd for row in rows(sqlite) if row.outcome == "unsupported"} == {0.0}


def test_a_dialect_is_learned_once_by_many_calls_at_once(sqlite: Database) -> None:
    """Calls that have not been sent yet are written anew when it is their turn."""
    concurrency = 2
    with simple(ChatServer(**POOR["nothing"], latency_s=0.02)) as server:
        caller = calling(sqlite, server_of(server), concurrency=concurrency)
        found = ask(caller, *(request(f"Which of {n}?") for n in range(12)))
    assert all(isinstance(reply, Reply) for reply in found)
    assert outcomes(sqlite).count("unsupported") <= LESSONS["nothing"] * concurrency


def test_what_was_learned_of_one_server_is_not_said_of_another(sqlite: Database) -> None:
    with simple(ChatServer(supports=())) as poor, simple(ChatServer()) as rich:
        ask(calling(sqlite, server_of(poor)), request("one"))
        ask(calling(sqlite, server_of(rich)), request("two"))
    assert rows(sqlite)[-1].reply_format == "json_schema"


def test_a_request_that_no_wording_mends_is_rejected(sqlite: Database) -> None:
    def refuse(asked: Asked) -> Sent:
        return Sent(refusal("I do not like it"), 400)

    with ScriptedServer(refuse) as server:
        [failure] = ask(calling(sqlite, server_of(server)), request())
        assert len(server.asked) == 1
    assert isinstance(failure, RequestRejected)
    assert "I do not like it" in failure.what
    assert server.address in failure.what
    assert "doctor" in failure.cure


def test_a_server_that_always_blames_the_same_thing_is_asked_a_few_times(
    sqlite: Database,
) -> None:
    def refuse(asked: Asked) -> Sent:
        message = "max_completion_tokens, temperature, response_format: all wrong"
        return Sent(refusal(message), 400)

    with ScriptedServer(refuse) as server:
        [failure] = ask(calling(sqlite, server_of(server)), request())
        assert len(server.asked) == 5
    assert isinstance(failure, RequestRejected)


def test_lm_studios_words_for_a_format_that_it_lacks_are_understood(sqlite: Database) -> None:
    def answer(asked: Asked) -> Sent:
        wanted = json.loads(asked.body).get("response_format", {}).get("type")
        if wanted == "json_object":
            return Sent(
                "{\"error\": \"'response_format.type' must be 'json_schema' or 'text'\"}", 400
            )
        if wanted == "json_schema":
            return Sent('{"error": "this model has no json_schema"}', 400)
        return Sent(completion(ONE))

    with ScriptedServer(answer) as server:
        reply = reply_of(ask(calling(sqlite, server_of(server)), request()))
    assert reply.completion.text == ONE


# Secrets


def test_the_ledger_has_no_key_that_a_server_echoes(database: Database, clock: Clock) -> None:
    def echo(asked: Asked) -> Sent:
        said = asked.headers["authorization"]
        if len(server.asked) == 1:
            return Sent(refusal(f"busy: {said}"), 503, {"x-echo": said})
        return Sent(completion(f'{{"moments": "{said}"}}', finish_reason=said))

    with ScriptedServer(echo) as server:
        caller = calling(database, server_of(server), sleep=clock.sleep)
        reply = reply_of(ask(caller, request(), judge=lambda c: ReplyRefused(f"bad: {c.text}")))
    assert len(rows(database)) == 2
    assert KEY not in repr(rows(database)) + repr(reply)


# Being stopped


def test_a_call_that_is_given_up_stays_on_record_as_started(sqlite: Database) -> None:
    async def session() -> None:
        caller = calling(sqlite, server_of(server))
        work = caller.call(request(), LABEL, lambda c: None, run_id=None, reuse=True)
        task = asyncio.create_task(work)
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await caller.close()

    with simple(ChatServer(latency_s=30)) as server:
        asyncio.run(session())
    [row] = rows(sqlite)
    assert (row.outcome, row.cost_usd, row.reply) == ("started", None, None)
    with simple(ChatServer()) as server:
        assert reply_of(ask(calling(sqlite, server_of(server)), request())).paid
