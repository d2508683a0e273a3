"""Technique pages: what a producer reads in mid-session, every claim cited to the second.

Text is Markdown. `[n]` cites the page's n-th citation; a bracket that was spoken is escaped, so it cites nothing.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chrysopedia_assets.models.records import Record, Seconds, StageRecord, Text, Title

SourceQuality = Literal["structured", "mixed", "unstructured"]

CITATION = re.compile(r"(?<!\\)\[(\d{1,4})\]")
_BLOCK_MARK = re.compile(r"^(\d*)([-+.)=])(?=[-=\s]|$)")
"""What would begin a list, a rule or an underlined heading."""
_NO_CITATION = re.compile(r"\\.|\[\d{1,4}\]|[\[\]<]", re.DOTALL)
_LINK_AFTER_CITATION = re.compile(r"(?<=\])(?=[(:])")
_LINE_END = re.compile(r"\r\n?")
_HEADING = re.compile(
    r"^((?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*)(?=#|=+[ \t]*$|-+[ \t]*$|`{3,}|~{3,})",
    re.MULTILINE,
)
"""A line of number signs, one that underlines, or one that begins code, also in a list or a quotation."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def as_markdown(text: str) -> str:
    """Plain text as CommonMark that shows just that text: speech cannot forge a link, a heading or a citation.

    An address that is spoken in full stays text; a renderer that makes bare addresses clickable has to be told not to.
    """
    escaped = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    return _BLOCK_MARK.sub(r"\1\\\2", escaped)


def without_links(text: str) -> str:
    """Markdown in which brackets only cite: no link, image, HTML, heading or block of code. Emphasis and lists stay."""
    lines = _LINE_END.sub("\n", text)
    escaped = _NO_CITATION.sub(lambda m: f"\\{m[0]}" if len(m[0]) == 1 else m[0], lines)
    return _HEADING.sub(r"\1\\", _LINK_AFTER_CITATION.sub(r"\\", escaped))


class Citation(Record):
    """The passage behind `[number]`: enough to play it, whatever happens to the moment's own record."""

    number: Annotated[int, Field(ge=1)]
    moment_id: Text
    title: Title
    start_s: Seconds
    end_s: Seconds
    quote: Text


class Subsection(Record):
    title: Title
    body: Text


class Section(Record):
    title: Title
    body: Text
    subsections: tuple[Subsection, ...] = ()


class SignalChain(Record):
    title: Title
    steps: tuple[Title, ...] = Field(min_length=2)


class TechniquePage(Record):
    """`citations` are the moments that the page covers: at least one, numbered from 1."""

    page_id: Text
    title: Title
    summary: Text
    category: Text
    tags: tuple[Text, ...] = ()
    plugins: tuple[Text, ...] = ()
    source_quality: SourceQuality
    sections: tuple[Section, ...] = Field(min_length=1)
    signal_chains: tuple[SignalChain, ...] = ()
    citations: tuple[Citation, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _every_citation_resolves(self) -> Self:
        if [c.number for c in self.citations] != list(range(1, len(self.citations) + 1)):
            raise ValueError(f"citations of page {self.page_id} are not numbered from 1")
        unknown = sorted(cited(self) - {c.number for c in self.citations})
        if unknown:
            raise ValueError(f"page {self.page_id} cites {unknown}, which it does not list")
        return self


class UnusedMoment(Record):
    """A moment that is on no page, and why."""

    moment_id: Text
    title: Title
    start_s: Seconds
    reason: Title


class TechniquePages(StageRecord):
    pages: tuple[TechniquePage, ...]
    unused: tuple[UnusedMoment, ...] = ()

    @model_validator(mode="after")
    def _each_moment_once(self) -> Self:
        ids = [c.moment_id for page in self.pages for c in page.citations]
        ids += [moment.moment_id for moment in self.unused]
        if len(set(ids)) != len(ids):
            raise ValueError("a moment is on two pages, or both on a page and unused")
        if len({page.page_id for page in self.pages}) != len(self.pages):
            raise ValueError("two pages have the same id")
        return self


def texts_of(sections: tuple[Section, ...]) -> list[str]:
    """Every body text, in reading order."""
    return [text for s in sections for text in (s.body, *(sub.body for sub in s.subsections))]


def cited(page: TechniquePage) -> set[int]:
    """The numbers cited anywhere in the page's text."""
    texts = [page.summary, *texts_of(page.sections)]
    return {int(number) for text in texts for number in CITATION.findall(text)}
