"""Every moment gets one category of the taxonomy, whatever the casing; tags never leak between categories."""

import pytest
from pydantic import ValidationError

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from chrysopedia_assets.stages.classifications import (
    BATCH_MOMENTS,
    ClassificationInput,
    ClassificationQuestion,
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
    assert [n for q in engine.asked for n in q.given.numbers] == list(range(count))
    assert engine.asked[2].subject == f"moments {count - 1}"
    assert [c.moment_id for c in found.classifications] == [f"m{n}" for n in range(count)]


def test_a_video_without_moments_asks_nothing() -> None:
    assert classified(0).classifications == ()


# Dividing ----------------------------------------------------------------------------------------


def about(*numbers: int) -> ClassificationQuestion:
    return ClassificationQuestion(
        ClassificationInput(
            video=VIDEO,
            taxonomy=TAXONOMY,
            numbers=numbers,
            moments=tuple(moment(n) for n in numbers),
        )
    )


def answered(*numbers: int, category: str = "mixing") -> ClassificationReply:
    return ClassificationReply(
        classes=tuple(MomentClass(moment=n, category=category) for n in numbers)
    )


def test_halves_ask_about_their_own_moments_under_the_same_numbers() -> None:
    assert about(20, 21, 22, 23, 24).halves() == (about(20, 21), about(22, 23, 24))
    assert about(20).halves() == ()


def test_answers_to_both_halves_answer_the_whole() -> None:
    question = about(20, 21, 22)
    joined = question.joined([answered(20), answered(22, 21, category="sd")])
    assert question.complaints(joined) == []
    assert [c.moment for c in joined.classes] == [20, 22, 21]


@pytest.mark.parametrize(
    ("classes", "kept", "missing"),
    [
        ([(20, "sd"), (21, "mixing")], [20, 21], [22]),
        ([(22, "SD")], [22], [20, 21]),
        ([(20, "sd"), (21, "sd"), (21, "sd"), (22, "sd")], [20, 22], [21]),
        ([(20, "sd"), (21, "cooking"), (22, "sd")], [20, 22], [21]),
        ([(20, "sd"), (21, "sd"), (9, "sd")], [20, 21], [22]),
    ],
)
def test_of_a_short_answer_what_is_sound_is_kept_and_the_rest_is_asked_for(
    classes: list[tuple[int, str]], kept: list[int], missing: list[int]
) -> None:
    question = about(20, 21, 22)
    reply = ClassificationReply(
        classes=tuple(MomentClass(moment=n, category=category) for n, category in classes)
    )
    assert question.complaints(reply) != []
    part = question.rest(reply)
    assert part is not None
    assert [c.moment for c in part[0].classes] == kept
    assert part[1] == about(*missing)
    assert question.complaints(question.joined([part[0], answered(*missing)])) == []


@pytest.mark.parametrize(
    "reply",
    [answered(), answered(7), answered(20, 20), answered(20, 21, 22), answered(20, 21, 22, 9)],
)
def test_an_answer_with_nothing_to_keep_or_nothing_to_add_has_no_rest(
    reply: ClassificationReply,
) -> None:
    assert about(20, 21, 22).rest(reply) is None


@pytest.mark.parametrize("numbers", [(1,), (1, 1), (1, 2, 3)])
def test_every_moment_that_is_asked_about_has_one_number(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="do not go together"):
        ClassificationInput(
            video=VIDEO, taxonomy=TAXONOMY, numbers=numbers, moments=(moment(1), moment(2))
        )
