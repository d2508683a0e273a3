"""What a call costs: known, set, unknown; never zero for want of knowledge."""

import pytest

from chrysopedia_assets.models.calls import Completion
from resources.clients.llm.prices import Price, cost_usd, is_known

OPENAI = "https://api.openai.com/v1"
MILLION = 1_000_000
SET = Price(tokens_in=10.0, tokens_out=100.0, tokens_cached=1.0)


def spent(tokens_in: int | None, tokens_out: int | None, cached: int | None = None) -> Completion:
    return Completion("{}", tokens_in=tokens_in, tokens_out=tokens_out, tokens_cached=cached)


def test_a_listed_model_has_its_price() -> None:
    fresh = cost_usd(spent(MILLION, 0), "gpt-4o-mini", OPENAI)
    written = cost_usd(spent(0, MILLION), "gpt-4o-mini", OPENAI)
    assert fresh == pytest.approx(0.15)
    assert written == pytest.approx(0.60)
    assert is_known("gpt-4o-mini", OPENAI)


def test_what_was_remembered_is_counted_once_and_cheaper() -> None:
    fresh = cost_usd(spent(MILLION, 0), "gpt-4o-mini", OPENAI)
    half = cost_usd(spent(MILLION, 0, MILLION // 2), "gpt-4o-mini", OPENAI)
    whole = cost_usd(spent(MILLION, 0, MILLION), "gpt-4o-mini", OPENAI)
    assert fresh is not None
    assert whole is not None
    assert 0 < whole < fresh
    assert half == pytest.approx((fresh + whole) / 2)


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        ("gpt-4o-mini", "http://127.0.0.1:8080/v1"),
        ("gpt-4o-mini", "https://models.example.com/v1"),
        ("no-such-model", OPENAI),
        ("", OPENAI),
    ],
)
def test_a_price_that_nobody_knows_is_unknown(model: str, base_url: str) -> None:
    assert cost_usd(spent(MILLION, MILLION), model, base_url) is None
    assert not is_known(model, base_url)


def test_a_price_that_is_set_is_for_what_has_none_and_counts_the_remembered_part_once() -> None:
    listed = cost_usd(spent(MILLION, MILLION), "gpt-4o-mini", OPENAI)
    assert cost_usd(spent(MILLION, MILLION), "gpt-4o-mini", OPENAI, SET) == listed
    found = cost_usd(spent(MILLION, MILLION, MILLION // 4), "own", "http://localhost", SET)
    assert found == pytest.approx(0.75 * 10 + 0.25 * 1 + 100)
    assert cost_usd(spent(2, 3), "anything", "http://localhost", SET) == pytest.approx(
        320 / MILLION
    )


def test_a_price_of_zero_is_known() -> None:
    assert cost_usd(spent(MILLION, MILLION), "own", "http://localhost", Price(0, 0, 0)) == 0.0


@pytest.mark.parametrize("counts", [(None, 5), (5, None), (None, None)])
def test_without_counts_a_cost_is_unknown_whatever_the_price(
    counts: tuple[int | None, int | None],
) -> None:
    assert cost_usd(spent(*counts), "gpt-4o-mini", OPENAI) is None
    assert cost_usd(spent(*counts), "gpt-4o-mini", OPENAI, SET) is None


def test_a_server_that_counts_wrong_stops_nothing() -> None:
    """More remembered than there was: some proxies count so."""
    wrong = spent(10, 5, cached=20)
    assert cost_usd(wrong, "own", "http://localhost", SET) == pytest.approx(
        (10 * 1 + 500) / MILLION
    )
    listed = cost_usd(wrong, "gpt-4o-mini", OPENAI)
    assert listed is None or listed > 0
