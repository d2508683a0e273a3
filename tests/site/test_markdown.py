"""The text of a page: citations are anchors, quotations are looked at, and nothing else leads anywhere."""

import time

import pytest
from markupsafe import Markup

from chrysopedia_assets.models.technique_pages import as_markdown, without_links
from chrysopedia_assets.site.markdown import TAGS, _markdown, body_html, plain_text, title_html
from chrysopedia_assets.site.speech import Verdict
from tests.site.html_checks import Html

CITES = {1: Markup('<a class="cite" href="#moment-1">[1]</a>')}


def verdict(quoted: str) -> Verdict:
    """By its first word."""
    first = quoted.split()[0] if quoted.split() else ""
    return {"said": "said", "short": "shortened"}.get(first, "unsaid")  # type: ignore[return-value]


def html(text: str) -> str:
    return str(body_html(text, CITES, verdict))


def test_a_number_in_brackets_is_the_link_that_it_stands_for() -> None:
    assert html("Cut [1].") == '<p>Cut <a class="cite" href="#moment-1">[1]</a>.</p>\n'
    assert (
        html("**Cut [1]**")
        == '<p><strong>Cut <a class="cite" href="#moment-1">[1]</a></strong></p>\n'
    )


@pytest.mark.parametrize("text", [r"\[1\]", "[2]", "`[1]`", "[12345]", r"\\[1]", "[ 1 ]", "1]"])
def test_what_cites_nothing_stays_text(text: str) -> None:
    assert "<a" not in html(text)
    assert "1" in html(text) or "2" in html(text)


@pytest.mark.parametrize(
    "text",
    [
        "[here](https://x.example)",
        "[1](https://x.example)",
        "![a](https://x.example/a.png)",
        "<https://x.example>",
        "https://x.example www.x.example mail@x.example",
        "[a][b]\n\n[b]: https://x.example",
        "[1]: https://x.example\n\n[1]",
        '<a href="https://x.example">x</a>',
        "<img src=https://x.example/a.png onerror=alert(1)>",
        '<cite data-n="1"></cite><span class="unsaid">said</span>',
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_leads_out_and_nothing_is_markup(text: str) -> None:
    shown = html(text)
    found = Html(shown)
    assert {name for name, _ in found.elements} <= {"p", "a", "span"}
    assert set(found.values("href")) <= {"#moment-1", "#quotations"}
    assert text.count("[1]") == shown.count(CITES[1])
    assert found.amiss == []
    assert not found.values("src") and not found.values("data-n")


def test_speech_is_shown_as_it_is_said() -> None:
    for said in (
        "*no* `code` <b>",
        "# heading",
        "1. one",
        "- [1] -",
        "a_b_c ~~x~~ | y",
        "&amp; &copy;",
    ):
        assert Html(html(without_links(as_markdown(said)))).text.strip() == said
        assert {name for name, _ in Html(html(as_markdown(said))).elements} == {"p"}


def test_emphasis_lists_and_tables_stay_and_nothing_divides_the_page() -> None:
    shown = html("- *a* **b** `c`\n- d\n\n3. e\n\n| x | y |\n|--:|---|\n| 1 | 2 |\n\n> q")
    names = {name for name, _ in Html(shown).elements}
    assert (
        {"ul", "ol", "li", "em", "strong", "code", "table", "th", "td", "blockquote"}
        <= names
        <= TAGS
    )
    assert 'start="3"' in shown and "style=" not in shown
    flat = html("# a\n\nb\n===\n\n---\n\n```\nc\n```\n\n    d")
    assert {name for name, _ in Html(flat).elements} == {"p", "code"}, "and no pre"


def test_only_these_rules_of_markdown_are_at_work() -> None:
    """A newer parser may bring another way out."""
    rules = _markdown().get_active_rules()
    assert set(rules["block"]) == {"table", "blockquote", "list", "paragraph"}
    assert set(rules["inline"]) == {
        *(
            "text",
            "newline",
            "escape",
            "backticks",
            "strikethrough",
            "emphasis",
            "citation",
            "entity",
        ),
    }


def test_a_quotation_that_is_not_found_is_marked_and_stays() -> None:
    shown = html('He has “said it”, and "never this".')
    assert "“said it”" in shown
    assert (
        '<span class="unsaid">"never this"</span><a class="unsaid-mark" href="#quotations"' in shown
    )
    assert shown.count("unsaid-mark") == 1
    assert Html(shown).text.startswith('He has “said it”, and "never this"')


def test_a_quotation_that_was_shortened_is_marked_in_another_way() -> None:
    shown = html("“short of it”")
    assert '<span class="shortened" title=' in shown and "unsaid" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "“never *this* at all” or",
        "*x “never* this” or",
        "“never [1] this” or",
        "“never `this`” or",
        "“never\nthis” or",
        "“never \\[1\\] \\*this\\*” or",
        "| a |\n|---|\n| “never this” |",
    ],
)
def test_a_mark_goes_over_emphasis_citations_and_lines(text: str) -> None:
    shown = html(text)
    found = Html(shown)
    assert found.amiss == []
    assert shown.count('class="unsaid-mark"') == 1
    assert shown.count('<span class="unsaid">') >= 1
    plain = html(text.replace("never", "said"))
    assert "unsaid" not in plain
    expected = found.text.replace("Not found in the transcript", "").replace("never", "said")
    assert expected == Html(plain).text


def test_a_title_is_no_markdown_and_its_quotations_are_looked_at_too() -> None:
    assert title_html("<b> *x* [1] “said so”", verdict) == "&lt;b&gt; *x* [1] “said so”"
    assert title_html("a “b & c” d", verdict) == 'a <span class="unsaid">“b &amp; c”</span> d'


def test_a_list_shows_plain_words() -> None:
    assert plain_text("Cut *at* **300** Hz [1], not `here` [2][3].") == "Cut at 300 Hz, not here."
    assert plain_text(r"\[1\] a\_b snake_case 2 \* 3 <b>") == "[1] a_b snake_case 2 * 3 <b>"


@pytest.mark.parametrize("text", ["*" * 20_000, "[" * 20_000, "“a " * 7_000, '"' * 20_000, "> " * 5_000, "- " * 5_000, "`a" * 9_000])  # fmt: skip
def test_time_grows_with_the_length_alone(text: str) -> None:
    begun = time.monotonic()
    html(text)
    assert time.monotonic() - begun < 5.0
