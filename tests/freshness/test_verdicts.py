"""Why a stage's result is out of date, by its own inputs and through all stages above: plain values, no Dagster."""

from collections.abc import Mapping
from dataclasses import replace

from chrysopedia_assets.freshness.verdicts import (
    Accepted,
    Cause,
    Made,
    Read,
    Recorded,
    Root,
    Source,
    Verdict,
    verdicts,
)
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.stage_defs import (
    LIBRARY_FILES,
    NOT_HEARD,
    OF_VIDEOS,
    SOURCES,
    SPEECH_RECOGNITION,
    STAGE_DEFS,
)

VIDEO = "ann--kick"
SOURCES_NOW = {name: Source(f"{name} 1", 100.0) for name in SOURCES if name not in OF_VIDEOS}


def fresh() -> Recorded:
    """One video whose stages were made one after the other, each from what is there now."""
    made = {
        LIBRARY_FILES: {VIDEO: Made(1, 1.0, "file 1", None, {})},
        SPEECH_RECOGNITION: {VIDEO: Made(1, 1.0, NOT_HEARD, None, {})},
    }
    for event_id, (name, stage) in enumerate(STAGE_DEFS.items(), start=2):
        inputs = {
            read: Read(SOURCES_NOW[read].version, 99)
            if read in SOURCES_NOW
            else Read("as it was", made[read][VIDEO].event_id)
            for read in stage.reads
        }
        made[name] = {
            VIDEO: Made(event_id, float(event_id), f"{name} 1", stage.code_version, inputs)
        }
    stored = {(VIDEO, name): f"{name} 1" for name in STAGES}
    return Recorded(made, SOURCES_NOW, stored=stored)


def made_again(recorded: Recorded, stage: str, version: str, event_id: int = 50) -> Recorded:
    """The stage has a newer result; the versions of what was read before are known."""
    before = recorded.made[stage][VIDEO]
    after = before._replace(event_id=event_id, data_version=version, at_s=float(event_id))
    older = {**recorded.older, (stage, VIDEO, before.event_id): before.data_version}
    stored = {**(recorded.stored or {}), (VIDEO, stage): version}
    made = {**recorded.made, stage: {VIDEO: after}}
    return replace(recorded, made=made, older=older, stored=stored)


def edited(recorded: Recorded, name: str, version: str) -> Recorded:
    return replace(recorded, sources={**recorded.sources, name: Source(version, 200.0)})


def changed(recorded: Recorded, stage: str, **fields: object) -> Recorded:
    after = recorded.made[stage][VIDEO]._replace(**fields)  # type: ignore[arg-type]
    return replace(recorded, made={**recorded.made, stage: {VIDEO: after}})


def of_video(recorded: Recorded, accepted: tuple[Accepted, ...] = ()) -> Mapping[str, Verdict]:
    return verdicts([VIDEO], recorded, accepted=accepted)[VIDEO]  # type: ignore[return-value]


def words(recorded: Recorded, accepted: tuple[Accepted, ...] = ()) -> dict[str, str]:
    """Of those that are not fresh."""
    found = of_video(recorded, accepted)
    return {stage: v.word for stage, v in found.items() if v.word != "fresh"}


def test_what_was_made_from_what_is_there_now_is_fresh() -> None:
    found = of_video(fresh())
    assert {verdict.word for verdict in found.values()} == {"fresh"}
    assert all(verdict.roots == () and verdict.status == "FRESH" for verdict in found.values())


def test_an_edited_prompt_makes_its_stage_and_all_below_stale_with_the_prompt_as_the_root() -> None:
    found = of_video(edited(fresh(), "prompts/extraction", "new"))
    cause = Cause("prompt", "prompts/extraction", "prompts/extraction 1", "new")
    assert [stage for stage in found if found[stage].word == "stale"] == list(STAGES[2:])
    assert {found[stage].roots for stage in STAGES[2:]} == {(Root("key_moments", cause),)}
    assert found["key_moments"].own == (cause,)
    assert found["technique_pages"].status == "FRESH"  # one hop, as Dagster has it


def test_an_old_prompt_put_back_makes_what_it_made_fresh_again() -> None:
    new = edited(fresh(), "prompts/extraction", "new")
    assert words(new)
    assert words(edited(new, "prompts/extraction", "prompts/extraction 1")) == {}


def test_every_kind_of_source_is_a_cause_of_its_own() -> None:
    for name, kind in SOURCES.items():
        if name in OF_VIDEOS:
            continue
        roots = of_video(edited(fresh(), name, "new"))["technique_pages"].roots
        assert [root.cause for root in roots] == [Cause(kind, name, f"{name} 1", "new")]


def test_a_changed_file_is_a_cause() -> None:
    found = of_video(made_again(fresh(), LIBRARY_FILES, "file 2"))
    cause = Cause("file", LIBRARY_FILES, "file 1", "file 2")
    assert found["technique_pages"].roots == (Root("transcripts", cause),)


def test_another_recogniser_is_a_cause() -> None:
    found = of_video(made_again(fresh(), SPEECH_RECOGNITION, "model 2"))
    cause = Cause("recogniser", SPEECH_RECOGNITION, NOT_HEARD, "model 2")
    assert found["technique_pages"].roots == (Root("transcripts", cause),)


def test_a_transcript_from_before_there_was_a_recogniser_was_read_from_a_file() -> None:
    inputs = dict(fresh().made["transcripts"][VIDEO].inputs)
    del inputs[SPEECH_RECOGNITION]
    recorded = changed(fresh(), "transcripts", inputs=inputs)
    assert words(recorded) == {}
    heard = of_video(made_again(recorded, SPEECH_RECOGNITION, "model 1"))
    cause = Cause("recogniser", SPEECH_RECOGNITION, NOT_HEARD, "model 1")
    assert heard["transcripts"].roots == (Root("transcripts", cause),)


def test_a_stage_made_again_with_the_same_result_spares_what_is_below() -> None:
    assert words(made_again(fresh(), "topic_chunks", "topic_chunks 1")) == {}
    other = of_video(made_again(fresh(), "topic_chunks", "other"))
    cause = Cause("input", "topic_chunks", "topic_chunks 1", "other")
    assert other["key_moments"].own == (cause,)
    assert other["topic_chunks"].word == "fresh"


def test_two_roots_are_both_told_and_each_once() -> None:
    recorded = edited(fresh(), "prompts/extraction", "new")
    recorded = edited(recorded, "prompts/classification", "new")
    roots = of_video(recorded)["technique_pages"].roots
    assert [root.stage for root in roots] == ["key_moments", "classifications"]


def test_other_code_and_other_inputs_than_were_read_are_causes() -> None:
    assert of_video(changed(fresh(), "key_moments", code_version="0"))["key_moments"].own == (
        Cause("code", "key_moments", "0", STAGE_DEFS["key_moments"].code_version),
    )
    inputs = dict(fresh().made["key_moments"][VIDEO].inputs)
    gone = inputs | {"comments": Read("c1", 1)}
    assert of_video(changed(fresh(), "key_moments", inputs=gone))["key_moments"].own == (
        Cause("dependency", "comments", "c1", None),
    )
    del inputs["prompts/extraction"]
    assert of_video(changed(fresh(), "key_moments", inputs=inputs))["key_moments"].own == (
        Cause("dependency", "prompts/extraction"),
    )


def test_what_was_never_made_is_missing_and_what_is_made_of_it_stale() -> None:
    recorded = fresh()
    found = of_video(replace(recorded, made={**recorded.made, "key_moments": {}}))
    assert found["key_moments"].status == "MISSING"
    assert found["key_moments"].word == "missing"
    assert found["technique_pages"].roots == (Root("key_moments", Cause("missing", "key_moments")),)


def test_a_result_that_is_no_longer_stored_is_lost_though_dagster_has_it_as_fresh() -> None:
    recorded = fresh()
    stored = {key: v for key, v in (recorded.stored or {}).items() if key[1] != "key_moments"}
    found = of_video(replace(recorded, stored=stored))
    assert found["key_moments"].status == "FRESH"
    assert found["key_moments"].roots == (
        Root("key_moments", Cause("lost", "key_moments", "key_moments 1", None)),
    )


def test_an_override_is_a_word_of_its_own_and_nothing_below_is_stale_for_it() -> None:
    inputs = dict(fresh().made["key_moments"][VIDEO].inputs)
    inputs["prompts/extraction"] = Read("mine", 99)
    recorded = changed(fresh(), "key_moments", inputs=inputs, override="mine")
    assert words(recorded) == {"key_moments": "override"}
    assert of_video(recorded)["key_moments"].status == "STALE"  # as Dagster has it
    below = of_video(edited(recorded, "extraction_settings", "new"))
    assert below["key_moments"].word == "override"
    assert below["technique_pages"].word == "stale"


def test_versions_that_were_declared_equal_are_accepted_in_both_directions_and_over_others() -> (
    None
):
    recorded = edited(fresh(), "prompts/extraction", "3")
    first = Accepted("prompts/extraction", "prompts/extraction 1", "2")
    second = Accepted("prompts/extraction", "3", "2")
    assert words(recorded, (first,))["key_moments"] == "stale"
    assert words(recorded, (first, second)) == {"key_moments": "accepted"}
    other = Accepted("prompts/synthesis", "prompts/extraction 1", "3")
    assert words(recorded, (other,))["key_moments"] == "stale"
    assert words(recorded, (second, first, Accepted(*reversed_pair(first)))) == {
        "key_moments": "accepted"
    }


def reversed_pair(pair: Accepted) -> tuple[str, str, str]:
    return pair.subject, pair.other, pair.one


def test_of_a_result_that_was_only_reported_times_tell() -> None:
    reported = changed(fresh(), "key_moments", code_version=None, inputs={}, at_s=10.0)
    assert words(reported) == {}
    assert of_video(changed(reported, "topic_chunks", at_s=11.0))["key_moments"].own == (
        Cause("input", "topic_chunks", None, "topic_chunks 1"),
    )


def test_a_source_nobody_has_observed_has_the_version_that_dagster_gives_it() -> None:
    recorded = fresh()
    unseen = {n: s for n, s in recorded.sources.items() if n != "prompts/extraction"}
    found = of_video(replace(recorded, sources=unseen))["key_moments"]
    assert found.own == (Cause("prompt", "prompts/extraction", "prompts/extraction 1", "INITIAL"),)


def test_an_input_that_was_not_there_when_it_was_read_never_counts_as_changed() -> None:
    inputs = dict(fresh().made["transcripts"][VIDEO].inputs)
    inputs[LIBRARY_FILES] = Read("INITIAL", None)
    recorded = changed(fresh(), "transcripts", inputs=inputs)
    assert words(made_again(recorded, LIBRARY_FILES, "file 2")) == {}
