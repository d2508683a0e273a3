"""Write pages from groups of moments. The engine writes; code numbers citations, pools tags, and checks coverage.

Lessons built in: a page declares its moments; tags and plugins come from those moments and from nowhere else; a
moment is on exactly one page or listed as unused with a reason.
"""

import re
from collections.abc import Callable
from functools import partial

from pydantic import Field

from chrysopedia_assets.models.records import Record, SegmentIndex, Text, Title, Video
from chrysopedia_assets.models.slugs import slug
from chrysopedia_assets.models.synthesis_groups import (
    GroupedMoment,
    SynthesisGroup,
    SynthesisGroups,
)
from chrysopedia_assets.models.technique_pages import (
    CITATION,
    Citation,
    Section,
    SignalChain,
    SourceQuality,
    TechniquePage,
    TechniquePages,
    UnusedMoment,
    texts_of,
)
from chrysopedia_assets.stages.ports import Ask, Question, answers


class SynthesisInput(Record):
    """Moments are numbered from 1, in this order; `[n]` in a reply cites the n-th."""

    video: Video
    category: Text
    moments: tuple[GroupedMoment, ...]


class PageDraft(Record):
    """`moments` are the numbers that this page covers; its text may cite those and no others."""

    title: Title
    summary: Text
    moments: tuple[SegmentIndex, ...] = Field(min_length=1)
    source_quality: SourceQuality
    sections: tuple[Section, ...] = Field(min_length=1)
    signal_chains: tuple[SignalChain, ...] = ()


class LeftOut(Record):
    moment: SegmentIndex
    reason: Title


class SynthesisReply(Record):
    pages: tuple[PageDraft, ...]
    unused: tuple[LeftOut, ...] = ()


def write_pages(groups: SynthesisGroups, ask: Ask) -> TechniquePages:
    """Ask once per group; page ids are readable, unique within the video, and stay when the title does."""
    questions = [_question(groups.video, group) for group in groups.groups]
    replies = answers(ask, questions)
    pages: list[TechniquePage] = []
    unused: list[UnusedMoment] = []
    for group, reply in zip(groups.groups, replies, strict=True):
        for draft in reply.pages:
            page_id = _page_id(groups.video.video_id, draft.title, {p.page_id for p in pages})
            pages.append(_page(page_id, group, draft))
        unused += [_unused(group, left) for left in reply.unused]
    return TechniquePages(
        video=groups.video, made_by=ask.name, pages=tuple(pages), unused=tuple(unused)
    )


def _question(video: Video, group: SynthesisGroup) -> Question[SynthesisReply]:
    return Question(
        task="synthesis",
        video=video,
        given=SynthesisInput(video=video, category=group.category, moments=group.moments),
        reply=SynthesisReply,
        complaints=partial(_complaints, len(group.moments)),
    )


def _complaints(asked: int, reply: SynthesisReply) -> list[str]:
    placed = [number for draft in reply.pages for number in draft.moments]
    placed += [left.moment for left in reply.unused]
    wrong = []
    if lost := sorted(set(range(1, asked + 1)) - set(placed)):
        wrong.append(f"moments {lost} are on no page and not listed as unused")
    if invented := sorted(set(placed) - set(range(1, asked + 1))):
        wrong.append(f"there are no moments {invented}; there are {asked}")
    if twice := sorted({number for number in placed if placed.count(number) > 1}):
        wrong.append(f"moments {twice} are placed twice")
    for draft in reply.pages:
        if foreign := sorted(_cited(draft) - set(draft.moments)):
            wrong.append(f"page {draft.title!r} cites moments {foreign}, which it does not cover")
        if silent := sorted(set(draft.moments) - _cited(draft)):
            wrong.append(f"page {draft.title!r} covers moments {silent} without citing them")
    return wrong


def _cited(draft: PageDraft) -> set[int]:
    texts = [draft.summary, *texts_of(draft.sections)]
    return {int(number) for text in texts for number in CITATION.findall(text)}


def _page_id(video_id: str, title: str, taken: set[str]) -> str:
    base = f"{video_id}--{slug(title) or 'page'}"
    numbered = (f"{base}-{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)


def _page(page_id: str, group: SynthesisGroup, draft: PageDraft) -> TechniquePage:
    """Give the page its moments in order of time, and its text the numbers that follow from it."""
    numbers = sorted(draft.moments)
    members = [group.moments[number - 1] for number in numbers]
    renumber = partial(_renumbered, {old: new for new, old in enumerate(numbers, start=1)})
    return TechniquePage(
        page_id=page_id,
        title=draft.title,
        summary=renumber(draft.summary),
        category=group.category,
        tags=_pooled(members, lambda member: member.tags),
        plugins=_pooled(members, lambda member: member.moment.plugins),
        source_quality=draft.source_quality,
        sections=tuple(_renumbered_section(section, renumber) for section in draft.sections),
        signal_chains=draft.signal_chains,
        citations=tuple(_citation(n, member) for n, member in enumerate(members, start=1)),
    )


def _renumbered(numbers: dict[int, int], text: str) -> str:
    def number(match: re.Match[str]) -> str:
        return f"[{numbers[int(match[1])]}]"

    return CITATION.sub(number, text)


def _renumbered_section(section: Section, renumber: Callable[[str], str]) -> Section:
    parts = tuple(
        part.model_copy(update={"body": renumber(part.body)}) for part in section.subsections
    )
    return section.model_copy(update={"body": renumber(section.body), "subsections": parts})


def _pooled(
    members: list[GroupedMoment], words: Callable[[GroupedMoment], tuple[str, ...]]
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for member in members for word in words(member)))


def _citation(number: int, member: GroupedMoment) -> Citation:
    moment = member.moment
    return Citation(
        number=number,
        moment_id=moment.moment_id,
        title=moment.title,
        start_s=moment.start_s,
        end_s=moment.end_s,
        quote=moment.quote,
    )


def _unused(group: SynthesisGroup, left: LeftOut) -> UnusedMoment:
    moment = group.moments[left.moment - 1].moment
    return UnusedMoment(
        moment_id=moment.moment_id,
        title=moment.title,
        start_s=moment.start_s,
        reason=left.reason,
    )
