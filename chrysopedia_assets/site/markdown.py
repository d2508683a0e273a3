"""The text of a page as HTML. A model has written it, after what anybody may have said: nothing in it becomes a link, an
image, a heading or markup that is not in the list below.

What belongs here: Markdown in, HTML out. What does not: where a citation leads (`playing.py`), whether a quotation is said
(`speech.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from chrysopedia_assets.inspection.words import quotation_spans
from chrysopedia_assets.models.technique_pages import CITATION
from chrysopedia_assets.site.speech import Verdict

TAGS = {
    *("p", "br", "em", "strong", "s", "code", "ul", "ol", "li", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td", "cite", "span"),
}
"""All that leaves this room. `cite` and `span` are ours: LLM text cannot write them, and they hold nothing but numbers and words of ours."""
_ATTRIBUTES = {"cite": {"data-n"}, "ol": {"start"}}
_CLASSES = {"span": {"shortened", "unsaid"}}
_NEVER = (
    *("link", "image", "autolink", "html_inline", "linkify", "html_block", "reference"),
    *("heading", "lheading", "hr", "code", "fence"),
)
"""Of CommonMark: what leads out of the page, and what would change how it is divided."""
_OURS = re.compile(r'<cite data-n="(\d{1,4})"></cite>')
_PLAIN = re.compile(r"\\([!-/:-@\[-`{-~])|[*`]|~~|(?<!\w)_|_(?!\w)")

NOT_FOUND = "Not found in the transcript"
SHORTENED = "The speaker's words, with some left out between them"
_UNSAID_MARK = f'<a class="unsaid-mark" href="#quotations" title="{NOT_FOUND}" data-pagefind-ignore><span class="hidden">{NOT_FOUND}</span></a>'


def body_html(
    text: str, citations: Mapping[int, Markup], verdict: Callable[[str], Verdict]
) -> Markup:
    """Safe HTML. `[n]` becomes `citations[n]`, and stays text where there is none; what `verdict` finds not to be said is marked."""
    rendered = _markdown().render(text, {"cited": citations, "verdict": verdict})
    clean = nh3.clean(
        rendered, tags=TAGS, attributes=_ATTRIBUTES, allowed_classes=_CLASSES, link_rel=None
    )
    clean = clean.replace(
        '<span class="shortened">', f'<span class="shortened" title="{SHORTENED}">'
    )
    return Markup(_OURS.sub(lambda match: _ours(int(match[1]), citations), clean))  # noqa: S704 - by nh3


def title_html(text: str, verdict: Callable[[str], Verdict]) -> Markup:
    """One line that is no Markdown, its quotations marked as in a body."""
    parts, at = [], 0
    for start, end, quoted in quotation_spans(text):
        found = verdict(quoted)
        shown = escape(text[start:end])
        if found != "said":
            shown = Markup('<span class="{}">{}</span>').format(found, shown)
        parts += [escape(text[at:start]), shown]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


@lru_cache(maxsize=20_000)
def plain_text(text: str) -> str:
    """One line for a list: without citations and marks of Markdown. Nothing is escaped yet."""
    line = _PLAIN.sub(lambda match: match[1] or "", CITATION.sub("", text))
    return re.sub(r" (?=[.,;:!?](?:\s|$))", "", " ".join(line.split()))


def _ours(number: int, citations: Mapping[int, Markup]) -> str:
    return str(citations[number]) if number else _UNSAID_MARK


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("js-default", {"html": False, "linkify": False}).disable(list(_NEVER))
    made.inline.ruler.before("link", "citation", _citation)
    made.core.ruler.push("quotations", _mark_quotations)
    made.add_render_rule("citation", _placeholder)
    return made


# Citations ---------------------------------------------------------------------------------------


def _citation(state: StateInline, silent: bool) -> bool:
    match = CITATION.match(state.src, state.pos)
    if not match or int(match[1]) not in state.env["cited"]:
        return False
    if not silent:
        state.push("citation", "cite", 0).meta = {"number": int(match[1])}
    state.pos = match.end()
    return True


def _placeholder(
    self: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    options: Any,
    env: MutableMapping[str, Any],
) -> str:
    return f'<cite data-n="{tokens[at].meta["number"]}"></cite>'


# Quotations --------------------------------------------------------------------------------------

Span = tuple[int, int, Verdict]


def _mark_quotations(state: StateCore) -> None:
    verdict = state.env["verdict"]
    for token in state.tokens:
        if token.type == "inline" and token.children:
            text = "".join(map(_text, token.children))
            spans = [(a, b, verdict(quoted)) for a, b, quoted in quotation_spans(text)]
            wrong = [span for span in spans if span[2] != "said"]
            if wrong:
                token.children = list(_marked(token.children, wrong))


def _text(token: Token) -> str:
    if token.type == "citation":
        return f"[{token.meta['number']}]"
    return "\n" if token.type in ("softbreak", "hardbreak") else token.content


def _marked(tokens: Sequence[Token], spans: Sequence[Span]) -> Iterator[Token]:
    """The same tokens. A quotation may cover several, and parts of them; each part of text gets a mark of its own."""
    at = 0
    for whole in tokens:
        for token in _divided(whole, at, spans):
            end = at + len(_text(token))
            verdict, last = next(((v, b) for a, b, v in spans if a < end and at < b), (None, 0))
            if verdict and token.type in ("text", "code_inline"):
                yield Token("quote_open", "span", 1, attrs={"class": verdict})
                yield token
                yield Token("quote_close", "span", -1)
            else:
                yield token
            if verdict == "unsaid" and end >= last:
                yield Token("citation", "cite", 0, meta={"number": 0})
            at = end


def _divided(token: Token, at: int, spans: Sequence[Span]) -> Iterator[Token]:
    """Text, cut where a quotation begins and ends."""
    end = at + len(_text(token))
    edges = [edge for a, b, _ in spans for edge in (a, b) if at < edge < end]
    if token.type != "text" or not edges:
        yield token
        return
    for first, last in pairwise([at, *edges, end]):
        yield Token("text", "", 0, content=token.content[first - at : last - at])
