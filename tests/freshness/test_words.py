"""Causes in words."""

import pytest

from chrysopedia_assets.freshness.verdicts import KINDS, Cause, Root, Source
from chrysopedia_assets.freshness.words import since, told, told_root


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_cause_has_words_that_name_what_changed(kind: str) -> None:
    words = told(Cause(kind, "prompts/synthesis", "old1", "new2"))  # type: ignore[arg-type]
    named = {"file": "file", "taxonomy": "taxonomy"}.get(kind, "prompts/synthesis")
    assert named in words
    versions = kind not in ("missing", "dependency")
    assert ("old1 -> new2" in words) == versions


def test_a_dependency_is_new_or_gone() -> None:
    assert told(Cause("dependency", "x")) == "x was not read yet"
    assert told(Cause("dependency", "x", "v1")) == "x is no longer read"


def test_where_a_cause_takes_effect_is_said_once() -> None:
    assert told_root(Root("key_moments", Cause("missing", "key_moments"))) == (
        "key_moments was never made"
    )
    root = Root("key_moments", Cause("prompt", "prompts/extraction", "a", "b"))
    assert told_root(root) == "prompts/extraction was edited (a -> b), at key_moments"


def test_a_time_is_told_in_utc_or_not_at_all() -> None:
    assert since(Source("v", 0.0)) == "1970-01-01 00:00 UTC"
    assert since(Source("v")) == since(None) == ""
