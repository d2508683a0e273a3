"""Two results of the same stage, part by part: what is the same, what moved or changed, what only one of them has.

What belongs here: what differs in two parts that belong together. What does not: which do (`pairing.py`), which result is
better, and finding the two (`resources`).
"""

from collections.abc import Iterator, Mapping, Sequence

from chrysopedia_assets.inspection.pairing import Difference, Word, not_shared, paired
from chrysopedia_assets.inspection.regrouping import groups_of, pages_of, regrouped
from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import STAGES, Record, StageName, StageRecord, Text
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks

COMPARED = STAGES[1:]
"""A transcript is what its file says: no run makes another of it."""
SAME_S = 0.05
"""Nearer than this is the same time, rounded twice."""
MOVED_S = 30.0
"""A boundary that has none of the other side within this is one of its own."""


class Comparison(Record):
    """`a` and `b` say in words which results they are."""

    stage: StageName
    a: Text
    b: Text
    differences: tuple[Difference, ...]

    @property
    def counts(self) -> dict[Word, int]:
        words = [difference.word for difference in self.differences]
        return {word: words.count(word) for word in dict.fromkeys(words)}


def compare(
    a: StageRecord, b: StageRecord, names: tuple[str, str], titles: Mapping[str, str]
) -> Comparison:
    """In order of time. `titles` are those of moments, by id; raises TypeError for what cannot be compared."""
    stage: StageName
    match a, b:
        case TopicChunks(), TopicChunks():
            found, stage = _boundaries(a.chunks[1:], b.chunks[1:]), "topic_chunks"
        case KeyMoments(), KeyMoments():
            found, stage = _moments(a.moments, b.moments), "key_moments"
        case Classifications(), Classifications():
            found, stage = _classes(a.classifications, b.classifications, titles), "classifications"
        case SynthesisGroups(), SynthesisGroups():
            found, stage = regrouped(groups_of(a), groups_of(b)), "synthesis_groups"
        case TechniquePages(), TechniquePages():
            found, stage = regrouped(pages_of(a), pages_of(b)), "technique_pages"
        case _:
            raise TypeError(f"{type(a).__name__} and {type(b).__name__} are not compared")
    return Comparison(stage=stage, a=names[0], b=names[1], differences=tuple(_in_order(found)))


def _in_order(found: Iterator[Difference]) -> list[Difference]:
    def time_s(difference: Difference) -> float:
        times = [at for at in (difference.a_s, difference.b_s) if at is not None]
        return min(times, default=0.0)

    return sorted(found, key=time_s)


# Boundaries --------------------------------------------------------------------------------------


def _boundaries(a: Sequence[TopicChunk], b: Sequence[TopicChunk]) -> Iterator[Difference]:
    def apart(one: TopicChunk, other: TopicChunk) -> float | None:
        distance = abs(one.start_s - other.start_s)
        return distance if distance <= MOVED_S else None

    for one, other in paired(a, b, apart):
        if one is None or other is None:
            yield _alone(one, other, (one or other).label)  # type: ignore[union-attr]
            continue
        moved_s = other.start_s - one.start_s
        segments = other.first_segment - one.first_segment
        same = abs(moved_s) <= SAME_S
        told = "" if same else f"{moved_s:+.1f} s, {segments:+} segments"
        yield Difference(
            word="same" if same else "moved",
            a_s=one.start_s,
            b_s=other.start_s,
            title=other.label,
            told=told,
        )


def _alone(
    one: TopicChunk | KeyMoment | None, other: TopicChunk | KeyMoment | None, title: str
) -> Difference:
    return Difference(
        word="only in A" if other is None else "only in B",
        a_s=one.start_s if one else None,
        b_s=other.start_s if other else None,
        title=title,
    )


# Moments -----------------------------------------------------------------------------------------


def _moments(a: Sequence[KeyMoment], b: Sequence[KeyMoment]) -> Iterator[Difference]:
    for one, other in paired(a, b, not_shared):
        if one is None or other is None:
            yield _alone(one, other, (one or other).title)  # type: ignore[union-attr]
            continue
        told = "; ".join(_changes(one, other))
        yield Difference(
            word="changed" if told else "same",
            a_s=one.start_s,
            b_s=other.start_s,
            title=other.title,
            told=told,
        )


def _changes(one: KeyMoment, other: KeyMoment) -> Iterator[str]:
    if one.title != other.title:
        yield f"was {one.title!r}"
    if one.kind != other.kind:
        yield f"{one.kind} → {other.kind}"
    moved = (other.start_s - one.start_s, other.end_s - one.end_s)
    if max(map(abs, moved)) > SAME_S:
        yield f"starts {moved[0]:+.1f} s, ends {moved[1]:+.1f} s"
    yield from (
        f"another {name}"
        for name in ("summary", "quote", "plugins")
        if getattr(one, name) != getattr(other, name)
    )


# Classifications ---------------------------------------------------------------------------------


def _classes(
    a: Sequence[Classification], b: Sequence[Classification], titles: Mapping[str, str]
) -> Iterator[Difference]:
    before, after = ({c.moment_id: c for c in side} for side in (a, b))
    for moment_id in dict.fromkeys((*before, *after)):
        one, other = before.get(moment_id), after.get(moment_id)
        told = ""
        word: Word = "only in A" if other is None else "only in B"
        if one and other:
            told = "; ".join(_reclassified(one, other))
            word = "changed" if told else "same"
        title = titles.get(moment_id, moment_id)
        yield Difference(word=word, a_s=None, b_s=None, title=title, told=told)


def _reclassified(one: Classification, other: Classification) -> Iterator[str]:
    if one.category != other.category:
        yield f"{one.category} → {other.category}"
    if set(one.tags) != set(other.tags):
        yield f"tags {', '.join(one.tags) or 'none'} → {', '.join(other.tags) or 'none'}"
