"""What may be said of two prompts, and what may not."""

import random

import pytest

from chrysopedia_assets.harness.comparing import (
    LEAST_HELD_OUT,
    Values,
    compare,
    parts_of,
    with_pages,
)

DIMENSIONS = ("structure", "fidelity")


def values(*of_each: float, fidelity: float | None = None) -> Values:
    return {
        f"id-{n:02}": {"structure": value, "fidelity": value if fidelity is None else fidelity}
        for n, value in enumerate(of_each)
    }


def held(found: Values) -> dict[str, str]:
    return dict.fromkeys(found, "held out")


def test_what_is_better_on_every_held_out_input_is_better() -> None:
    a, b = values(*[0.5] * 6), values(0.6, 0.7, 0.6, 0.65, 0.62, 0.7)
    found = compare(a, b, held(a))  # type: ignore[arg-type]
    assert found.word == "better"
    assert found.differences[0].dimension == "overall"
    assert found.differences[0].low > 0
    assert compare(b, a, held(a)).word == "worse"  # type: ignore[arg-type]


def test_what_leans_both_ways_cannot_be_told() -> None:
    a, b = values(*[0.5] * 6), values(0.6, 0.4, 0.6, 0.4, 0.52, 0.5)
    assert compare(a, b, held(a)).word == "cannot tell"  # type: ignore[arg-type]


def test_a_gain_that_costs_another_dimension_is_not_called_better() -> None:
    a = values(*[0.2] * 6, fidelity=0.9)
    b = values(*[0.9] * 6, fidelity=0.8)
    found = compare(a, b, held(a))  # type: ignore[arg-type]
    assert found.word == "cannot tell"
    assert "worse in fidelity" in found.why


def test_what_was_tuned_on_never_decides() -> None:
    a, b = values(*[0.5] * 12), values(*[0.9] * 12)
    parts = {one: "tuned on" for one in a}
    found = compare(a, b, parts)  # type: ignore[arg-type]
    assert found.word == "cannot tell" and not found.differences
    assert found.tuned[0].mean == pytest.approx(0.4)
    assert f"0 held-out inputs are too few, {LEAST_HELD_OUT} are needed" in found.why


def test_a_hold_out_is_forced_where_nobody_says_what_was_tuned_on() -> None:
    ids = [f"id-{n}" for n in range(7)]
    parts = parts_of(ids, [])
    assert list(parts.values()).count("held out") == 4
    assert list(parts.values()).count("looked at") == 3
    assert parts == parts_of(list(reversed(ids)), []), "the same half, whoever asks"
    told = parts_of(ids, ["id-6", "elsewhere"])
    assert [one for one, part in told.items() if part == "tuned on"] == ["id-6"]
    assert set(parts_of(ids, ["elsewhere"]).values()) == {"held out"}, (
        "somebody said it: none of these"
    )


def test_where_the_prompts_decide_nothing_no_value_does() -> None:
    a = values(*[0.5] * 6)
    found = compare(a, values(*[0.9] * 6), held(a), because="they are the same")  # type: ignore[arg-type]
    assert (found.word, found.why) == ("cannot tell", "they are the same")


@pytest.mark.parametrize("inputs", [LEAST_HELD_OUT, 12])
def test_noise_is_seldom_called_a_difference(inputs: int) -> None:
    rng, called = random.Random(1), 0
    for _ in range(300):
        a, b = (values(*[rng.gauss(0.6, 0.1) for _ in range(inputs)]) for _ in "ab")
        called += compare(a, b, held(a)).word != "cannot tell"  # type: ignore[arg-type]
    assert called / 300 < 0.12, (
        "one in twenty, twice that with the fewest inputs, and chance in counting"
    )


def test_a_real_difference_is_seldom_missed() -> None:
    rng, called = random.Random(1), 0
    for _ in range(100):
        a = values(*[rng.gauss(0.6, 0.1) for _ in range(12)])
        b = values(*[rng.gauss(0.8, 0.1) for _ in range(12)])
        called += compare(a, b, held(a)).word == "better"  # type: ignore[arg-type]
    assert called > 90


def test_pages_decide_over_the_stage_that_they_are_made_from() -> None:
    worse, better = values(*[0.4] * 6), values(*[0.6] * 6)
    up = compare(worse, better, held(worse))  # type: ignore[arg-type]
    down = compare(better, worse, held(worse))  # type: ignore[arg-type]
    level = compare(worse, worse, held(worse))  # type: ignore[arg-type]
    assert with_pages(up, down).word == "worse"
    assert "in the pages: worse" in with_pages(up, down).why
    assert with_pages(level, up).word == "better"
    assert with_pages(up, level).word == "cannot tell", "readers have nothing of it"
    assert with_pages(down, up).word == "cannot tell", "nobody knows why"
