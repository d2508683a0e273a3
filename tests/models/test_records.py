"""Records refuse what cannot be true, and their versions follow their content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import ValidationError

from chrysopedia_assets.models.records import STAGES, Video, content_hash, content_version
from chrysopedia_assets.models.slugs import MAX_SLUG, readable, slug
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from chrysopedia_assets.models.technique_pages import CITATION, TechniquePages, as_markdown
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript
from tests.records import VIDEO, record_of


def test_equal_content_has_an_equal_version_and_other_content_another() -> None:
    versions = {stage: content_version(record_of(stage)) for stage in STAGES}
    assert len(set(versions.values())) == len(STAGES)
    for stage in STAGES:
        again = type(record_of(stage)).model_validate_json(record_of(stage).model_dump_json())
        assert content_version(again) == versions[stage]


def test_the_borders_between_hashed_parts_count() -> None:
    assert content_hash("ab", "c") != content_hash("a", "bc")


@pytest.mark.parametrize("start_s", [float("nan"), float("inf"), -1.0])
def test_a_time_that_no_player_could_go_to_is_refused(start_s: float) -> None:
    with pytest.raises(ValidationError):
        Segment(start_s=start_s, end_s=2.0, text="x")


def test_text_that_a_database_cannot_hold_is_refused() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        Video(video_id="v", title="a\0b", creator="c")
    with pytest.raises(ValidationError):
        Video(video_id="v", title="\ud800", creator="c")


def test_a_transcript_is_in_order_and_inside_the_video() -> None:
    one, two = Segment(start_s=0, end_s=5, text="a"), Segment(start_s=5, end_s=9, text="b")

    def transcript(*segments: Segment, duration_s: float = 9) -> Transcript:
        return Transcript(
            video=VIDEO, made_by="t", language=None, duration_s=duration_s, segments=segments
        )

    assert transcript(one, two).segments == (one, two)
    with pytest.raises(ValidationError, match="not in order"):
        transcript(two, one)
    with pytest.raises(ValidationError, match="after the video"):
        transcript(one, two, duration_s=8)
    with pytest.raises(ValidationError, match="before it starts"):
        Segment(start_s=5, end_s=4, text="x")
    with pytest.raises(ValidationError):
        transcript()


def test_chunks_with_a_gap_are_refused() -> None:
    chunks = record_of("topic_chunks")
    assert isinstance(chunks, TopicChunks)
    with pytest.raises(ValidationError, match="should start at segment 0"):
        TopicChunks(video=VIDEO, made_by="t", chunks=chunks.chunks[1:])


def test_pages_refuse_a_citation_that_resolves_to_nothing_and_a_moment_used_twice() -> None:
    pages = record_of("technique_pages")
    assert isinstance(pages, TechniquePages)
    [page] = pages.pages
    with pytest.raises(ValidationError, match=r"cites \[2\]"):
        type(page).model_validate(page.model_dump() | {"summary": "See [2]."})
    with pytest.raises(ValidationError, match="numbered from 1"):
        citation = page.citations[0].model_dump() | {"number": 2}
        type(page).model_validate(page.model_dump() | {"citations": [citation]})
    other = page.model_copy(update={"page_id": "other"})
    with pytest.raises(ValidationError, match="on two pages"):
        TechniquePages(video=VIDEO, made_by="t", pages=(page, other))
    with pytest.raises(ValidationError, match="at least 1"):
        type(page).model_validate(page.model_dump() | {"citations": []})


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
def test_speech_as_markdown_shows_just_what_was_said(text: str) -> None:
    """No link, heading, list, emphasis, HTML or citation comes out of speech."""
    said = " ".join(text.split())
    tokens = MarkdownIt("commonmark").parse(as_markdown(text))
    kinds = {token.type for token in tokens} - {"paragraph_open", "inline", "paragraph_close"}
    assert kinds == set()
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert shown == said
    assert CITATION.findall(as_markdown(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Complete Guide — EP4: Filters!", "complete-guide-ep4-filters"),
        ('Zoë\'s "Kick"', "zoes-kick"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本語 🎛️", ""),
        ("", ""),
    ],
)
def test_a_slug_is_what_a_person_would_type(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text())
def test_a_slug_is_short_and_safe_for_every_file_system(text: str) -> None:
    made = slug(text)
    assert len(made) <= MAX_SLUG
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-") and not made.endswith("-")


@given(st.text())
def test_a_readable_name_is_one_printable_line(text: str) -> None:
    assert readable(text).isprintable()
    assert readable(text) == readable(readable(text))


def test_a_word_of_the_taxonomy_that_means_two_things_is_refused() -> None:
    with pytest.raises(ValidationError, match="mean two things: mix"):
        Taxonomy(
            categories=(
                Category(key="mixing", name="Mixing", description="d", aliases=("Mix",)),
                Category(key="mix", name="Blend", description="d"),
            )
        )
    with pytest.raises(ValidationError, match="mean two things: eq"):
        tags = (Tag(key="eq", name="EQ"), Tag(key="e_q", name="Equaliser", aliases=("eq",)))
        Taxonomy(categories=(Category(key="m", name="M", description="d", tags=tags),))
