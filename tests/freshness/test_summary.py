"""The pages of the library at one glance, and of which of them a result is due: plain values, no Dagster."""

from dataclasses import replace

from chrysopedia_assets.freshness.summary import (
    PAGES,
    Reported,
    count_words,
    due,
    pages,
    passes,
    result,
    stale_by_cause,
)
from chrysopedia_assets.freshness.verdicts import (
    Accepted,
    Cause,
    Made,
    Recorded,
    Root,
    Verdict,
    verdicts,
)
from tests.freshness.test_verdicts import VIDEO, changed, edited, fresh, made_again


def of_pages(recorded: Recorded, *accepted: Accepted) -> dict[str, dict[str, Verdict]]:
    return verdicts([VIDEO], recorded, accepted=accepted)  # type: ignore[return-value]


NEVER_MADE = Recorded({name: {} for name in fresh().made})
STALE = edited(fresh(), "prompts/extraction", "new")


def test_a_page_with_an_override_or_accepted_as_equal_passes_and_one_never_made_does_not() -> None:
    passing = {
        word: passes(Verdict(word)) for word in ("fresh", "stale", "missing", "override", "accepted")
    }  # fmt: skip
    assert [word for word, passed in passing.items() if passed] == ["fresh", "override", "accepted"]


def test_the_first_result_is_due_for_every_page_that_was_made() -> None:
    assert due(of_pages(fresh()), {}).keys() == {VIDEO}
    assert due(of_pages(NEVER_MADE), {}) == {}


def told(recorded: Recorded) -> dict[str, Reported]:
    """As if it had just been reported."""
    return {video_id: result(page) for video_id, page in pages(of_pages(recorded)).items()}


def test_a_result_is_due_when_the_verdict_flips_and_not_again() -> None:
    assert due(of_pages(STALE), told(fresh())).keys() == {VIDEO}
    assert due(of_pages(STALE), told(STALE)) == {}
    assert due(of_pages(fresh()), told(STALE)).keys() == {VIDEO}


def test_a_prompt_edited_once_more_makes_no_new_result_and_another_cause_does() -> None:
    again = edited(STALE, "prompts/extraction", "newer")
    assert due(of_pages(again), told(STALE)) == {}
    other = edited(STALE, "prompts/synthesis", "new")
    assert due(of_pages(other), told(STALE)).keys() == {VIDEO}


def test_a_result_is_due_for_a_newer_page_though_the_verdict_is_the_same() -> None:
    newer = made_again(fresh(), PAGES, "technique_pages 2")
    assert due(of_pages(newer), told(fresh())).keys() == {VIDEO}


def test_a_page_that_is_gone_fails_once_if_it_was_said_to_pass() -> None:
    assert due(of_pages(NEVER_MADE), {VIDEO: Reported(True, 7, "Up to date.")}).keys() == {VIDEO}
    assert due(of_pages(NEVER_MADE), {VIDEO: Reported(False, None, "Never made.")}) == {}


def test_every_word_is_counted_zeros_too() -> None:
    assert count_words(of_pages(STALE)) == {
        "fresh": 0, "stale": 1, "missing": 0, "override": 0, "accepted": 0,
    }  # fmt: skip
    equal = Accepted("prompts/extraction", "prompts/extraction 1", "new")
    assert count_words(of_pages(STALE, equal))["accepted"] == 1


def test_causes_are_counted_over_the_stale_pages_alone() -> None:
    assert stale_by_cause(of_pages(NEVER_MADE)) == {}
    assert stale_by_cause(of_pages(fresh())) == {}
    cause = Cause("prompt", "prompts/extraction", "prompts/extraction 1", "new")
    assert stale_by_cause(of_pages(STALE)) == {Root("key_moments", cause): 1}


def test_videos_whose_files_were_replaced_share_one_cause_whatever_the_versions() -> None:
    other = Made(60, 60.0, "file 2", None, {})
    recorded = replace(fresh(), made={**fresh().made, "library_files": {VIDEO: other}})
    assert stale_by_cause(of_pages(recorded)) == {
        Root("transcripts", Cause("file", "library_files")): 1
    }


def test_a_page_made_with_an_override_is_no_stale_page() -> None:
    recorded = changed(STALE, PAGES, override="mine")
    assert stale_by_cause(of_pages(recorded)) == {}
    assert count_words(of_pages(recorded))["override"] == 1


def test_an_override_of_a_stage_above_is_said_of_its_page_unless_that_is_stale() -> None:
    above = changed(fresh(), "key_moments", override="mine")
    assert count_words(of_pages(above))["override"] == 1
    stale = edited(above, "prompts/synthesis", "new")
    assert count_words(of_pages(stale))["stale"] == 1
