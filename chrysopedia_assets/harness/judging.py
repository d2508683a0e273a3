"""Pages before the judge: what it is shown, and what becomes of its values.

What belongs here: the way from a page to a question, and from replies to scores. What does not: what the judge is told
of the dimensions (`prompts/judging`), who it is (`resources.engine`).
"""

from collections.abc import Iterator, Sequence

from chrysopedia_assets.harness.findings import Found, score
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.material import given_passages, passages_of
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.inspection.words import short
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePage, TechniquePages
from chrysopedia_assets.stages.judging import (
    Judged,
    JudgingInput,
    JudgingQuestion,
    JudgingReply,
    judgements,
)
from chrysopedia_assets.stages.ports import Ask, answers


def judge(fixture: Fixture, record: StageRecord, ask: Ask) -> list[Score]:
    """Five scores of pages, the mean of all; none of anything else, and none where there is no page.

    One call for each page: several in one call would be compared with each other, and judging all of them again for
    one that changed would cost more than the instructions do, which servers keep. Raises ChrysopediaError.
    """
    if not isinstance(record, TechniquePages) or not record.pages:
        return []
    replies = answers(ask, list(_questions(fixture, record))).replies
    return [
        score(dimension, _of_each(record.pages, replies, dimension), by="model")
        for dimension in JudgingReply.model_fields
    ]


def _questions(fixture: Fixture, record: TechniquePages) -> Iterator[JudgingQuestion]:
    given = given_passages(fixture)
    for page in record.pages:
        yield JudgingQuestion(
            JudgingInput(
                video=record.video,
                title=page.title,
                page=as_judged(page),
                passages=tuple(passages_of(page, fixture, given)),
            )
        )


def as_judged(page: TechniquePage) -> str:
    """What a reader sees of the page's text: not who made it, nor what it is filed under."""
    blocks = [f"# {page.title}", page.summary]
    for section in page.sections:
        blocks += [f"## {section.title}", section.body]
        blocks += [
            text for part in section.subsections for text in (f"### {part.title}", part.body)
        ]
    blocks += [f"**{chain.title}:** {' → '.join(chain.steps)}" for chain in page.signal_chains]
    return "\n\n".join(block for block in blocks if block.strip())


def _of_each(
    pages: Sequence[TechniquePage], replies: Sequence[JudgingReply], dimension: str
) -> Iterator[Found]:
    for page, reply in zip(pages, replies, strict=True):
        judged = dict(judgements(reply))[dimension]
        yield Found(judged.value, (_told(page, judged),) if judged.value < 1 else ())


def _told(page: TechniquePage, judged: Judged) -> str:
    quoted = f" (“{short(judged.quote)}”)" if judged.quote.strip() else ""
    return f"page '{short(page.title)}': {' '.join(judged.reason.split())}{quoted}"
