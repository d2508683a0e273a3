"""The month's budget before a real server: what is sent, what is held back, and what is counted of calls nobody knows the end of."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from chrysopedia_assets.errors import BudgetSpent, ConfigurationError
from chrysopedia_assets.models.calls import (
    Attempt,
    Completion,
    Dialect,
    MonthSpent,
    Outcome,
    Result,
)
from resources.clients.llm.budget import MonthBudget
from resources.clients.llm.caller import Caller, Reply
from resources.clients.llm.prices import Price, most_usd
from resources.store import tables as t
from resources.store.database import Database
from resources.store.ledger import Ledger
from resources.store.spending import month_of, spent_since
from tests.fakes.calling import LABEL, ask, calling, request, rows, server_of
from tests.fakes.chat_server import ChatServer
from tests.fakes.faults import Fault, always, at_first

PRICE = Price(tokens_in=100.0, tokens_out=1_000.0, tokens_cached=100.0)
MOST = most_usd(request("Which of 00?"), "http://localhost", PRICE)
ONE = '{"moments": 1' + " " * 300 + "}"
"""Nearly as long as it may be."""


def spent(database: Database, under_way: Collection[int] = ()) -> MonthSpent:
    with database.reading() as connection:
        return spent_since(connection, month_of(datetime.now(UTC)), under_way)


def budgeted(database: Database, server: ChatServer, usd: float, **changes: object) -> Caller:
    budget = MonthBudget(usd, partial(spent, database))
    return calling(
        database,
        server_of(server),
        **{"price": PRICE, "budget": budget, "concurrency": 12} | changes,
    )


def asked(caller: Caller, count: int, first: int = 10) -> list[Reply | BaseException]:
    return ask(caller, *(request(f"Which of {n}?") for n in range(first, first + count)))


def refused(found: list[Reply | BaseException]) -> list[BudgetSpent]:
    assert all(isinstance(one, Reply | BudgetSpent) for one in found), found
    return [one for one in found if isinstance(one, BudgetSpent)]


def put(
    database: Database, outcome: Outcome, completion: Completion | None, usd: float | None
) -> int:
    """A call that another process has made."""
    ledger = Ledger(database)
    call_id = ledger.begin(Attempt("other", None, "host", "model", LABEL, Dialect()), request())
    if outcome != "started":
        ledger.end(call_id, Result(outcome, 1.0, None, completion, usd))
    return call_id


@pytest.fixture
def server() -> ChatServer:
    return ChatServer(answer=lambda body: ONE, latency_s=0.02)


def test_twelve_calls_at_once_never_pass_the_budget(database: Database, server: ChatServer) -> None:
    limit = 3 * MOST
    with server:
        found = asked(budgeted(database, server, limit), 60)
        made = rows(database)
        assert len(made) == len(server.requests) == 60 - len(refused(found))
    assert {row.outcome for row in made} == {"ok"}
    paid = sum(row.cost_usd for row in made)
    assert 0 < paid <= limit
    assert paid + MOST > limit, "a call that had room was held back"
    assert server.max_in_flight <= 3, "no more at once than could all be the dearest"
    told = str(refused(found)[0])
    assert f"US$ {paid:.4f} of this month's budget of US$ {limit:.2f}" in told
    assert "CHRYSOPEDIA_BUDGET_USD" in told


def test_with_more_money_only_what_is_missing_is_paid_and_replies_are_free(
    database: Database, server: ChatServer
) -> None:
    with server:
        asked(budgeted(database, server, 3 * MOST), 30)
        first = len(server.requests)
        assert 0 < first < 30
        nothing_left = asked(budgeted(database, server, 0.0), 30)
        assert len(nothing_left) - len(refused(nothing_left)) == first, "the ledger answers"
        assert len(server.requests) == first
        assert refused(asked(budgeted(database, server, 1_000.0), 30)) == []
        assert len(server.requests) == 30


def test_without_a_budget_nothing_is_held_back(database: Database, server: ChatServer) -> None:
    with server:
        found = asked(budgeted(database, server, 0.0, budget=None), 5)
    assert refused(found) == []


def test_what_others_pay_meanwhile_is_seen(database: Database, server: ChatServer) -> None:
    with server:
        caller = budgeted(database, server, 10 * MOST)
        put(database, "ok", Completion(ONE, tokens_in=1, tokens_out=1), 9.5 * MOST)
        assert len(refused(asked(caller, 3))) == 3
        assert server.requests == []


def test_two_processes_pass_the_budget_by_no_more_than_what_is_in_flight(
    database: Database, server: ChatServer
) -> None:
    limit, at_once = 8 * MOST, 3
    with server, ThreadPoolExecutor(2) as processes:
        callers = [budgeted(database, server, limit, concurrency=at_once) for _ in range(2)]
        found = processes.map(asked, callers, (40, 40), (10, 50))
        assert all(refused(one) for one in found)
    paid = sum(row.cost_usd for row in rows(database))
    assert limit - MOST < paid <= limit + at_once * MOST


def test_only_this_months_calls_count(database: Database, server: ChatServer) -> None:
    put(database, "ok", Completion(ONE, tokens_in=1, tokens_out=1), 9.5 * MOST)
    with database.writing(lock="test") as connection:
        before = month_of(datetime.now(UTC)) - timedelta(seconds=1)
        connection.execute(sa.update(t.llm_calls).values(started_at=before))
    with server:
        assert refused(asked(budgeted(database, server, 10 * MOST), 3)) == []


@pytest.mark.parametrize(("outcome", "completion", "counts"), [
    ("started", None, True),
    ("timed_out", None, True),
    ("ok", Completion(ONE), True),
    ("ok", Completion(ONE, tokens_in=1), True),
    ("server_error", None, True),
    ("ok", Completion(ONE, tokens_in=1, tokens_out=1), False),
])  # fmt: skip
def test_a_call_that_nobody_knows_the_cost_of_counts_as_the_dearest(
    database: Database, outcome: Outcome, completion: Completion | None, counts: bool
) -> None:
    put(database, "ok", Completion(ONE, tokens_in=1, tokens_out=1), 2.0)
    put(database, outcome, completion, None)
    found = spent(database)
    assert found == MonthSpent(2.0, int(counts), 2.0)
    assert found.at_most(0.5) == (4.0 if counts else 2.0)
    assert found.at_most(3.0) == (5.0 if counts else 2.0)


def test_only_calls_that_are_under_way_here_are_not_counted_twice(database: Database) -> None:
    own = put(database, "started", None, None)
    assert spent(database, [own]).unknown == 0
    put(database, "started", None, None)
    assert spent(database, [own]).unknown == 1
    assert spent(database).unknown == 2


def test_a_call_of_another_process_that_is_killed_meanwhile_counts(
    database: Database, server: ChatServer
) -> None:
    with server:
        caller = budgeted(database, server, 2.9 * MOST)
        put(database, "started", None, None)
        put(database, "started", None, None)
        assert len(refused(asked(caller, 1))) == 1


def test_a_server_that_is_not_there_costs_nothing_and_one_that_breaks_off_may(
    database: Database, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.clients.llm.caller.FIRST_WAIT_S", 0.0)
    with server:
        pass
    asked(budgeted(database, server, 0.9 * MOST, budget=None), 1)
    assert {(row.outcome, row.cost_usd) for row in rows(database)} == {("server_error", 0.0)}
    assert spent(database).unknown == 0
    broken = ChatServer(answer=lambda body: ONE, faults=always(Fault("dropped")))
    with broken:
        asked(budgeted(database, broken, 0.0, budget=None), 1)
    assert spent(database).unknown == len(broken.requests) > 0


def test_a_call_that_is_given_up_counts_for_as_much_as_it_can_have_cost(
    database: Database, server: ChatServer
) -> None:
    server.faults = at_first(Fault("slow", seconds=9.0))
    with server:
        caller = budgeted(database, server, 2.9 * MOST)
        label = LABEL.__class__(**{**vars(LABEL), "timeout_s": 1.0})
        [first] = ask(caller, request(), label=label)
    assert isinstance(first, Reply)
    assert [row.outcome for row in rows(database)] == ["timed_out", "ok"]
    with server:
        assert len(refused(asked(budgeted(database, server, 2.0 * MOST), 1))) == 1


@pytest.mark.parametrize("budget", [0.0, 1_000.0])
def test_a_price_that_nobody_knows_cannot_be_kept_within_a_budget(
    database: Database, server: ChatServer, budget: float
) -> None:
    with server:
        [found] = asked(budgeted(database, server, budget, price=None), 1)
        assert isinstance(found, ConfigurationError)
        assert "CHRYSOPEDIA_LLM_PRICE" in found.cure
        assert server.requests == []
        free = Price(0.0, 0.0, 0.0)
        assert refused(asked(budgeted(database, server, budget, price=free), 1)) == []


@pytest.mark.parametrize("fault", ["rate_limited", "overloaded"])
def test_room_is_given_back_however_a_call_ends(
    database: Database, server: ChatServer, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resources.clients.llm.caller.FIRST_WAIT_S", 0.0)
    server.faults = at_first(Fault(fault, retry_after_s=0.0))  # type: ignore[arg-type]
    with server:
        assert refused(asked(budgeted(database, server, 1.5 * MOST), 1)) == []
    assert len(rows(database)) == 2


def test_what_a_call_may_cost_grows_with_what_is_asked_and_what_may_be_answered() -> None:
    def most(**changes: object) -> float:
        return most_usd(request(**changes), "http://localhost", PRICE)  # type: ignore[arg-type]

    assert most(max_output_tokens=101) - most() == pytest.approx(1_000.0 / 1_000_000)
    assert most(said="Which? " * 100) > most()
    assert most(reply_schema={"type": "object", "description": "x" * 100}) > most()
