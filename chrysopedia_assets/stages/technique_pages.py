"""Write pages from groups of moments. The engine writes; code numbers citations, pools tags, and checks coverage.

Lessons built in: a page declares its moments; tags and plugins come from those moments and from nowhere else; a
moment is on exactly one page or listed as unused with a reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import Field

from chrysopedia_assets.models.records import Record, SegmentIndex, Text, Title
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
    without_links,
)
from chrysopedia_assets.stages.ports import Ask, NumberedGiven, Question, answers


class SynthesisInput(NumberedGiven):
    """`[n]` in a reply cites the moment with the number n."""

    group_id: Text
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


@dataclass(frozen=True)
class SynthesisQuestion(Question[SynthesisReply]):
    given: SynthesisInput
    task = "synthesis"
    reply = SynthesisReply

    @property
    def subject(self) -> str:
        numbers = self.given.numbers
        return f"group {self.given.group_id} moments {', '.join(str(n) for n in numbers)}"

    def complaints(self, reply: SynthesisReply) -> list[str]:
        if lost := self._lost(reply):
            return [f"moments {lost} are on no page and not listed as unused", *self._wrong(reply)]
        return self._wrong(reply)

    def halves(self) -> tuple["SynthesisQuestion", ...]:
        numbers = self.given.numbers
        middle = len(numbers) // 2
        return (self._about(numbers[:middle]), self._about(numbers[middle:])) if middle else ()

    def joined(self, replies: Sequence[SynthesisReply]) -> SynthesisReply:
        return SynthesisReply(
            pages=tuple(page for reply in replies for page in reply.pages),
            unused=tuple(left for reply in replies for left in reply.unused),
        )

    def rest(self, reply: SynthesisReply) -> tuple[SynthesisReply, "SynthesisQuestion"] | None:
        """Pages that are sound but leave moments out: those moments are asked about by themselves."""
        lost = self._lost(reply)
        if self._wrong(reply) or not lost or len(lost) == len(self.given.numbers):
            return None
        return reply, self._about(lost)

    def _lost(self, reply: SynthesisReply) -> list[int]:
        return sorted(set(self.given.numbers) - set(_placed(reply)))

    def _wrong(self, reply: SynthesisReply) -> list[str]:
        placed, wrong = _placed(reply), []
        if invented := sorted(set(placed) - set(self.given.numbers)):
            wrong.append(f"there are no moments {invented}")
        if twice := sorted(number for number, times in Counter(placed).items() if times > 1):
            wrong.append(f"moments {twice} are placed twice")
        for draft in reply.pages:
            if foreign := sorted(_cited(draft) - set(draft.moments)):
                wrong.append(
                    f"page {draft.title!r} cites moments {foreign}, which it does not cover"
                )
            if silent := sorted(set(draft.moments) - _cited(draft)):
                wrong.append(f"page {draft.title!r} covers moments {silent} without citing them")
        return wrong

    def _about(self, numbers: Collection[int]) -> "SynthesisQuestion":
        return SynthesisQuestion(self.given.about(numbers))


def write_pages(groups: SynthesisGroups, ask: Ask) -> TechniquePages:
    """Ask once per group; page ids are readable, unique within the video, and stay when the title does."""
    questions = [
        SynthesisQuestion(
            SynthesisInput(
                video=groups.video,
                group_id=group.group_id,
                category=group.category,
                numbers=tuple(range(1, len(group.moments) + 1)),
                moments=group.moments,
            )
        )
        for group in groups.groups
    ]
    found = answers(ask, questions)
    pages: list[TechniquePage] = []
    unused: list[UnusedMoment] = []
    for group, reply in zip(groups.groups, found.replies, strict=True):
        for draft in reply.pages:
            page_id = _page_id(groups.video.video_id, draft.title, {p.page_id for p in pages})
            pages.append(_page(page_id, group, draft))
        unused += [_unused(group, left) for left in reply.unused]
    return TechniquePages(
        video=groups.video, made_by=found.made_by, pages=tuple(pages), unused=tuple(unused)
    )


def _placed(reply: SynthesisReply) -> list[int]:
    return [n for draft in reply.pages for n in draft.moments] + [u.moment for u in reply.unused]


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

    return CITATION.sub(number, without_links(text))


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
