"""Groups hold each moment once, keep to their category, and stay within both bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import MAX_MOMENT_CHARS, KeyMoments
from chrysopedia_assets.models.synthesis_groups import (
    MAX_GROUP_MOMENTS,
    MAX_GROUP_TOKENS,
    SynthesisGroups,
)
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis, tokens_of
from tests.records import VIDEO, moment


def grouped(categories: list[str], **texts: str) -> SynthesisGroups:
    moments = tuple(moment(n, **texts) for n in range(len(categories)))
    classes = tuple(
        Classification(moment_id=f"m{n}", category=category)
        for n, category in enumerate(categories)
    )
    return group_for_synthesis(
        KeyMoments(video=VIDEO, made_by="test", moments=moments),
        Classifications(video=VIDEO, made_by="test", classifications=classes),
    )


@given(st.lists(st.sampled_from("ab"), max_size=120), st.integers(1, MAX_MOMENT_CHARS))
def test_every_moment_is_in_one_group_of_its_category_within_the_bounds(
    categories: list[str], chars: int
) -> None:
    made = grouped(categories, transcript="x" * chars)
    placed = {m.moment.moment_id: group.category for group in made.groups for m in group.moments}
    assert placed == {f"m{n}": category for n, category in enumerate(categories)}
    for group in made.groups:
        assert len(group.moments) <= MAX_GROUP_MOMENTS
        assert group.tokens <= MAX_GROUP_TOKENS
        assert group.tokens == sum(tokens_of(member) for member in group.moments)


def test_198_moments_of_one_category_become_bounded_groups_of_about_equal_size() -> None:
    sizes = [len(group.moments) for group in grouped(["mixing"] * 198).groups]
    assert sum(sizes) == 198
    assert max(sizes) - min(sizes) <= 6


def test_a_moment_of_the_longest_kind_in_a_wide_script_still_fits_a_group() -> None:
    # the longest of everything, at four bytes a character
    largest = {
        "transcript": "🎛" * MAX_MOMENT_CHARS,
        "summary": "🎛" * 2_000,
        "quote": "🎛" * 2_000,
        "title": "🎛" * 300,
    }
    made = grouped(["mixing"] * 3, **largest)
    assert [len(group.moments) for group in made.groups] == [1, 1, 1]


def test_classifications_older_than_the_moments_are_named() -> None:
    with pytest.raises(ReplyRefused, match=r"has no classification.*Run `classifications`"):
        group_for_synthesis(
            KeyMoments(video=VIDEO, made_by="test", moments=(moment(7),)),
            Classifications(video=VIDEO, made_by="test", classifications=()),
        )
