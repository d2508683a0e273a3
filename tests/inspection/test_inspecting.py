"""What can be seen of a video: whole, half processed, and of several runs."""

from dataclasses import replace

import pytest

from chrysopedia_assets.inspection.inspecting import inspect
from chrysopedia_assets.inspection.seen import Inspection, Stored
from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.records import STAGES
from tests.inspection.world import (
    VIDEO,
    chunks,
    classes,
    groups,
    moment,
    moments,
    pages,
    transcript,
    whole,
)


def test_a_boundary_has_its_pause_its_change_of_words_and_its_reason() -> None:
    first, second = inspect(whole()).chunks
    assert (first.pause_s, first.drop, first.reason) == (None, None, "")
    assert (second.pause_s, second.reason) == (3.5, 'opener "now"')
    assert second.drop == 0.833, "the greatest of three changes: (2 + 0.5) / 3"


def test_a_moment_says_where_it_is_what_it_is_and_what_became_of_it() -> None:
    seen = inspect(whole())
    kept, left = seen.moments
    assert (kept.chunk, kept.category, kept.tags, kept.evidence) == (
        1,
        "mixing",
        ("eq",),
        "said so",
    )
    assert (kept.group, kept.page, kept.citation, kept.left_out) == (1, "ann--kick--low", 1, "")
    assert (left.group, left.page, left.citation, left.left_out) == (2, None, None, "too thin")
    assert seen.chunks[0].moments == ("m0", "m1")
    assert seen.chunks[0].categories == ("mixing", "mastering")


def test_what_was_left_out_is_listed_with_the_reason() -> None:
    seen = inspect(whole())
    assert [(one.stage, one.what, one.start_s, one.why) for one in seen.left_out] == [
        ("topic_chunks", "Topic at 2", 22.5, "no moment was found in it"),
        ("key_moments", "Moment 1", 10.0, "too thin"),
    ]
    assert seen.out_of_step == () and seen.missing == ()


def test_what_was_heard_in_doubt_is_shown_and_at_the_moments_that_it_lies_in() -> None:
    doubts = (
        Doubt(kind="unheard", start_s=8.0, end_s=9.5, reason="for 1.5 s"),
        Doubt(kind="repeated", start_s=25.0, end_s=26.0, reason="'pad' again and again"),
    )
    heard = transcript().model_copy(
        update={"doubts": doubts, "minutes": (MinuteHeard(minute=0, speech_s=40, heard_s=38.5),)}
    )
    seen = inspect(replace(whole(), transcripts=heard))
    assert (seen.doubts, seen.heard_share) == (doubts, 0.9625)
    assert [moment.doubted for moment in seen.moments] == ["speech without words", ""]
    read = inspect(whole())
    assert (read.doubts, read.heard_share) == ((), None), "nobody has compared speech and words"


@pytest.mark.parametrize("count", range(len(STAGES) + 1))
def test_a_video_that_is_half_processed_shows_what_there_is_and_names_the_rest(count: int) -> None:
    stored = replace(whole(), **dict.fromkeys(STAGES[count:]))
    seen = inspect(stored)
    assert seen.missing == STAGES[count:]
    assert tuple(seen.made_by) == STAGES[:count]
    assert bool(seen.chunks) == (count > 1)
    assert bool(seen.moments) == (count > 2)
    assert seen.out_of_step == (), "what has not run is missing, and not of another run"
    assert all(m.left_out == "" for m in seen.moments) == (count < len(STAGES))
    assert Inspection.model_validate_json(seen.model_dump_json()) == seen


def test_chunks_without_their_transcript_have_nothing_measured() -> None:
    other = whole().transcripts
    assert other is not None
    shorter = other.model_copy(update={"segments": other.segments[:3]})
    for stored in (replace(whole(), transcripts=None), replace(whole(), transcripts=shorter)):
        seen = inspect(stored)
        assert [(c.pause_s, c.drop) for c in seen.chunks] == [(None, None)] * 2
        assert seen.chunks[1].reason == 'opener "now"'
    assert inspect(replace(whole(), transcripts=None)).duration_s == 40.0
    assert inspect(Stored(VIDEO)).duration_s == 0.0


def test_stages_of_different_runs_are_shown_as_such() -> None:
    """Moment 3 was found after the stages below had run; moment 0 is only in those."""
    found = moments(moment(1), moment(3))
    told = {
        (one.stage, one.what): one.why
        for one in inspect(replace(whole(), key_moments=found)).out_of_step
    }
    gone = "its moment is not among the key moments of now"
    assert told["classifications", "m0"] == gone
    assert told["synthesis_groups", "Moment 0"] == gone
    assert told["technique_pages", "Moment 0"] == gone
    seen = inspect(replace(whole(), key_moments=found, synthesis_groups=None, technique_pages=None))
    assert [one.why for one in seen.out_of_step if one.stage == "key_moments"] == [
        "it is not in the classifications of now, which are of another run"
    ]
    assert (seen.moments[1].category, seen.moments[1].left_out) == (None, "")


def test_a_moment_that_no_page_knows_says_so() -> None:
    seen = inspect(replace(whole(), key_moments=moments(moment(0), moment(1), moment(3))))
    assert seen.moments[2].left_out == "none of the pages was made from it"


def test_a_moment_outside_all_chunks_is_in_none() -> None:
    far = moment(3, moment_id="m9", first_segment=9, last_segment=9)
    [seen] = inspect(replace(whole(), key_moments=moments(far))).moments
    assert seen.chunk is None


def many(count: int, category: str = "mixing") -> list:
    return [moment(0, moment_id=f"{category}{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("sizes", "tokens", "split_by", "why"),
    [
        ([1], [10], "", "the only moment of mixing"),
        ([2], [10], "", "all moments of mixing, in order of time"),
        ([16, 15], [900, 800], "count", "moments of mixing, in order of time; 31 of them are more than the 30 of one call"),
        ([2, 2], [8_000, 7_000], "tokens", "moments of mixing, in order of time; their 15,000 tokens are more than the 12,000 of one call"),
    ],
)  # fmt: skip
def test_a_group_says_why_its_moments_are_together_and_what_split_their_category(
    sizes: list[int], tokens: list[int], split_by: str, why: str
) -> None:
    left = iter(many(sum(sizes)))
    given = [
        ("mixing", t, tuple(next(left) for _ in range(n)))
        for n, t in zip(sizes, tokens, strict=True)
    ]
    made = groups(*given, ("workflow", 5, (moment(1),)))
    seen = inspect(Stored(VIDEO, synthesis_groups=made)).groups
    assert {(g.split_by, g.why) for g in seen[:-1]} == {(split_by, why)}
    assert [(g.part, g.parts) for g in seen[:-1]] == [
        (n + 1, len(sizes)) for n in range(len(sizes))
    ]
    assert (seen[-1].part, seen[-1].parts, seen[-1].split_by) == (1, 1, "")


def test_a_page_says_which_groups_its_moments_came_from() -> None:
    made = pages((moment(0), moment(1), moment(3)))
    [page] = inspect(replace(whole(), technique_pages=made)).pages
    assert page.groups == (1, 2)
    assert [m.moment_id for m in page.moments] == ["m0", "m1", "m3"]


def test_the_order_of_stages_does_not_matter_for_a_chunk_without_moments_yet() -> None:
    seen = inspect(Stored(VIDEO, topic_chunks=chunks(0, 1), classifications=classes(m0="mixing")))
    assert seen.left_out == (), "nothing was looked for yet"
