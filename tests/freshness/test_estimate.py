"""What a plan will cost: plain values."""

import pytest

from chrysopedia_assets.freshness.estimate import Asked, History, Range, Spent, estimate
from chrysopedia_assets.freshness.plan import ToRun
from chrysopedia_assets.models.prompts import TASKS, Task

PAGES = ToRun("a", ("technique_pages",), ("technique_pages",))
ALL_BELOW = ToRun("b", ("key_moments",), ("key_moments", "classifications", "synthesis_groups"))
ASKED: dict[Task, Asked] = dict.fromkeys(TASKS, Asked("m", "v2"))
KNOWN = History(
    spent={
        ("synthesis", "a"): Spent(4, 8000, 4000, 24.0),
        ("extraction", "b"): Spent(10, 10_000, 5000, 30.0),
        ("classification", "b"): Spent(2, 2000, 200, 6.0),
    },
    minutes={"a": 10.0, "b": 20.0},
)


def usd(task: Task, tokens_in: float, tokens_out: float) -> float:
    """A dollar for a million tokens, in or out."""
    return (tokens_in + tokens_out) / 1e6


def test_the_range_is_from_what_runs_for_sure_to_all_that_is_below() -> None:
    found = estimate([PAGES, ALL_BELOW], KNOWN, ASKED, usd, at_once=3)
    assert found.stages == Range(2, 4)
    assert found.calls == Range(14, 16)
    assert found.tokens_in == Range(18_000, 20_000)
    assert found.tokens_out == Range(9_000, 9_200)
    assert found.usd is not None
    assert found.usd == (pytest.approx(0.027), pytest.approx(0.0292))
    assert found.minutes is not None
    assert found.minutes == (pytest.approx(54 / 180), pytest.approx(60 / 180))
    assert "18 to 20 s" in str(found)
    assert found.unknown == ()


def test_a_video_without_history_is_measured_by_its_length_between_least_and_most() -> None:
    known = History(
        {("synthesis", "x"): Spent(2, 2000, 100, 4), ("synthesis", "y"): Spent(8, 4000, 800, 40)},
        {"x": 10.0, "y": 20.0, "a": 60.0},
    )
    found = estimate([PAGES], known, ASKED, usd)
    assert found.calls == Range(12, 24)
    assert found.tokens_in == (pytest.approx(12_000), pytest.approx(12_000))
    assert found.tokens_out == (pytest.approx(600), pytest.approx(2400))
    assert found.minutes == (pytest.approx(0.4), pytest.approx(2.0))


def test_what_the_ledger_may_answer_is_not_for_sure() -> None:
    answered = frozenset({("synthesis", "a", "v2", "m")})
    known = History(KNOWN.spent, KNOWN.minutes, answered)
    assert estimate([PAGES], known, ASKED, usd).calls == Range(0, 4)
    other_prompt = dict.fromkeys(TASKS, Asked("m", "v3"))
    assert estimate([PAGES], known, other_prompt, usd).calls == Range(4, 4)
    other_model = dict.fromkeys(TASKS, Asked("another", "v2"))
    assert estimate([PAGES], known, other_model, usd).calls == Range(4, 4)


def test_what_nobody_knows_is_unknown_and_not_zero() -> None:
    found = estimate([PAGES], History(), ASKED, usd)
    assert (found.calls, found.usd, found.unknown) == (None, None, ("synthesis",))
    assert "calls unknown" in str(found)


def test_of_a_prompt_that_cannot_be_read_nobody_knows_who_would_answer() -> None:
    assert estimate([PAGES], KNOWN, {}, usd).unknown == ("synthesis",)


def test_a_price_that_is_not_known_leaves_the_rest_known() -> None:
    found = estimate([PAGES], KNOWN, ASKED, lambda *_: None)
    assert (found.calls, found.usd) == (Range(4, 4), None)
    assert found.tokens_in == Range(8000, 8000)
    assert "money unknown" in str(found)


def test_the_embedded_engine_costs_nothing_and_that_is_known() -> None:
    embedded = dict.fromkeys(TASKS, Asked(None, "v2"))
    found = estimate([PAGES, ALL_BELOW], History(), embedded, usd)
    assert (found.calls, found.usd) == (Range(0, 0), Range(0, 0))
    assert str(found) == "2 to 4 stages, no calls of a language model"
    assert found.as_dict()["calls"] == [0.0, 0.0]
