"""Scores against chapters: by hand, by published examples, and beside another implementation where that is here."""

import importlib.util
import random

import pytest

from chrysopedia_assets.inspection.chapter_scores import against_chapters, pk, window_diff, within
from chrysopedia_assets.models.library_files import Chapter
from tests.conftest import SHARED_DATA, shared
from tests.inspection.world import chunks, transcript


def chapters(*starts_s: float) -> list[Chapter]:
    return [Chapter(start_s=at, title=f"At {at:g}") for at in starts_s]


def test_each_chapter_is_hit_near_or_missed_and_the_rest_is_extra() -> None:
    """Boundaries at 10, 22.5 and 30 s; chapters at 0 (the beginning, no boundary), 12, 27 and 39 s."""
    found = against_chapters(chapters(0, 12, 27, 39), chunks(0, 1, 2, 3).chunks, transcript().segments)  # fmt: skip
    assert [(m.word, m.chapter_s, m.boundary_s, m.off_s) for m in found.marks] == [
        ("hit", 12.0, 10.0, -2.0),
        ("extra", None, 22.5, None),
        ("hit", 27.0, 30.0, 3.0),
        ("missed", 39.0, None, None),
    ]
    near, far = found.within
    assert (near.tolerance_s, near.precision, near.recall, near.f1) == (3.0, 0.667, 0.667, 0.667)
    assert (far.tolerance_s, far.f1) == (10.0, 0.667), "39 is too far from 22.5, and 27 is taken"


def test_a_boundary_within_ten_seconds_is_near() -> None:
    [mark] = against_chapters(chapters(27.0), chunks(0, 2).chunks, ()).marks
    assert (mark.word, mark.off_s) == ("near", -4.5)


def test_no_boundary_answers_two_chapters() -> None:
    score = within([10.0, 12.0], [11.0], 3.0)
    assert (score.precision, score.recall, score.f1) == (1.0, 0.5, 0.667)


@pytest.mark.parametrize(("wanted", "found"), [([], []), ([1.0], []), ([], [1.0])])
def test_nothing_to_match_is_a_score_of_nothing(wanted: list[float], found: list[float]) -> None:
    score = within(wanted, found, 3.0)
    assert (score.precision, score.recall, score.f1) == (0.0, 0.0, 0.0)


def test_without_a_transcript_windows_cannot_be_counted() -> None:
    found = against_chapters(chapters(10.0), chunks(0, 1).chunks, ())
    assert (found.pk, found.window_diff) == (None, None)
    cut = against_chapters(chapters(10.0), chunks(0, 1, 3).chunks, transcript().segments[:2])
    assert cut.pk is None, "topics of another transcript"


def test_the_same_boundaries_score_best() -> None:
    found = against_chapters(chapters(22.5), chunks(0, 2).chunks, transcript().segments)
    assert (found.pk, found.window_diff) == (0.0, 0.0)


def test_windows_are_counted_as_by_hand() -> None:
    """12 units, boundary at 6: k is 3, nine windows [i, i+3]. With one at 8 instead, those from i = 3, 4 miss it
    (they reach 6 and 7 without 8) and those from 6, 7 hold 8 without 6: four of nine, for both measures."""
    assert pk({6}, {8}, 12) == window_diff({6}, {8}, 12) == pytest.approx(4 / 9)
    # A second boundary in the same window is no mistake for Pk, and one for WindowDiff: in i = 4 and 5.
    assert pk({6}, {6, 7}, 12) == pytest.approx(1 / 9)
    assert window_diff({6}, {6, 7}, 12) == pytest.approx(3 / 9)


def test_nothing_found_misses_every_window_that_holds_a_boundary() -> None:
    assert pk({6}, set(), 12) == window_diff({6}, set(), 12) == pytest.approx(3 / 9)


def test_texts_shorter_than_a_window_are_right_or_wrong() -> None:
    assert pk({1}, {1}, 2) == window_diff(set(), set(), 1) == 0.0
    assert pk({1}, set(), 2) == window_diff(set(), {1}, 2) == 1.0


def test_another_implementation_gives_the_same_figures() -> None:
    path = shared(SHARED_DATA / "segmetrics.py")
    spec = importlib.util.spec_from_file_location("segmetrics", path)
    assert spec is not None and spec.loader is not None
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    chance = random.Random(7)
    for _ in range(200):
        units = chance.randint(3, 80)
        sides = [
            sorted(chance.sample(range(1, units), chance.randint(0, min(8, units - 1))))
            for _ in range(2)
        ]
        assert pk(*sides, units) == pytest.approx(other.pk(*sides, units))
        assert window_diff(*sides, units) == pytest.approx(other.windowdiff(*sides, units))
        times = [[float(at) for at in side] for side in sides]
        assert within(*times, 3.0).f1 == pytest.approx(other.boundary_f1(*times, 3.0), abs=0.0006)
