"""Every moment gets one category of the taxonomy, whatever the casing; tags never leak between categories."""

import pytest

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from chrysopedia_assets.stages.classifications import (
    BATCH_MOMENTS,
    ClassificationReply,
    MomentClass,
    classify,
)
from tests.records import VIDEO, moment
from tests.stages.scripted import Scripted

TAXONOMY = Taxonomy(
    categories=(
        Category(
            key="sound_design", name="Sound Design", description="d", aliases=("sd",),
            tags=(Tag(key="fm", name="FM Synthesis", aliases=("frequency modulation",)),),
        ),
        Category(key="mixing", name="Mixing", description="d", tags=(Tag(key="eq", name="EQ"),)),
    )
)  # fmt: skip


def classified(count: int, *classes: MomentClass) -> Classifications:
    moments = KeyMoments(
        video=VIDEO, made_by="test", moments=tuple(moment(n) for n in range(count))
    )
    return classify(moments, TAXONOMY, Scripted(lambda q: ClassificationReply(classes=classes)))


@pytest.mark.parametrize(
    "word", ["Sound Design", "sound design", "SOUND-DESIGN", "sound_design", " SD "]
)
def test_one_category_stays_one_whatever_its_spelling(word: str) -> None:
    [made] = classified(1, MomentClass(moment=0, category=word)).classifications
    assert made.category == "sound_design"


def test_tags_become_keys_and_those_of_other_categories_are_dropped() -> None:
    tags = ("Frequency Modulation", "fm", "EQ", "invented")
    [made] = classified(1, MomentClass(moment=0, category="sd", tags=tags)).classifications
    assert made.tags == ("fm",)


def test_answers_are_matched_by_number_not_by_order() -> None:
    found = classified(
        2, MomentClass(moment=1, category="mixing"), MomentClass(moment=0, category="sd")
    )
    assert [(c.moment_id, c.category) for c in found.classifications] == [
        ("m0", "sound_design"),
        ("m1", "mixing"),
    ]


@pytest.mark.parametrize(
    ("classes", "complaint"),
    [
        ((), "moments [0, 1] have no answer"),
        ((0,), "moments [1] have no answer"),
        ((0, 1, 1), "moments [1] are answered more than once"),
        ((0, 1, 2), "there are no moments [2]"),
    ],
)
def test_a_short_or_doubled_or_invented_answer_is_refused(
    classes: tuple[int, ...], complaint: str
) -> None:
    with pytest.raises(ReplyRefused) as caught:
        classified(2, *(MomentClass(moment=n, category="mixing") for n in classes))
    assert complaint in str(caught.value)


def test_a_category_that_nobody_declared_is_refused() -> None:
    with pytest.raises(ReplyRefused, match="'Cooking' is no category"):
        classified(1, MomentClass(moment=0, category="Cooking"))


def test_moments_are_asked_about_in_batches() -> None:
    count = 2 * BATCH_MOMENTS + 1
    moments = KeyMoments(
        video=VIDEO, made_by="test", moments=tuple(moment(n) for n in range(count))
    )
    engine = Scripted(
        lambda q: ClassificationReply(
            classes=tuple(MomentClass(moment=n, category="mixing") for n in q.given.numbers)
        )
    )
    found = classify(moments, TAXONOMY, engine)
    assert [len(q.given.moments) for q in engine.asked] == [BATCH_MOMENTS, BATCH_MOMENTS, 1]
    assert [c.moment_id for c in found.classifications] == [f"m{n}" for n in range(count)]


def test_a_video_without_moments_asks_nothing() -> None:
    assert classified(0).classifications == ()
