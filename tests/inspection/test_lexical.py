"""How much the words change: a rank within the video, in any script."""

import math

import pytest

from chrysopedia_assets.inspection import lexical
from chrysopedia_assets.inspection.lexical import lexical_drops

KICK = ["kick drum tuned low", "drum kick tuned again", "tuned kick, low drum"]
PAD = ["soft pad with chorus", "chorus pad so soft", "with soft chorus pad"]


def test_the_place_where_all_words_change_ranks_above_all_others() -> None:
    drops = lexical_drops([*KICK, *PAD], range(1, 6))
    assert max(drops) == drops[2] == pytest.approx(4.5 / 5)
    assert drops[0] == drops[4], "both sides alike"


def test_a_cosine_is_worked_out_as_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "WINDOW_WORDS", 2)
    texts = ["a b", "a c", "d"]
    # Windows: {a b}, {a c}, {d}. Weights: ln(4/2) for a, ln(4/1) for b, c, d.
    a, rest = math.log(2) ** 2, math.log(4) ** 2
    changes = lexical._changes(texts, [1, 2])
    assert changes[1] == pytest.approx(1 - a / (a + rest))
    assert changes[2] == 1.0
    assert lexical_drops(texts, [1, 2]) == [0.25, 0.75]


def test_one_place_alone_is_like_any_other() -> None:
    assert lexical_drops(["one thing", "another thing"], [1]) == [0.5]


@pytest.mark.parametrize("texts", [["...", "…", "!?"], ["", "word", ""]])
def test_where_nothing_is_said_nothing_changes(texts: list[str]) -> None:
    assert lexical_drops(texts, [1, 2]) == [0.5, 0.5]


@pytest.mark.parametrize(
    ("one", "other"),
    [("キックの音を下げる", "和音を広げて弾く"), ("ស្គរធំទាប", "ព្យាង្គទន់"), ("ກອງໃຫຍ່ຕ່ຳ", "ຄອດກວ້າງ")],
)
def test_scripts_without_spaces_have_words_too(one: str, other: str) -> None:
    assert len(lexical._words(one)) == len(one)
    drops = lexical_drops([one, one, other, other], [1, 2, 3])
    assert max(drops) == drops[1] > drops[0]


def test_endings_do_not_make_another_word() -> None:
    assert lexical._words("Chords, CHORD'S chord!") == ["chord", "chord", "s", "chord"]


def test_a_long_video_is_compared_at_a_bounded_number_of_places() -> None:
    seen: list[int] = []
    original = lexical._changes
    texts = [f"word{n}" for n in range(5_000)]

    def counting(said: list[str], places: set[int]) -> dict[int, float]:
        seen.extend(places)
        return original(said, places)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "_changes", counting)
        lexical_drops(texts, [7])
    assert len(seen) <= lexical.MAX_PLACES + 1
