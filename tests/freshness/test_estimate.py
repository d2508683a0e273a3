"""What a plan will cost: plain values."""

import pytest

from chrysopedia_assets.freshness.estimate import History, PerCall, Range, estimate
from chrysopedia_assets.freshness.plan import ToRun
from chrysopedia_assets.models.prompts import TASKS

PAGES = ToRun("a", ("technique_pages",), ("technique_pages",))
ALL_BELOW = ToRun("b", ("key_moments",), ("key_moments", "classifications", "synthesis_groups"))
MODELS = {"extraction": "m", "classification": "m", "synthesis": "m"}
KNOWN = History(
    calls={("synthesis", "a"): 4, ("extraction", "b"): 10, ("classification", "b"): 2},
    per_call={
        ("synthesis", "m"): PerCall(2000, 1000, 0.01, 6.0),
        ("extraction", "m"): PerCall(1000, 500, 0.001, 3.0),
        ("classification", "m"): PerCall(1000, 100, 0.001, 3.0),
    },
)


def test_the_range_is_from_what_runs_for_sure_to_all_that_is_below() -> None:
    found = estimate([PAGES, ALL_BELOW], KNOWN, MODELS, at_once=3)
    assert found.stages == Range(2, 4)
    assert found.calls == Range(14, 16)
    assert found.tokens_in == Range(18_000, 20_000)
    assert found.tokens_out == Range(9_000, 9_200)
    assert found.usd is not None
    assert found.usd == (pytest.approx(0.05), pytest.approx(0.052))
    assert found.minutes is not None
    assert found.minutes == (pytest.approx(54 / 180), pytest.approx(60 / 180))
    assert found.unknown == ()


def test_of_a_video_without_history_the_others_give_the_range() -> None:
    known = History({("synthesis", "x"): 2, ("synthesis", "y"): 8}, KNOWN.per_call)
    found = estimate([PAGES], known, MODELS)
    assert found.calls == Range(2, 8)
    assert found.tokens_in == Range(10_000, 10_000)


def test_what_nobody_knows_is_unknown_and_not_zero() -> None:
    found = estimate([PAGES], History(), MODELS)
    assert (found.calls, found.usd, found.unknown) == (None, None, ("synthesis",))
    assert "calls unknown" in str(found)
    other_model = estimate([PAGES], KNOWN, {"synthesis": "another"})
    assert (other_model.calls, other_model.usd) == (Range(4, 4), None)


def test_of_a_prompt_that_cannot_be_read_nobody_knows_who_would_answer() -> None:
    assert estimate([PAGES], KNOWN, {}).unknown == ("synthesis",)


def test_a_price_that_is_not_known_leaves_the_rest_known() -> None:
    unpriced = History(KNOWN.calls, {("synthesis", "m"): PerCall(2000, 1000, None, 6.0)})
    found = estimate([PAGES], unpriced, MODELS)
    assert (found.calls, found.usd) == (Range(4, 4), None)
    assert found.tokens_in == Range(8000, 8000)
    assert "money unknown" in str(found)


def test_the_embedded_engine_costs_nothing_and_that_is_known() -> None:
    found = estimate([PAGES, ALL_BELOW], History(), dict.fromkeys(TASKS))
    assert (found.calls, found.usd) == (Range(0, 0), Range(0, 0))
    assert str(found) == "2 to 4 stages, no calls of a language model"
    assert found.as_dict()["calls"] == [0.0, 0.0]
