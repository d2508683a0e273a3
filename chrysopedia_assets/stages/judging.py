"""How good a page is, asked of a model: five dimensions, each a value between 0 and 1 with its reason.

What belongs here: the question and what its reply must hold to. What does not: the bands that a value means
(`prompts/judging`), which pages are judged and what becomes of the values (`harness.judging`). No stage of the graph
asks this, and nothing is made from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chrysopedia_assets.models.quotes import is_verbatim
from chrysopedia_assets.models.records import Record, Text, Title
from chrysopedia_assets.models.technique_pages import CITATION
from chrysopedia_assets.stages.ports import Given, Question


class Passage(Record):
    """What a page may know of one moment; the page cites it by its position, from 1."""

    moment_id: Text
    title: Text
    summary: Text = ""
    quote: Text = ""
    said: Text = ""
    plugins: tuple[Text, ...] = ()


class JudgingInput(Given):
    """`page` as Markdown, without who made it."""

    title: Title
    page: Text
    passages: tuple[Passage, ...]


class Judged(Record):
    """`quote` is what of the page the reason is about; empty where something is missing."""

    quote: Text
    reason: Annotated[Text, Field(min_length=1, max_length=2_000)]
    value: Annotated[float, Field(ge=0, le=1)]


class JudgingReply(Record):
    structure: Judged
    content_specificity: Judged
    voice_preservation: Judged
    readability: Judged
    factual_fidelity: Judged


@dataclass(frozen=True)
class JudgingQuestion(Question[JudgingReply]):
    """One page: judged among others it would be compared with them, and a page that stays is not paid for again."""

    given: JudgingInput
    task = "judging"
    reply = JudgingReply

    @property
    def subject(self) -> str:
        return f"page {self.given.title!r}"

    def complaints(self, reply: JudgingReply) -> list[str]:
        page = _without_citations(self.given.page)
        return [
            f"what {dimension} quotes does not stand on the page: {judged.quote[:200]!r}"
            for dimension, judged in judgements(reply)
            if judged.quote.strip() and not is_verbatim(_without_citations(judged.quote), page)
        ]

    def halves(self) -> tuple["JudgingQuestion", ...]:
        return ()

    def joined(self, replies: Sequence[JudgingReply]) -> JudgingReply:
        raise AssertionError("a page is judged as a whole")


def judgements(reply: JudgingReply) -> list[tuple[str, Judged]]:
    """Each dimension, in their order."""
    return [(name, getattr(reply, name)) for name in JudgingReply.model_fields]


def _without_citations(text: str) -> str:
    return CITATION.sub(" ", text)
