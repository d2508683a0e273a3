"""What has to run, for sure and at most, and in which order: plain values, no Dagster."""

from dataclasses import replace

from chrysopedia_assets.freshness.plan import (
    Choice,
    count_by_cause,
    is_unfinished,
    next_stages,
    plan,
    to_run,
)
from chrysopedia_assets.freshness.verdicts import Cause, Read, Recorded, Root, Verdict, verdicts
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES
from tests.freshness.test_verdicts import VIDEO, changed, edited, fresh, made_again


def found(recorded: Recorded) -> dict[StageName, Verdict]:
    return verdicts([VIDEO], recorded)[VIDEO]


def without(recorded: Recorded, *stages: str) -> Recorded:
    return replace(recorded, made={**recorded.made, **{stage: {} for stage in stages}})


def test_nothing_has_to_run_when_everything_is_fresh() -> None:
    assert plan({VIDEO: found(fresh())}) == []
    assert next_stages(found(fresh())) == []


def test_an_edited_prompt_runs_its_stage_for_sure_and_at_most_all_below() -> None:
    entry = to_run(VIDEO, found(edited(fresh(), "prompts/extraction", "new")))
    assert entry.surely == ("key_moments",)
    assert entry.at_most == STAGES[2:]


def test_only_what_the_chosen_cause_asks_for_is_planned() -> None:
    recorded = edited(edited(fresh(), "prompts/extraction", "new"), "prompts/synthesis", "new")
    by_name = Choice(frozenset({"prompts/synthesis"}))
    assert to_run(VIDEO, found(recorded), by_name).at_most == ("technique_pages",)
    assert to_run(VIDEO, found(recorded), Choice(frozenset({"prompt"}))).at_most == STAGES[2:]
    assert plan({VIDEO: found(recorded)}, Choice(frozenset({"code"}))) == []
    assert plan({VIDEO: found(recorded)}, Choice(never=frozenset({"prompt"}))) == []


def test_an_override_is_kept_and_named_and_what_is_below_is_not_run_for_it() -> None:
    inputs = dict(fresh().made["key_moments"][VIDEO].inputs)
    inputs["prompts/extraction"] = Read("mine", 99)
    recorded = changed(fresh(), "key_moments", inputs=inputs, override="mine")
    assert plan({VIDEO: found(recorded)}) == []
    recorded = edited(recorded, "extraction_settings", "new")
    [entry] = plan({VIDEO: found(recorded)})
    assert (entry.at_most, entry.kept) == ((), ("key_moments",))
    assert next_stages(found(recorded)) == []


def test_a_video_never_made_needs_every_stage_in_order() -> None:
    assert next_stages(found(without(fresh(), *STAGES))) == list(STAGES)


def test_below_a_changed_input_nothing_is_run_before_its_result_is_known() -> None:
    assert next_stages(found(made_again(fresh(), LIBRARY_FILES, "file 2"))) == ["transcripts"]
    assert next_stages(found(made_again(fresh(), "transcripts", "other"))) == ["topic_chunks"]


def test_what_has_to_run_whatever_is_above_is_run_in_the_same_go() -> None:
    recorded = edited(fresh(), "prompts/segmentation", "new")
    assert next_stages(found(edited(recorded, "prompts/extraction", "new"))) == [
        "topic_chunks",
        "key_moments",
    ]
    assert next_stages(found(without(recorded, "key_moments"))) == ["topic_chunks", "key_moments"]


def test_new_code_far_below_a_changed_input_waits_for_what_is_between() -> None:
    recorded = changed(fresh(), "classifications", code_version="0")
    assert next_stages(found(recorded)) == ["classifications"]
    assert next_stages(found(made_again(recorded, LIBRARY_FILES, "file 2"))) == ["transcripts"]


def test_a_cause_that_was_not_chosen_runs_nothing_below_a_chosen_one() -> None:
    recorded = edited(fresh(), "prompts/synthesis", "new")
    by_name = Choice(frozenset({"prompts/extraction"}))
    assert next_stages(found(recorded), STAGES, by_name) == []
    again = made_again(recorded, "synthesis_groups", "other")
    assert next_stages(found(again), STAGES, by_name) == ["technique_pages"]


def test_only_wanted_stages_are_next() -> None:
    recorded = edited(edited(fresh(), "prompts/extraction", "new"), "prompts/synthesis", "new")
    assert next_stages(found(recorded), {"technique_pages"}) == ["technique_pages"]


def test_a_video_is_unfinished_by_what_is_missing_or_another_file_not_by_a_prompt() -> None:
    assert not is_unfinished(found(fresh()))
    assert not is_unfinished(found(edited(fresh(), "prompts/synthesis", "new")))
    assert is_unfinished(found(without(fresh(), "technique_pages")))
    assert is_unfinished(found(made_again(fresh(), LIBRARY_FILES, "file 2")))


def test_causes_are_counted_by_video_the_most_first() -> None:
    one, two = (Root("key_moments", Cause("code", name)) for name in ("one", "two"))
    entries = [("a", one), ("a", two), ("b", two), ("b", two)]
    assert list(count_by_cause(entries).items()) == [(two, 2), (one, 1)]
