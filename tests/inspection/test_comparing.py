"""Two results of a stage, part by part."""

from typing import Any

import pytest

from chrysopedia_assets.inspection.comparing import compare
from chrysopedia_assets.inspection.pairing import pairs
from tests.inspection.world import chunks, classes, groups, moment, moments, pages, transcript

NAMES = ("v1", "now")


def told(a: Any, b: Any, titles: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    found = compare(a, b, NAMES, titles or {}).differences
    return [(one.word, one.title, one.told) for one in found]


def test_boundaries_are_the_same_moved_or_only_on_one_side() -> None:
    assert told(chunks(0, 1, 3), chunks(0, 1, 2)) == [
        ("same", "Topic at 1", ""),
        ("moved", "Topic at 2", "-7.5 s, -1 segments"),
    ]
    assert told(chunks(0), chunks(0, 2)) == [("only in B", "Topic at 2", "")]
    assert told(chunks(0, 1, 2), chunks(0, 2)) == [
        ("only in A", "Topic at 1", ""),
        ("same", "Topic at 2", ""),
    ]
    assert told(chunks(0), chunks(0)) == []


def test_one_that_is_too_far_away_has_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chrysopedia_assets.inspection.comparing.MOVED_S", 5.0)
    assert [word for word, _, _ in told(chunks(0, 3), chunks(0, 2))] == ["only in B", "only in A"]


def test_moments_belong_together_by_the_time_they_share() -> None:
    before = moments(moment(0), moment(1), moment(3))
    after = moments(
        moment(0),
        moment(1, moment_id="new", title="Tuned", kind="settings", start_s=12.0),
        moment(2),
    )
    assert told(before, after) == [
        ("same", "Moment 0", ""),
        ("changed", "Tuned", "was 'Moment 1'; technique → settings; starts +2.0 s, ends +0.0 s"),
        ("only in B", "Moment 2", ""),
        ("only in A", "Moment 3", ""),
    ]
    other = moments(moment(0, quote="other", plugins=("Vital",)))
    assert told(moments(moment(0)), other) == [("changed", "Moment 0", "another quote; another plugins")]  # fmt: skip


def test_moments_of_no_length_belong_together_by_their_id() -> None:
    point = moment(0, end_s=0.0)
    assert told(moments(point), moments(point)) == [("same", "Moment 0", "")]


def test_classifications_say_what_changed_by_the_moments_title() -> None:
    before, after = classes(m0="mixing", m1="mixing"), classes(m0="mastering", m2="mixing")
    changed = after.classifications[0].model_copy(update={"tags": ()})
    after = after.model_copy(update={"classifications": (changed, after.classifications[1])})
    assert told(before, after, {"m0": "Moment 0"}) == [
        ("changed", "Moment 0", "mixing → mastering; tags eq → none"),
        ("only in A", "m1", ""),
        ("only in B", "m2", ""),
    ]


def test_a_comparison_counts_its_words_and_names_its_sides() -> None:
    found = compare(chunks(0, 1, 2), chunks(0, 1), NAMES, {})
    assert (found.stage, found.a, found.b) == ("topic_chunks", "v1", "now")
    assert found.counts == {"same": 1, "only in A": 1}


def test_groups_are_compared_by_their_moments() -> None:
    zero, one, two, three = (moment(n) for n in range(4))
    before = groups(("mixing", 1, (zero, one, two)), ("mastering", 1, (three,)))
    assert told(before, before) == [("same", "mixing", ""), ("same", "mastering", "")]
    split = groups(("mixing", 1, (zero, one)), ("mixing", 1, (two,)), ("mastering", 1, (three,)))
    assert told(before, split) == [
        ("changed", "mixing", "lost 'Moment 2'"),
        ("only in B", "mixing", "split from 'mixing' at 0:00"),
        ("same", "mastering", ""),
    ]
    assert told(split, before) == [
        ("changed", "mixing", "gained 'Moment 2'"),
        ("only in A", "mixing", "joined with 'mixing' at 0:00"),
        ("same", "mastering", ""),
    ]
    assert told(before, groups(("synthesis", 1, (three,)))) == [
        ("only in A", "mixing", ""),
        ("changed", "synthesis", "was 'mastering'"),
    ]


def test_a_moment_that_only_has_another_title_stays_in_its_group() -> None:
    renamed = moment(0, moment_id="new", title="Tuned")
    assert told(groups(("mixing", 1, (moment(0),))), groups(("mixing", 1, (renamed,)))) == [
        ("same", "mixing", "")
    ]


def test_pages_say_what_moved_what_they_were_called_and_whether_they_read_otherwise() -> None:
    before, after = pages((moment(0), moment(1))), pages((moment(0), moment(2)))
    assert told(before, before) == [("same", "Low Kick", "")]
    [page] = after.pages
    other = {"title": "Deep Kick", "category": "mastering", "summary": "another [1]"}
    after = after.model_copy(update={"pages": (page.model_copy(update=other),)})
    assert told(before, after) == [
        ("changed", "Deep Kick", "was 'Low Kick'; mixing → mastering; gained 'Moment 2'; lost 'Moment 1'; another text")
    ]  # fmt: skip
    none = before.model_copy(update={"pages": ()})
    assert told(before, none) == [("only in A", "Low Kick", "")]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TypeError, match="Transcript and Transcript are not compared"):
        compare(transcript(), transcript(), NAMES, {})
    with pytest.raises(TypeError):
        compare(chunks(0), moments(), NAMES, {})


def test_pairs_take_the_nearest_first_and_each_once() -> None:
    def apart(one: float, other: float) -> float | None:
        return abs(one - other) if abs(one - other) <= 3 else None

    assert pairs([0.0, 2.0], [1.9, 9.0], apart) == [(1, 0)]
    assert pairs([0.0, 2.0], [1.0, 3.0], apart) == [(0, 0), (1, 1)]
