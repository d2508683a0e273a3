"""Moments are filed by the taxonomy's own words; ties go to the video, then to the taxonomy's order."""

from benchmarks.classification import filed_by_engine, held_out, macro_f1, tuning
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.classifications import Classification
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import classify
from tests.builders import moment, product_taxonomy, small_taxonomy, video


def classes(*moments: KeyMoment, taxonomy: Taxonomy | None = None) -> tuple[Classification, ...]:
    known = taxonomy or small_taxonomy()
    given = KeyMoments(video=video(), made_by="test", moments=moments)
    return classify(given, known, ExtractiveEngine(known)).classifications


def test_the_words_of_a_category_decide_and_are_told() -> None:
    [found] = classes(moment("Set the Limiter", "The limiter takes 2 dB, then dither once."))
    assert found.category == "mastering"
    assert found.tags == ("limiting", "dither")
    assert found.evidence.startswith("limiter")


def test_a_word_that_two_categories_claim_goes_with_the_video() -> None:
    first, second, third = classes(
        moment("The Glue", "It is glue.", number=1),
        moment("Limiter", "The limiter again.", number=2),
        moment("Dither", "Dither once.", number=3),
    )
    assert [first.category, second.category, third.category] == ["mastering"] * 3


def test_without_a_video_to_go_by_the_first_category_wins() -> None:
    [found] = classes(moment("The Glue", "It is glue."))
    assert found.category == "mixing"


def test_a_moment_without_any_known_word_still_gets_one_category() -> None:
    [found] = classes(moment("Nothing", "吧吧吧吧"))
    assert (found.category, found.tags, found.evidence) == ("mixing", (), "")
    assert found.doubt == "little of it speaks for any category"


def test_a_category_that_is_as_likely_is_named_with_its_words() -> None:
    torn, sure = classes(
        moment("The Glue", "It is glue.", number=1),
        moment("Shelf and High Pass", "A shelf and a high pass.", number=2),
    )
    assert (torn.category, torn.doubt) == ("mixing", "perhaps Mastering: glue")
    assert sure.doubt == ""


def test_signs_decide_where_nothing_is_named_and_never_give_a_tag() -> None:
    known = product_taxonomy()
    [found] = classes(
        moment("The Second Verse", "Nothing enters before the second verse, and the last bar is silence."),
        taxonomy=known,
    )  # fmt: skip
    assert found.category == "arrangement"
    assert "second verse" in found.evidence
    [bare] = classes(moment("Eight Bars", "Every eight bars, on the one."), taxonomy=known)
    assert (bare.category, bare.tags) == ("arrangement", ())


def test_moments_that_it_was_not_tuned_on_are_filed_well() -> None:
    """Labelled by hand before the engine was asked; what it is not sure of is wrong more often than the rest."""
    filed = filed_by_engine(held_out(), product_taxonomy())
    assert not {one.said for one in held_out()} & {one.said for one in tuning()}
    assert len(filed) >= 100
    assert macro_f1(filed) > 0.8
    wrong = [one for one in filed if not one.right]
    unsure = [one for one in filed if not one.sure]
    assert len([one for one in wrong if not one.sure]) / len(wrong) > len(unsure) / len(filed)


def test_tags_belong_to_the_chosen_category() -> None:
    known = product_taxonomy()
    found = classes(
        moment("Sidechain the Bass", "Duck the bass with a compressor keyed from the kick.", number=1),
        moment("Draw the LFO", "Route the LFO to the wavetable position of osc A.", number=2),
        moment("Reharmonise the Chop", "Keep the chop and change the chord, use voice leading.", number=3),
        moment("Slice by Transient", "Slice the sample by transient and play the chops.", number=4),
        taxonomy=known,
    )  # fmt: skip
    assert [c.category for c in found] == ["mixing", "synthesis", "music_theory", "sampling"]
    for each in found:
        category = known.category(each.category)
        assert category is not None
        assert set(each.tags) <= {tag.key for tag in category.tags}
        assert each.tags


def test_more_moments_than_one_batch_are_all_answered_in_order() -> None:
    many = tuple(moment("Shelf", f"A shelf at {n}k.", number=n) for n in range(1, 46))
    assert [c.moment_id for c in classes(*many)] == [m.moment_id for m in many]


def test_the_taxonomy_that_ships_has_the_categories_of_the_product() -> None:
    assert [c.name for c in product_taxonomy().categories] == [
        "Sound Design",
        "Mixing",
        "Mastering",
        "Synthesis",
        "Sampling",
        "Arrangement",
        "Music Theory",
        "Workflow",
    ]
    assert len(product_taxonomy().plugins) >= 100
