"""What changed between two versions of a page and of its prompt: nothing lost, nothing invented, and in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chrysopedia_assets.inspection.page_changes import told_changes
from chrysopedia_assets.inspection.page_history import Edition, PromptUsed, prompt_change
from chrysopedia_assets.inspection.text_changes import (
    MAX_COMPARED,
    Line,
    changes,
    with_context,
    words_changed,
)
from chrysopedia_assets.models.technique_pages import Section, SignalChain, TechniquePage
from tests.inspection.world import moment, pages

TEXTS = st.lists(
    st.lists(st.sampled_from(["cut", "boost", "300", "Hz,", "  mud", "é\u3000x"]), max_size=6).map(" ".join), max_size=6
).map("\n".join)  # fmt: skip


def sides(lines: list[Line]) -> tuple[list[str], list[str]]:
    return tuple(  # type: ignore[return-value]
        [
            "".join(piece.text for piece in line.pieces if piece.word in ("same", side))
            for line in lines
            if line.word in ("same", "changed", side)
        ]
        for side in ("gone", "new")
    )


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_their_differences(before: str, after: str) -> None:
    lines = changes(before, after)
    assert sides(lines) == (before.splitlines(), after.splitlines())
    if before == after:
        assert {line.word for line in lines} <= {"same"}
        assert list(with_context(lines)) == [] and words_changed(lines) == (0, 0)


def test_a_line_that_was_changed_is_told_word_by_word_and_another_line_as_a_whole() -> None:
    lines = changes(
        "Cut at 300 Hz [1].\nNever boost.", "Cut at 250 Hz [1].\nSomething else, really"
    )
    assert [(piece.word, piece.text) for piece in lines[0].pieces] == [
        ("same", "Cut at"), ("gone", " 300"), ("new", " 250"), ("same", " Hz [1]."),
    ]  # fmt: skip
    assert [line.word for line in lines[1:]] == ["gone", "new"]
    assert words_changed(lines) == (4, 3)


def test_what_stays_the_same_is_left_out_but_for_the_lines_beside() -> None:
    before = "\n\n".join("abcdefg")
    shown = list(with_context(changes(before, before.replace("e", "other"))))
    assert [line.text if line else None for line in shown] == [None, "d", "e", "other", "f", None]


@pytest.mark.parametrize(
    "text", ["a " * MAX_COMPARED * 4, "a\n" * MAX_COMPARED * 4, "ab " * MAX_COMPARED + "\n" * 9]
)
def test_a_text_that_repeats_itself_for_ever_is_compared_all_the_same(text: str) -> None:
    lines = changes(text, text + "b")
    assert sides(lines) == (text.splitlines(), (text + "b").splitlines())


# Pages -------------------------------------------------------------------------------------------


def page(**changed: Any) -> TechniquePage:
    [only] = pages((moment(0), moment(1))).pages
    return only.model_copy(update=changed)


def test_the_same_page_has_no_changes() -> None:
    assert told_changes(page(), page()) == []


def test_changes_are_told_in_words() -> None:
    old = page(
        sections=(Section(title="One", body="Cut it [1]."), Section(title="Two", body="Wait."))
    )
    chain = SignalChain(title="Bus", steps=("EQ", "Glue"))
    new = page(
        title="Another",
        category="mastering",
        sections=(
            Section(title="One", body="Cut all of it [1]."),
            Section(title="Three", body="Wait."),
        ),
        signal_chains=(chain,),
    )
    assert told_changes(old, new) == [
        f"title was {old.title!r}",
        f"category {old.category} → mastering",
        "new section 'Three'",
        "gone: section 'Two'",
        "new signal chain 'Bus'",
        "+2 -0 words",
    ]


def test_a_moment_that_was_found_anew_is_no_other_moment() -> None:
    first, *rest = page().citations
    anew = first.model_copy(update={"moment_id": "anew", "title": "Another title", "end_s": first.end_s + 1})  # fmt: skip
    assert told_changes(page(), page(citations=(anew, *rest))) == []
    later = first.model_copy(update={"moment_id": "later", "title": "Later", "start_s": 900.0, "end_s": 901.0})  # fmt: skip
    assert told_changes(page(), page(citations=(later, *rest))) == [
        "gained moment 'Later'",
        f"lost moment {first.title!r}",
    ]


# Prompts -----------------------------------------------------------------------------------------


def edition(number: int, prompt: PromptUsed) -> Edition:
    at = datetime(2026, 3, number, tzinfo=UTC)
    return Edition(number, page(), f"maker {number}", at, f"run {number}", prompt)


def between(old: PromptUsed, new: PromptUsed) -> tuple[str, list[str]] | None:
    found = prompt_change(edition(1, old), edition(2, new))
    return (found.told, list(found.texts)) if found else None


def test_the_same_prompt_or_none_at_all_has_no_difference() -> None:
    assert between(PromptUsed("a", read=True), PromptUsed("a", read=True)) is None
    assert between(PromptUsed("a"), PromptUsed("b")) is None
    assert between(PromptUsed(), PromptUsed()) is None


def test_what_was_installed_on_both_sides_is_compared_first_then_what_was_asked() -> None:
    files = PromptUsed("a", True, {"system.md": "one", "user.md": "same"}, {"system": "one"})
    other = PromptUsed("b", True, {"system.md": "two", "user.md": "same", "voice.toml": "new"}, {"system": "two"})  # fmt: skip
    told, names = between(files, other) or ("", [])
    assert told == "From prompt a to b, as they were installed." and names == ["system.md", "voice.toml"]  # fmt: skip
    asked = PromptUsed("c", True, {}, {"system": "three"})
    told, names = between(files, asked) or ("", [])
    assert told == "From prompt a to c, as a model was asked." and names == ["system"]


def test_what_is_not_on_record_is_said_to_be_so() -> None:
    told, names = between(PromptUsed("a", True, {"system.md": "one"}), PromptUsed("b", True)) or ("", [])  # fmt: skip
    assert told.startswith("From prompt a to b. The text of b is not on record") and not names
    told, _ = between(PromptUsed(None, True), PromptUsed(None, True)) or ("", [])
    assert told.startswith(
        "From prompt (unknown) to (unknown). The text of version 1 and version 2"
    )
    told, _ = between(PromptUsed("a", True, {}, {"system": "x"}), PromptUsed("b", True, {"system.md": "y"})) or ("", [])  # fmt: skip
    assert "Texts to compare are not on record" in told


def test_a_version_without_a_prompt_says_so() -> None:
    told = "Version 1 was written without a prompt, by maker 1."
    assert between(PromptUsed("a"), PromptUsed("b", True)) == (told, [])
    assert between(PromptUsed("a"), PromptUsed("a", True)) == (told, [])
