"""The report of a comparison: whatever a model or a speaker says, it stays text."""

import re

import pytest

from chrysopedia_assets.harness.comparing import compare
from chrysopedia_assets.harness.report import Side, report_html
from chrysopedia_assets.harness.samples import Sample
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.harness.trying import Tried
from chrysopedia_assets.models.technique_pages import TechniquePages
from tests.harness.builders import fixture

HOSTILE = '<script>alert(1)</script><img src="http://x.example/a.png"> [a](http://x.example) ![b](http://x.example/b.png) http://x.example'


def side(name: str, text: str) -> Side:
    one = fixture()
    made = one.given_output
    assert isinstance(made, TechniquePages)
    section = made.pages[0].sections[0].model_copy(update={"title": text, "body": f"{text} [1]"})
    page = made.pages[0].model_copy(
        update={"title": text, "sections": (section, *made.pages[0].sections[1:])}
    )
    record = made.model_copy(update={"pages": (page, *made.pages[1:])})
    scores = [Score("quotes", 0.5, why=(text,))]
    samples = [Sample(Tried(one, 0, 1.0, record), scores)]
    return Side(name, "0123", {"system.md": f"Write. {text}"}, "3 calls", samples)


@pytest.fixture(scope="module")
def html() -> str:
    a, b = side("installed", "A plain title"), side("mine", HOSTILE)
    one = fixture().fixture_id
    values = {one: {"quotes": 0.5}}
    found = compare(values, values, {one: "held out"})
    return report_html("synthesis: a and b", found, None, {one: "held out"}, a, b)


def test_what_is_said_cannot_become_markup_a_link_or_an_image(html: str) -> None:
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(script|img|a|iframe|object|link|form)\b", html)
    assert not re.search(r"<[^>]*\b(src|href|on\w+)\s*=", html)


def test_both_results_and_what_is_wrong_with_them_stand_side_by_side(html: str) -> None:
    assert html.count('<div class="pair">') == 1
    assert html.count("what would be better") == 2
    assert "A plain title" in html
    assert 'class="less">-Write. A plain title' in html
    assert "1 held-out inputs are too few" in html, "the verdict with its reason"


def test_the_file_needs_nothing_else(html: str) -> None:
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    assert "@import" not in html and "url(" not in html
