"""Causes in words: each kind says what happened, and no version is longer than it needs to be."""

from typing import get_args

import pytest

from chrysopedia_assets.freshness.verdicts import Cause, CauseKind, Root, Verdict, Word
from chrysopedia_assets.freshness.words import page_in_words, state, version, what, when, why

OLD, NEW = "0123456789abcdef", "fedcba9876543210"


def test_an_edited_prompt_says_which_from_what_to_what_and_since_when() -> None:
    root = Root("key_moments", Cause("prompt", "prompts/extraction", OLD, NEW))
    assert why(root, 0.0) == "prompts/extraction was edited (01234567 → fedcba98)"
    assert why(root, 86_400.0).endswith("(01234567 → fedcba98), since 1970-01-02 00:00 UTC")


def test_another_model_is_named() -> None:
    versions = ("extractive-1-01234567", "gpt-5-mini-89abcdef")
    root = Root("topic_chunks", Cause("settings", "segmentation_settings", *versions))
    assert why(root) == (
        "segmentation is answered by another engine, model or setting "
        "(extractive-1-01234567 → gpt-5-mini-89abcdef)"
    )


def test_a_file_may_have_another_creator_and_not_be_another_file() -> None:
    root = Root("transcripts", Cause("file", "library_files"))
    assert what(root) == "the video's file, title or creator has changed"


def test_a_new_dependency_and_one_that_is_gone_are_told_apart() -> None:
    new = what(Root("key_moments", Cause("dependency", "prompts/extraction")))
    gone = what(Root("key_moments", Cause("dependency", "prompts/extraction", OLD)))
    assert new == "key_moments reads prompts/extraction now, and did not when it was made"
    assert gone == "key_moments no longer reads prompts/extraction"


@pytest.mark.parametrize("kind", get_args(CauseKind))
def test_every_kind_of_cause_has_words_of_its_own(kind: CauseKind) -> None:
    told = {what(Root("key_moments", Cause(each, "prompts/x"))) for each in get_args(CauseKind)}
    assert len(told) == len(get_args(CauseKind))
    assert what(Root("key_moments", Cause(kind, "prompts/x"))) in told


@pytest.mark.parametrize("word", get_args(Word))
def test_every_verdict_has_words(word: Word) -> None:
    assert state(Verdict(word))


def test_a_page_says_what_it_was_made_with_and_nothing_that_the_next_edit_makes_untrue() -> None:
    first = Root("key_moments", Cause("prompt", "prompts/extraction", OLD, NEW))
    again = Root("key_moments", Cause("prompt", "prompts/extraction", OLD, "0" * 16))
    told = page_in_words(Verdict("stale", roots=(first,)))
    assert told == "Out of date: prompts/extraction was edited (made with 01234567)."
    assert page_in_words(Verdict("stale", roots=(again,))) == told


def test_a_page_with_many_causes_is_told_in_one_sentence() -> None:
    roots = tuple(Root("key_moments", Cause("code", f"{n}")) for n in range(7))
    assert page_in_words(Verdict("stale", roots=roots)).endswith("and 2 more.")
    assert page_in_words(Verdict("fresh")) == "Up to date."


def test_what_nobody_recorded_is_said_to_be_so() -> None:
    assert version(None) == version("INITIAL") == "none on record"
    assert when(None) == when(0.0) == ""
