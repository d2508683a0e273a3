"""Pages declare their moments; citations, tags and plugins follow from those and from nothing else."""

import pytest
from pydantic import ValidationError

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.synthesis_groups import (
    GroupedMoment,
    SynthesisGroup,
    SynthesisGroups,
)
from chrysopedia_assets.models.technique_pages import (
    CITATION,
    Section,
    Subsection,
    TechniquePages,
)
from chrysopedia_assets.stages.technique_pages import (
    LeftOut,
    PageDraft,
    SynthesisInput,
    SynthesisQuestion,
    SynthesisReply,
    write_pages,
)
from tests.records import VIDEO, moment
from tests.stages.scripted import Scripted


def member(number: int) -> GroupedMoment:
    found = moment(number, plugins=(f"Plugin {number}", "Both"))
    return GroupedMoment(moment=found, tags=(f"tag{number}", "both"))


def draft(title: str, *moments: int, body: str | None = None, part: str = "") -> PageDraft:
    said = body if body is not None else " ".join(f"Said [{n}]." for n in moments)
    parts = (Subsection(title="Part", body=part),) if part else ()
    return PageDraft(
        title=title, summary="In short.", moments=moments, source_quality="mixed",
        sections=(Section(title="At 300 Hz", body=said, subsections=parts),),
    )  # fmt: skip


def written(reply: SynthesisReply, members: int = 3) -> TechniquePages:
    group = SynthesisGroup(
        group_id="g", category="mixing", tokens=1, moments=tuple(member(n) for n in range(1, members + 1))
    )  # fmt: skip
    groups = SynthesisGroups(video=VIDEO, made_by="code 1", groups=(group,))
    return write_pages(groups, Scripted(lambda question: reply))


def test_citations_are_numbered_anew_for_each_page_in_order_of_time() -> None:
    reply = SynthesisReply(
        pages=(draft("A", 3, 1, body="Last [3], first [1].", part="Again [3]."), draft("B", 2))
    )
    first, second = written(reply).pages
    assert [c.moment_id for c in first.citations] == ["m1", "m3"]
    assert first.sections[0].body == "Last [2], first [1]."
    assert first.sections[0].subsections[0].body == "Again [2]."
    assert second.sections[0].body == "Said [1]."


def test_tags_and_plugins_are_those_of_the_pages_own_moments() -> None:
    first, second = written(SynthesisReply(pages=(draft("A", 1, 3), draft("B", 2)))).pages
    assert first.tags == ("tag1", "both", "tag3")
    assert second.tags == ("tag2", "both")
    assert first.plugins == ("Plugin 1", "Both", "Plugin 3")


def test_a_moment_left_out_is_listed_with_its_reason() -> None:
    reply = SynthesisReply(pages=(draft("A", 1, 2),), unused=(LeftOut(moment=3, reason="thin"),))
    [unused] = written(reply).unused
    assert (unused.moment_id, unused.reason) == ("m3", "thin")


def test_pages_of_one_title_get_ids_of_their_own() -> None:
    reply = SynthesisReply(pages=(draft("Same!", 1), draft("same", 2), draft("🎛️", 3)))
    ids = [page.page_id for page in written(reply).pages]
    assert ids == ["a--one--same", "a--one--same-2", "a--one--page"]


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (SynthesisReply(pages=(draft("A", 1, 2),)), "moments [3] are on no page and not listed as unused"),
        (SynthesisReply(pages=(draft("A", 1, 2, 3), draft("B", 3))), "moments [3] are placed twice"),
        (
            SynthesisReply(pages=(draft("A", 1, 2, 3),), unused=(LeftOut(moment=3, reason="r"),)),
            "moments [3] are placed twice",
        ),
        (SynthesisReply(pages=(draft("A", 1, 2, 3, 4),)), "there are no moments [4]"),
        (
            SynthesisReply(pages=(draft("A", 1, 2, body="[1] [2] [3]"), draft("B", 3))),
            "page 'A' cites moments [3], which it does not cover",
        ),
        (
            SynthesisReply(pages=(draft("A", 1, 2, 3, body="Said [1] and [2]."),)),
            "page 'A' covers moments [3] without citing them",
        ),
        (SynthesisReply(pages=()), "moments [1, 2, 3] are on no page"),
    ],
)  # fmt: skip
def test_a_reply_that_loses_doubles_or_invents_moments_is_refused(
    reply: SynthesisReply, complaint: str
) -> None:
    with pytest.raises(ReplyRefused) as caught:
        written(reply)
    assert complaint in str(caught.value)


def test_a_bracket_that_was_spoken_cites_nothing() -> None:
    reply = SynthesisReply(pages=(draft("A", 1, body=r"Said \[2\] [1]."),))
    [page] = written(reply, members=1).pages
    assert page.sections[0].body == r"Said \[2\] [1]."


@pytest.mark.parametrize(
    "body", ["[3][1]", "Both [3][1].", "[3] [1]", "*[3]*, [1]: so", "[3](x)[1]"]
)
def test_citations_side_by_side_are_all_numbered_anew(body: str) -> None:
    reply = SynthesisReply(pages=(draft("A", 1, 3, body=body), draft("B", 2)))
    first, _ = written(reply).pages
    assert CITATION.findall(first.sections[0].body) == ["2", "1"]


def test_a_link_that_a_reply_holds_is_text_on_the_page() -> None:
    reply = SynthesisReply(
        pages=(draft("A", 1, body="[buy](http://x.example) [1](http://x.example)"),)
    )
    [page] = written(reply, members=1).pages
    assert page.sections[0].body == r"\[buy\]\(http://x.example) [1]\(http://x.example)"


# Dividing ----------------------------------------------------------------------------------------


def about(*numbers: int) -> SynthesisQuestion:
    return SynthesisQuestion(
        SynthesisInput(
            video=VIDEO,
            group_id="g",
            category="mixing",
            numbers=numbers,
            moments=tuple(member(n) for n in numbers),
        )
    )


def test_halves_write_about_their_own_moments_under_the_same_numbers() -> None:
    assert about(1, 2, 3, 4, 5).halves() == (about(1, 2), about(3, 4, 5))
    assert about(4).halves() == ()


def test_pages_of_both_halves_are_the_pages_of_the_whole() -> None:
    question = about(1, 2, 3)
    left = LeftOut(moment=3, reason="thin")
    replies = [
        SynthesisReply(pages=(draft("A", 1),)),
        SynthesisReply(pages=(draft("B", 2),), unused=(left,)),
    ]
    joined = question.joined(replies)
    assert [page.title for page in joined.pages] == ["A", "B"]
    assert joined.unused == (left,)
    assert question.complaints(joined) == []


def test_sound_pages_that_leave_moments_out_are_kept_and_those_are_asked_about() -> None:
    question = about(4, 5, 6, 7)
    reply = SynthesisReply(pages=(draft("A", 6),), unused=(LeftOut(moment=4, reason="thin"),))
    assert question.rest(reply) == (reply, about(5, 7))
    whole = question.joined([reply, SynthesisReply(pages=(draft("B", 5, 7),))])
    assert question.complaints(whole) == []


@pytest.mark.parametrize(
    "reply",
    [
        SynthesisReply(pages=()),
        SynthesisReply(pages=(draft("A", 4, 5, 6),)),
        SynthesisReply(pages=(draft("A", 4, 9),)),
        SynthesisReply(pages=(draft("A", 4), draft("B", 4))),
        SynthesisReply(pages=(draft("A", 4, body="[5] [4]"),)),
        SynthesisReply(pages=(draft("A", 4, 5, body="[5]"),)),
    ],
)
def test_pages_that_are_wrong_or_none_or_all_have_no_rest(reply: SynthesisReply) -> None:
    assert about(4, 5, 6).rest(reply) is None


@pytest.mark.parametrize("numbers", [(1,), (1, 1), (1, 2, 3)])
def test_every_moment_of_a_group_has_one_number(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError, match="do not go together"):
        SynthesisInput(
            video=VIDEO, group_id="g", category="c", numbers=numbers, moments=(member(1), member(2))
        )
