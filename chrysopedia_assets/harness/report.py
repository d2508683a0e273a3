"""A comparison as one HTML file that needs nothing else: the verdict, the differences as a picture, both results side by side.

Everything in it that a model or a speaker has said is escaped, or rendered as Markdown that can hold no link and no image.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from chrysopedia_assets.harness.comparing import Compared, Difference, Part
from chrysopedia_assets.harness.readable import readable
from chrysopedia_assets.harness.samples import Sample
from chrysopedia_assets.harness.scores import overall
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.site.html import environment

TEMPLATES = Path(__file__).with_name("templates")
TAGS = {"p", "h1", "h2", "h3", "em", "strong", "ul", "ol", "li", "blockquote", "br"}
_MARKDOWN = MarkdownIt("js-default", {"linkify": False})


@dataclass(frozen=True)
class Side:
    """One of the two prompts: `texts` by file name, `figures` in words (tokens, cost, seconds)."""

    name: str
    version: str
    texts: Mapping[str, str]
    figures: str
    samples: Sequence[Sample]


def report_html(
    title: str,
    compared: Compared,
    pages: Compared | None,
    parts: Mapping[str, Part],
    a: Side,
    b: Side,
) -> str:
    """`pages` is the comparison of what came of the results in the end, where that was asked for."""
    tables = [
        ("Held out: these decide", compared.differences),
        ("Tuned on, or looked at: these decide nothing", compared.tuned),
    ]
    if pages:
        tables[1:1] = [("Pages that came of it, held out", pages.differences)]
    return (
        environment(TEMPLATES)
        .get_template("comparison.html")
        .render(
            title=title,
            compared=compared,
            tables=[(name, rows, _bars(rows)) for name, rows in tables if rows],
            a=a,
            b=b,
            inputs=list(_inputs(parts, a, b)),
            prompt_diffs=list(_prompt_diffs(a, b)),
        )
    )


def _bars(rows: Sequence[Difference]) -> list[dict[str, Any]]:
    """Where each interval stands in a picture that is 100 wide and has 0 in its middle."""
    most = max(0.05, *(max(abs(row.low), abs(row.high), abs(row.mean)) for row in rows))

    def x(value: float) -> float:
        return round(50 + value / most * 48, 2)

    return [
        {"low": x(row.low), "mean": x(row.mean), "high": x(row.high), "width": max(round(x(row.high) - x(row.low), 2), 0.4)}
        for row in rows
    ]  # fmt: skip


def _inputs(parts: Mapping[str, Part], a: Side, b: Side) -> Iterator[dict[str, Any]]:
    """Of each input the first sample of both, with what is wrong with it."""
    of_b = {one.tried.fixture.fixture_id: one for one in b.samples if one.tried.sample == 0}
    for one in a.samples:
        fixture = one.tried.fixture
        if one.tried.sample or fixture.fixture_id not in of_b:
            continue
        both = (one, of_b[fixture.fixture_id])
        yield {
            "name": fixture.name,
            "part": parts[fixture.fixture_id],
            "sides": [
                {
                    "overall": overall(sample.scores),
                    "failure": str(sample.failure) if sample.failure else "",
                    "whys": [(s.dimension, why) for s in sample.scores for why in s.why],
                    "result": _rendered(sample),
                }
                for sample in both
            ],
            "diff": _diff(*([readable(s.tried.record) if s.tried.record else [] for s in both])),
        }


def _rendered(sample: Sample) -> Markup:
    record = sample.tried.record
    if record is None:
        return Markup("")
    if not isinstance(record, TechniquePages):
        return Markup("<pre>{}</pre>").format("\n".join(readable(record)))
    html = _MARKDOWN.render("\n".join(readable(record)))
    # The renderer is told to make no links of its own; what is left of HTML is only what is on the list.
    return Markup(nh3.clean(html, tags=TAGS, attributes={}))  # noqa: S704


def _prompt_diffs(a: Side, b: Side) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for name in a.texts:
        if a.texts[name] != b.texts.get(name):
            yield name, _diff(a.texts[name].splitlines(), b.texts.get(name, "").splitlines())


def _diff(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Lines with how they are to be shown."""
    kinds = {"+": "more", "-": "less", "@": "at"}
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
    return [(kinds.get(line[0], "") if line else "", line) for line in lines]
