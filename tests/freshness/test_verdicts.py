"""Why a stage has to run, and which stages surely have to: plain values, no Dagster."""

from chrysopedia_assets.freshness.verdicts import Cause, Made, StageDef, causes, surely_needed

A = StageDef("a", "1", ("file",))
B = StageDef("b", "1", ("a",))
C = StageDef("c", "1", ("a", "b"))
STAGES = (A, B, C)
MADE = {
    "a": Made("a1", "1", {"file": "f1"}),
    "b": Made("b1", "1", {"a": "a1"}),
    "c": Made("c1", "1", {"a": "a1", "b": "b1"}),
}
NOW = {"file": "f1", "a": "a1", "b": "b1", "c": "c1"}


def test_what_was_made_from_the_present_versions_is_fresh() -> None:
    assert causes(B, MADE["b"], NOW) == ()
    assert surely_needed(STAGES, MADE, NOW) == []


def test_every_cause_has_its_own_word() -> None:
    assert causes(B, None, NOW) == (Cause("missing", "b"),)
    assert causes(StageDef("b", "2", ("a",)), MADE["b"], NOW) == (Cause("code", "b"),)
    assert causes(StageDef("b", "1", ("a", "x")), MADE["b"], NOW) == (Cause("new input", "x"),)
    assert causes(B, MADE["b"], NOW | {"a": "a2"}) == (Cause("input", "a"),)


def test_an_input_that_went_back_to_what_it_was_is_fresh_again() -> None:
    assert causes(B, MADE["b"], NOW | {"a": "a2"})
    assert causes(B, MADE["b"], NOW | {"a": "a1"}) == ()


def test_an_input_whose_present_version_nobody_knows_is_no_cause() -> None:
    assert causes(A, MADE["a"], {"file": None}) == ()


def test_dagsters_way_of_recording_a_partitions_version_counts_as_that_version() -> None:
    hashed = "f55ff16f66f43360266b95db6f8fec01d76031054306ae4a4b380598f6cfd114"
    assert causes(B, Made("b1", "1", {"a": hashed}), NOW) == ()
    assert causes(B, Made("b1", "1", {"a": hashed}), NOW | {"a": "a2"}) == (Cause("input", "a"),)


def test_a_video_never_made_needs_every_stage_in_order() -> None:
    assert surely_needed(STAGES, {}, {"file": "f1"}) == ["a", "b", "c"]


def test_below_a_changed_input_nothing_is_run_before_its_result_is_known() -> None:
    assert surely_needed(STAGES, MADE, NOW | {"file": "f2"}) == ["a"]
    assert surely_needed(STAGES, MADE, NOW | {"a": "a2"}) == ["b"]


def test_a_stage_below_that_was_never_made_is_run_in_the_same_go() -> None:
    without_c = {name: made for name, made in MADE.items() if name != "c"}
    assert surely_needed(STAGES, without_c, NOW | {"a": "a2"}) == ["b", "c"]


def test_new_code_far_below_a_changed_input_waits_for_what_is_between() -> None:
    new_c = StageDef("c", "2", ("a", "b"))
    assert surely_needed((A, B, new_c), MADE, NOW | {"file": "f2"}) == ["a"]
    assert surely_needed((A, B, new_c), MADE, NOW) == ["c"]
