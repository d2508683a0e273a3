"""The ledger on both databases: a row for every attempt, and the cache that those rows are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from chrysopedia_assets.models.calls import (
    Attempt,
    Completion,
    Dialect,
    Label,
    Outcome,
    Request,
    Result,
)
from resources.store import tables as t
from resources.store.database import Database
from resources.store.ledger import Ledger
from resources.store.requests import HIDDEN, unpacked
from tests.fakes.calling import request

LABEL = Label("extraction", "ada--low-end", "segments 0 to 9", "prompt-1", timeout_s=60.0, tried=2)
REQUEST = request()
POOR = Dialect("text", "max_completion_tokens", takes_temperature=False)


def attempt(
    key: str = "key-1", endpoint: str = "host/v1", dialect: Dialect | None = None
) -> Attempt:
    return Attempt(key, "run-1", endpoint, "model-1", LABEL, dialect or Dialect())


def answered(text: str, outcome: Outcome = "ok") -> Result:
    return Result(outcome, 0.5, completion=Completion(text), cost_usd=0.25)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def rows(database: Database) -> Callable[[], list[Any]]:
    def read() -> list[Any]:
        with database.reading() as connection:
            query = sa.select(t.llm_calls).order_by(t.llm_calls.c.call_id)
            return list(connection.execute(query))

    return read


def record(ledger: Ledger, result: Result, **changes: Any) -> None:
    ledger.end(ledger.begin(attempt(**changes), REQUEST), result)


def test_an_attempt_is_on_record_before_it_has_an_end(
    ledger: Ledger, rows: Callable[[], list[Any]]
) -> None:
    ledger.begin(attempt(dialect=POOR), REQUEST)
    [row] = rows()
    assert (row.content_key, row.run_id, row.task, row.video_id) == ("key-1", "run-1", "extraction", "ada--low-end")  # fmt: skip
    assert (row.subject, row.prompt_version, row.tried) == ("segments 0 to 9", "prompt-1", 2)
    assert (row.endpoint, row.model, row.outcome) == ("host/v1", "model-1", "started")
    assert (row.reply_format, row.budget_field, row.takes_temperature) == ("text", "max_completion_tokens", False)  # fmt: skip
    assert (row.latency_s, row.cost_usd, row.reply, row.error) == (None,) * 4
    assert timedelta() <= datetime.now(UTC) - row.started_at < timedelta(minutes=1)


def test_an_end_is_written_to_its_own_row(ledger: Ledger, rows: Callable[[], list[Any]]) -> None:
    first, second = ledger.begin(attempt("a"), REQUEST), ledger.begin(attempt("b"), REQUEST)
    completion = Completion("text Ünï 🎛️", "length", "no", 100, 20, 64)
    ledger.end(second, Result("truncated", 1.5, "cut off", completion, 0.125))
    ledger.end(first, Result("timed_out", 60.0, "no answer"))
    timed_out, truncated = rows()
    assert (timed_out.outcome, timed_out.error, timed_out.reply) == ("timed_out", "no answer", None)
    assert (timed_out.cost_usd, timed_out.tokens_in) == (None, None)
    assert (truncated.outcome, truncated.error, truncated.latency_s) == (
        "truncated",
        "cut off",
        1.5,
    )
    assert (truncated.tokens_in, truncated.tokens_out, truncated.tokens_cached) == (100, 20, 64)
    assert (truncated.cost_usd, truncated.finish_reason, truncated.refusal) == (
        0.125,
        "length",
        "no",
    )
    assert ledger.reply("b") == completion


def test_what_was_never_asked_has_no_reply(ledger: Ledger) -> None:
    record(ledger, answered("other"), key="another")
    assert ledger.reply("key-1") is None


def test_a_call_without_an_end_never_answers(ledger: Ledger) -> None:
    ledger.begin(attempt(), REQUEST)
    assert ledger.reply("key-1") is None
    record(ledger, answered("whole"))
    ledger.begin(attempt(), REQUEST)
    assert ledger.reply("key-1") == Completion("whole")


@pytest.mark.parametrize("outcome", ["timed_out", "server_error", "rate_limited", "unsupported", "not_json"])  # fmt: skip
def test_an_attempt_without_a_reply_never_answers(ledger: Ledger, outcome: Outcome) -> None:
    record(ledger, Result(outcome, 0.5, "why"))
    assert ledger.reply("key-1") is None


def test_the_newest_sound_reply_answers(ledger: Ledger) -> None:
    for text, outcome in (("a", "ok"), ("b", "truncated"), ("c", "ok"), ("d", "not_json")):
        record(ledger, answered(text, outcome))  # type: ignore[arg-type]
    assert ledger.reply("key-1") == Completion("c")


def test_without_a_sound_one_the_newest_answers(ledger: Ledger) -> None:
    for text in ("a", "b"):
        record(ledger, answered(text, "misshapen"))
    assert ledger.reply("key-1") == Completion("b")


def test_an_empty_reply_is_a_reply(ledger: Ledger) -> None:
    record(ledger, Result("declined", 0.5, completion=Completion("", "content_filter", "no")))
    assert ledger.reply("key-1") == Completion("", "content_filter", "no")


def test_a_reply_that_is_used_again_costs_nothing_and_is_counted(
    ledger: Ledger, rows: Callable[[], list[Any]]
) -> None:
    record(ledger, answered("whole"))
    ledger.reuse(attempt(), REQUEST)
    _, reused = rows()
    assert (reused.outcome, reused.cost_usd, reused.latency_s) == ("reused", 0.0, 0.0)
    assert (reused.tokens_in, reused.reply) == (None, None)
    assert ledger.reply("key-1") == Completion("whole")


def test_a_dialect_is_that_of_the_last_answer(ledger: Ledger) -> None:
    assert ledger.dialect("host/v1", "model-1") is None
    record(ledger, Result("unsupported", 0.1, "no json_schema"))
    assert ledger.dialect("host/v1", "model-1") is None
    record(ledger, answered("a"), dialect=POOR)
    record(ledger, Result("server_error", 0.1, "broken"))
    ledger.reuse(attempt(), REQUEST)
    ledger.begin(attempt(), REQUEST)
    record(ledger, answered("b"), endpoint="other/v1")
    assert ledger.dialect("host/v1", "model-1") == POOR
    assert ledger.dialect("other/v1", "model-1") == Dialect()
    assert ledger.dialect("host/v1", "model-2") is None


def test_a_long_reply_is_kept_whole(ledger: Ledger) -> None:
    text = "äöü{}\n" * 80_000
    record(ledger, answered(text))
    assert ledger.reply("key-1") == Completion(text)


def test_many_threads_lose_and_mix_nothing(ledger: Ledger, rows: Callable[[], list[Any]]) -> None:
    def work(number: int) -> Completion | None:
        key = f"key-{number % 10}"
        call_id = ledger.begin(attempt(key), REQUEST)
        ledger.end(call_id, answered(f"reply to {key}"))
        return ledger.reply(key)

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(work, range(160)))
    assert [reply and reply.text for reply in found] == [
        f"reply to key-{n % 10}" for n in range(160)
    ]
    stored = rows()
    assert len(stored) == len({row.call_id for row in stored}) == 160
    assert all(row.reply == f"reply to {row.content_key}" for row in stored)


def test_two_handles_on_one_database_see_each_others_replies(database: Database) -> None:
    other = Database(database.url)
    try:
        record(Ledger(database), answered("whole"))
        assert Ledger(other).reply("key-1") == Completion("whole")
    finally:
        other.close()


def asked(database: Database) -> dict[str, Request]:
    with database.reading() as connection:
        rows = connection.execute(sa.select(t.llm_requests))
        return {row.content_key: unpacked(row.request) for row in rows}


def test_what_was_asked_is_kept_with_the_attempt_and_once_for_all_that_asked_the_same(
    ledger: Ledger, database: Database
) -> None:
    first = request(
        "Ünï 🎛️ \0", temperature=None, sample=3, extra={"top_k": 5, "deep": [{"a": "b"}]}
    )
    for _ in range(2):
        ledger.begin(attempt("a"), first)
    ledger.reuse(attempt("a"), first)
    ledger.reuse(attempt("answered by an older version"), request("second"))
    assert asked(database) == {"a": first, "answered by an older version": request("second")}
    assert asked(database)["a"].key == first.key


def test_an_attempt_that_cannot_be_recorded_leaves_no_request(
    ledger: Ledger, database: Database
) -> None:
    nobody = Attempt("a", None, "host", "model", Label("check", None, "", "", 1.0), Dialect())  # type: ignore[arg-type]
    with pytest.raises(sa.exc.IntegrityError):
        ledger.begin(nobody, REQUEST)
    assert asked(database) == {}


def test_no_key_and_nothing_that_could_be_one_is_kept_of_a_request(database: Database) -> None:
    key, odd = "sk-planted-0123456789", 'p"l\\anted Päßword'
    extra = {
        "effort": "low",
        "max_tokens": 5,
        "stop": ["\n", "a text of some length"],
        "metadata": {"user_key": "short", "nested": [{"Password": ["x"], "pin_token": 4711}]},
    }
    told = request(f"You said {key} and {odd}!", extra=extra)
    Ledger(database, [key, odd, "low"]).begin(attempt(), told)
    kept = asked(database)["key-1"]
    assert kept.messages[1].content == f"You said {HIDDEN} and {HIDDEN}!"
    assert kept.extra == {
        "effort": "low",
        "max_tokens": 5,
        "stop": ["\n", HIDDEN],
        "metadata": {"user_key": HIDDEN, "nested": [{"Password": HIDDEN, "pin_token": HIDDEN}]},
    }
