"""What a page has cost: which moments a call was about, in the questions' own words, and that nothing is lost or counted twice."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrysopedia_assets.inspection.shares import (
    About,
    Address,
    Figures,
    Place,
    Placed,
    SourceCall,
    about,
    costs_of_pages,
)
from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.stages.classifications import ClassificationInput, ClassificationQuestion
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from tests.builders import grouped, moment, small_taxonomy, transcript, video

SEGMENTS = transcript("one", "two", "three").segments
MOMENTS = tuple(moment(f"Moment {n}", "said", number=n) for n in range(3))


def dollars(usd: float | Fraction) -> Figures:
    return Figures(calls=1, cost_usd=usd)  # type: ignore[arg-type]


def at(
    address: Address, first_segment: int, number: int = 0, group_id: str = "g", in_group: int = 1
) -> Placed:
    return Placed(address, Place(first_segment, number, group_id, in_group))


def shared(task: Task, subject: str, *moments: Placed, usd: float = 12.0) -> dict[Address, float]:
    """What one call costs each page."""
    calls = [SourceCall(1, "v", task, subject)]
    found = costs_of_pages(calls, {1: dollars(usd)}, {"v": moments}, dollars(usd))
    return {address: figures.cost_usd for address, figures in found.items() if figures.cost_usd}


# The stages' own words


def test_a_question_about_segments_says_which() -> None:
    cut = SegmentationQuestion(SegmentationInput(video=video(), first_segment=7, segments=SEGMENTS))
    given = ExtractionInput(
        video=video(), label="l", summary="s", first_segment=4, segments=SEGMENTS
    )
    assert about("segmentation", cut.subject) == About(segments=(7, 9))
    assert about("extraction", ExtractionQuestion(given).subject) == About(segments=(4, 6))


@pytest.mark.parametrize("numbers", [(5,), (3, 5, 20)])
def test_a_question_about_moments_says_which(numbers: tuple[int, ...]) -> None:
    these = MOMENTS[: len(numbers)]
    classes = ClassificationInput(
        video=video(), taxonomy=small_taxonomy(), numbers=numbers, moments=these
    )
    pages = SynthesisInput(
        video=video(), group_id="0a1b", category="c", numbers=numbers, moments=grouped(*these)
    )
    asked = ClassificationQuestion(classes), SynthesisQuestion(pages)
    assert about("classification", asked[0].subject) == About(numbers=frozenset(numbers))
    assert about("synthesis", asked[1].subject) == About(
        numbers=frozenset(numbers), group_id="0a1b"
    )


def test_other_words_are_about_nothing() -> None:
    for task in TASKS:
        for subject in ("", "check of gpt", "segments 1", "moments", "group g", "moments 1 to 2"):
            assert about(task, subject) is None


# Who pays for what


def test_a_call_on_segments_is_paid_by_the_moments_that_begin_in_them() -> None:
    moments = at("a", 0), at("a", 9), at("b", 5), at("b", 10), at(None, 3)
    assert shared("extraction", "segments 0 to 9", *moments) == {"a": 6.0, "b": 3.0, None: 3.0}
    assert shared("segmentation", "segments 0 to 10", *moments)["b"] == pytest.approx(4.8)


def test_a_call_on_moments_is_paid_by_those() -> None:
    moments = at("a", 0, 0), at("b", 0, 1), at("b", 0, 2), at("c", 0, 3)
    assert shared("classification", "moments 0, 1, 2", *moments) == {"a": 4.0, "b": 8.0}


def test_a_call_that_writes_is_paid_by_the_pages_of_those_moments_in_equal_parts() -> None:
    moments = (
        at("a", 0, 0, "g", 1),
        at("a", 0, 1, "g", 2),
        at("b", 0, 2, "g", 3),
        at(None, 0, 3, "g", 4),
        at("c", 0, 4, "h", 1),
    )
    assert shared("synthesis", "group g moments 1, 2, 3, 4", *moments) == {"a": 6.0, "b": 6.0}
    assert shared("synthesis", "group g moments 3", *moments) == {"b": 12.0}
    assert shared("synthesis", "group g moments 4", *moments) == {None: 12.0}


@pytest.mark.parametrize(("task", "subject"), [
    ("extraction", "segments 100 to 110"), ("classification", "moments 9"), ("synthesis", "group x moments 1"), ("extraction", "other"),
])  # fmt: skip
def test_what_served_no_moment_is_of_no_page(task: Task, subject: str) -> None:
    assert shared(task, subject, at("a", 0)) == {None: 12.0}
    assert shared(task, subject) == {None: 12.0}


def test_where_moments_were_found_anew_since_all_pages_pay_alike() -> None:
    moments = at("a", 0), Placed("b", None), Placed("b", None), Placed(None, None)
    assert shared("extraction", "segments 90 to 99", *moments) == {"a": 3.0, "b": 6.0, None: 3.0}
    assert shared("synthesis", "group x moments 1", *moments) == {"a": 6.0, "b": 6.0}


def test_a_reply_that_two_videos_used_is_paid_by_both_and_the_same_use_counts_once() -> None:
    calls = [SourceCall(1, name, "extraction", "segments 0 to 9") for name in ("v", "w", "w")]
    moments = {"v": [at("a", 0)], "w": [at("b", 0)]}
    found = costs_of_pages(calls, {1: dollars(12)}, moments, dollars(20))
    assert {page: figures.cost_usd for page, figures in found.items()} == {"a": 6, "b": 6, None: 8}


# Nothing is lost

numbers = st.integers(0, 6)
places = st.builds(Place, numbers, numbers, st.sampled_from("gh"), numbers)
pages_of = st.lists(
    st.builds(Placed, st.sampled_from(["a", "b", "c", None]), places | st.none()), max_size=6
)
subjects = st.one_of(
    st.builds(lambda a, n: f"segments {a} to {a + n}", numbers, numbers),
    st.builds(lambda n: f"moments {', '.join(map(str, sorted(n)))}", st.sets(numbers, min_size=1)),
    st.builds(lambda g, n: f"group {g} moments {n}", st.sampled_from("ghi"), numbers),
    st.just("page 'x'"),
)
source_calls = st.builds(
    SourceCall, st.integers(0, 9), st.sampled_from("vw"), st.sampled_from(TASKS), subjects
)
amounts = st.lists(st.integers(0, 1000), min_size=10, max_size=14)


@given(st.lists(source_calls, max_size=12), amounts, st.fixed_dictionaries({"v": pages_of}))
def test_pages_and_the_rest_are_the_total_exactly(
    calls: list[SourceCall], each: list[int], moments: dict[str, list[Placed]]
) -> None:
    figures = [Figures(*(Fraction(n, field + 1) for field in range(9))) for n in each]  # type: ignore[arg-type]
    total = Figures()
    for one in figures:
        total = total.plus(one)
    found = costs_of_pages(calls, dict(enumerate(figures)), moments, total)
    together = Figures()
    for share in found.values():
        together = together.plus(share)
    assert together == total
    assert all(value >= 0 for share in found.values() for value in share)
    standing = {placed.address for placed in moments["v"]}
    assert found.keys() <= standing | {None}
