"""A page's text, as a renderer shows it: brackets only cite, whatever a model or a speaker puts into it.

What belongs here: Markdown in, what CommonMark makes of it out. What does not: how a whole page looks (`tests/site`).
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chrysopedia_assets.models.technique_pages import CITATION, as_markdown, without_links

FORBIDDEN = {"link_open", "image", "html_inline", "html_block", "heading_open"}
FRAGMENTS = [
    "[", "]", "(", ")", "<", ">", "!", "#", "\\", "`", "```", "~~~", "*", "_", ":", "=", "-", "+", "&", "|",
    "\n", "\n\n", "\r", "\r\n", " ", "    ", "\t", "- ", "* ", "1. ", "2) ", "> ", "===", "---", "# ", "## ",
    "[1]", "[2][3]", "[1]: http://x.example", "[a]: http://x.example", "(http://x.example)", "[a](http://x.example)",
    "![a](http://x.example/a.png)", "<http://x.example>", "<a@x.example>", "<b>", "</b>", "<!--", "-->", "<script>",
    "<?", "<![CDATA[", "&#91;", "&lt;", "http://x.example", "a", "b c", "1", "\u2028", "\u00a0",
]  # fmt: skip
SHOWN = {"text", "text_special", "code_inline", "code_block"}
hostile = st.lists(st.sampled_from(FRAGMENTS), max_size=24).map("".join)


def tokens_of(markdown: str) -> list[Token]:
    """Of blocks and of what is inside them."""

    def all_of(tokens: list[Token]) -> Iterator[Token]:
        for token in tokens:
            yield token
            yield from all_of(token.children or [])

    references: dict[str, object] = {}
    found = list(all_of(MarkdownIt("commonmark").parse(markdown, references)))
    assert not references.get("references"), "a reference was defined"
    return found


def shown(markdown: str) -> str:
    inside = (t for t in tokens_of(markdown) if t.type in SHOWN)
    return "".join(token.content for token in inside)


def kinds(markdown: str) -> set[str]:
    return {token.type for token in tokens_of(markdown)}


@pytest.mark.parametrize(
    "text",
    [
        "[here](http://x.example)",
        "[here](<http://x.example>)",
        "[here][1]\n\n[1]: http://x.example",
        "[1]\n\n[1]: http://x.example",
        "[1](http://x.example) [2](/local)",
        "[here]\n\n[here]: http://x.example 'title'",
        "- [here]: http://x.example\n\n[here]",
        "![a](http://x.example/a.png)",
        "![1](http://x.example/a.png)",
        "![1]\n\n[1]: http://x.example/a.png",
        "[![1](a.png)](http://x.example)",
        "<http://x.example>",
        "<a@x.example>",
        "<script>alert(1)</script>",
        "text <b onclick=x>bold</b>",
        "<!-- hidden -->",
        "\n<div>\nblock\n</div>",
        r"\\[here](http://x.example)",
        r"\[1](http://x.example)",
        "`\\`[here](http://x.example)",
        "[a\\](http://x.example)](http://x.example)",
        "[[1]](http://x.example)",
        "*[here*](http://x.example)",
    ],
)
def test_no_link_image_or_html_survives(text: str) -> None:
    assert kinds(without_links(text)) & FORBIDDEN == set()


@pytest.mark.parametrize(
    "text",
    [
        "# Heading",
        "   ### Heading",
        "text\n# Heading",
        "text\r# Heading",
        "text\r\n# Heading",
        "Heading\n===",
        "Heading\n---",
        "Heading\n  -  ",
        "Heading\n=\ntext",
        "Heading\r---",
        "- # Heading",
        "1. # Heading",
        "2) ## Heading",
        "> # Heading",
        "> - # Heading",
        "> Heading\n> ---",
        "- Heading\n  ---",
        "- Heading\n  ===",
        "\t# no heading",
    ],
)
def test_no_heading_survives_in_whichever_form(text: str) -> None:
    made = without_links(text)
    assert kinds(made) & FORBIDDEN == set()
    assert "eading" in shown(made)


@given(hostile)
def test_whatever_a_reply_holds_its_brackets_only_cite(text: str) -> None:
    made = without_links(text)
    assert kinds(made) & FORBIDDEN == set(), made
    assert without_links(made) == made
    assert CITATION.findall(made) == CITATION.findall(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cut at 300 Hz [1].",
        "Cut [1][2], then [3] [4].",
        "[1], [2]; *[3]*",
        "Cut it, says Ada. [10][2]",
        "- [1][2]\n- [3]",
    ],
)
def test_citations_stay_citations_also_side_by_side(text: str) -> None:
    made = without_links(text)
    assert CITATION.findall(made) == CITATION.findall(text)
    assert made == text


def test_emphasis_code_and_lists_stay() -> None:
    text = "Some *soft*, some **strong**, some `code`:\n\n- one [1]\n- two\n\n1. first\n2. second"
    assert without_links(text) == text
    assert {"em_open", "strong_open", "code_inline", "bullet_list_open", "ordered_list_open"} <= (
        kinds(without_links(text))
    )


@pytest.mark.parametrize(
    "text", ["-6 dB at 2:1", "C# minor and F#", "50 - 60 Hz", "a = b", "key: [Serum] (v2)", "5 > 3"]
)
def test_plain_words_are_shown_as_they_are(text: str) -> None:
    assert shown(without_links(text)) == text


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40) | hostile)
def test_speech_that_was_made_markdown_is_still_shown_unchanged(text: str) -> None:
    assert shown(without_links(as_markdown(text))) == " ".join(text.split())
    assert CITATION.findall(without_links(as_markdown(text))) == []
