"""Groups and pages of two runs, by the moments in them: gained and lost, split and joined.

What belongs here: who holds which moment. What does not: what is in a moment, which is compared with the stage that made it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chrysopedia_assets.inspection.pairing import (
    Difference,
    Passage,
    Word,
    not_shared,
    paired,
    pairs,
)
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages, texts_of


@dataclass(frozen=True)
class Holder:
    """A group or a page, by the moments in it."""

    title: str
    moments: tuple[Passage, ...]
    category: str = ""
    text: tuple[str, ...] = ()

    @property
    def start_s(self) -> float:
        return min(moment.start_s for moment in self.moments)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(moment.moment_id for moment in self.moments)


def groups_of(record: SynthesisGroups) -> list[Holder]:
    return [
        Holder(group.category, tuple(member.moment for member in group.moments))
        for group in record.groups
    ]


def pages_of(record: TechniquePages) -> list[Holder]:
    return [
        Holder(page.title, page.citations, page.category, (page.summary, *texts_of(page.sections)))
        for page in record.pages
    ]


def regrouped(a: Sequence[Holder], b: Sequence[Holder]) -> Iterator[Difference]:
    """By the moments that two have in common; one that is left alone was split from others, or joined with them."""
    b = _with_ids_of(a, b)

    def apart(one: Holder, other: Holder) -> float | None:
        shared = one.ids & other.ids
        return 1 - len(shared) / len(one.ids | other.ids) if shared else None

    for one, other in paired(a, b, apart):
        if one is not None and other is not None:
            told = "; ".join(_moved(one, other))
            word: Word = "changed" if told else "same"
        else:
            told = _shared("joined with", one, b) if one else _shared("split from", other, a)
            word = "only in A" if one else "only in B"
        yield Difference(
            word=word,
            a_s=one.start_s if one else None,
            b_s=other.start_s if other else None,
            title=(other or one).title,  # type: ignore[union-attr]
            told=told,
        )


def _with_ids_of(a: Sequence[Holder], b: Sequence[Holder]) -> list[Holder]:
    """B, its moments under the ids of those of A that they share their time with: another title makes another id."""
    ours, theirs = ([m for holder in side for m in holder.moments] for side in (a, b))
    known = {theirs[j].moment_id: ours[i].moment_id for i, j in pairs(ours, theirs, not_shared)}
    return [
        replace(
            holder,
            moments=tuple(
                moment.model_copy(
                    update={"moment_id": known.get(moment.moment_id, moment.moment_id)}
                )
                for moment in holder.moments
            ),
        )
        for holder in b
    ]


def _moved(one: Holder, other: Holder) -> Iterator[str]:
    if one.title != other.title:
        yield f"was {one.title!r}"
    if one.category != other.category:
        yield f"{one.category} → {other.category}"
    for word, more, fewer in (("gained", other, one), ("lost", one, other)):
        titles = [moment.title for moment in more.moments if moment.moment_id not in fewer.ids]
        if titles:
            yield f"{word} {', '.join(map(repr, titles))}"
    if one.text != other.text:
        yield "another text"


def _shared(how: str, alone: Holder | None, others: Sequence[Holder]) -> str:
    """Which of the other side have its moments."""
    ids = alone.ids if alone else frozenset()
    found = [f"{one.title!r} at {clock(one.start_s)}" for one in others if one.ids & ids]
    return f"{how} {', '.join(found)}" if found else ""
