"""Topic boundaries against the chapters that the source itself has: which were hit, and the scores of the literature.

What belongs here: the published measures, by their definitions. What does not: a verdict; a maker's chapters are one way
to divide a video, and seldom as fine as teaching units.

| score | says | from |
|---|---|---|
| precision, recall, F1 | how many boundaries are a chapter's, how many chapters have one, within a tolerance; one to one, nearest first | |
| Pk | at how many of all places two ends of a window are wrongly taken for one topic or for two: 0 is best | Beeferman, Berger, Lafferty 1999 |
| WindowDiff | at how many places the number of boundaries in the window is wrong: 0 is best | Pevzner, Hearst 2002 |
"""

from collections.abc import Callable, Collection, Sequence
from itertools import accumulate
from typing import Literal

from chrysopedia_assets.inspection.pairing import pairs
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import Record, Seconds, Text
from chrysopedia_assets.models.topic_chunks import TopicChunk
from chrysopedia_assets.models.transcripts import Segment

HIT_S = 3.0
NEAR_S = 10.0


class ChapterMark(Record):
    """`off_s` is how much later than its chapter a boundary lies; a boundary of ours without a chapter is `extra`."""

    word: Literal["hit", "near", "missed", "extra"]
    chapter_s: Seconds | None
    boundary_s: Seconds | None
    off_s: float | None
    title: Text

    @property
    def at_s(self) -> float:
        return self.chapter_s if self.chapter_s is not None else self.boundary_s or 0.0


class WithinScore(Record):
    tolerance_s: float
    precision: float
    recall: float
    f1: float


class ChapterScores(Record):
    """`pk` and `window_diff` are None where there is no transcript to count segments in."""

    marks: tuple[ChapterMark, ...]
    within: tuple[WithinScore, ...]
    pk: float | None
    window_diff: float | None


def against_chapters(
    chapters: Sequence[Chapter], chunks: Sequence[TopicChunk], segments: Sequence[Segment]
) -> ChapterScores:
    """A chapter that begins with the first topic is no boundary: everything begins there."""
    begin_s = chunks[0].start_s if chunks else 0.0
    inner = [chapter for chapter in chapters if chapter.start_s > begin_s + HIT_S]
    ours = chunks[1:]
    wanted, found = [c.start_s for c in inner], [c.start_s for c in ours]
    reference, hypothesis = _places(wanted, segments), {c.first_segment for c in ours}
    measurable = bool(segments) and max(hypothesis, default=0) < len(segments)
    return ChapterScores(
        marks=tuple(_marks(inner, ours)),
        within=tuple(within(wanted, found, tolerance_s) for tolerance_s in (HIT_S, NEAR_S)),
        pk=round(pk(reference, hypothesis, len(segments)), 3) if measurable else None,
        window_diff=round(window_diff(reference, hypothesis, len(segments)), 3)
        if measurable
        else None,
    )


def within(wanted: Sequence[float], found: Sequence[float], tolerance_s: float) -> WithinScore:
    matched = len(_matched(wanted, found, tolerance_s))
    precision = matched / len(found) if found else 0.0
    recall = matched / len(wanted) if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if matched else 0.0
    return WithinScore(
        tolerance_s=tolerance_s,
        precision=round(precision, 3),
        recall=round(recall, 3),
        f1=round(f1, 3),
    )


def pk(reference: Collection[int], hypothesis: Collection[int], units: int) -> float:
    """Boundaries as the numbers of the units that open a topic, of `units` in all; 0 does not count."""
    return _wrong(reference, hypothesis, units, lambda r, h: (r > 0) != (h > 0))


def window_diff(reference: Collection[int], hypothesis: Collection[int], units: int) -> float:
    return _wrong(reference, hypothesis, units, lambda r, h: r != h)


def _wrong(
    reference: Collection[int],
    hypothesis: Collection[int],
    units: int,
    differ: Callable[[int, int], bool],
) -> float:
    """The share of windows in which the numbers of boundaries differ; a window is half a topic of the reference long."""
    k = max(2, round(units / (len(reference) + 1) / 2))
    if units <= k:
        return float(set(reference) != set(hypothesis))
    r, h = _topic_numbers(reference, units), _topic_numbers(hypothesis, units)
    wrong = [differ(r[i + k] - r[i], h[i + k] - h[i]) for i in range(units - k)]
    return sum(wrong) / len(wrong)


def _topic_numbers(boundaries: Collection[int], units: int) -> list[int]:
    opens = set(boundaries) - {0}
    return list(accumulate(int(unit in opens) for unit in range(units)))


def _places(times_s: Sequence[float], segments: Sequence[Segment]) -> set[int]:
    """The segment that begins nearest to each time; those at the first one are no boundary."""
    nearest = (
        min(range(len(segments)), key=lambda n: abs(segments[n].start_s - time_s))
        for time_s in times_s
        if segments
    )
    return set(nearest) - {0}


def _matched(a: Sequence[float], b: Sequence[float], tolerance_s: float) -> list[tuple[int, int]]:
    def apart(one: float, other: float) -> float | None:
        distance = abs(one - other)
        return distance if distance <= tolerance_s else None

    return pairs(a, b, apart)


def _marks(chapters: Sequence[Chapter], ours: Sequence[TopicChunk]) -> list[ChapterMark]:
    matched = dict(_matched([c.start_s for c in chapters], [c.start_s for c in ours], NEAR_S))
    marks = []
    for number, chapter in enumerate(chapters):
        boundary_s = ours[matched[number]].start_s if number in matched else None
        off_s = round(boundary_s - chapter.start_s, 2) if boundary_s is not None else None
        word: Literal["hit", "near", "missed"] = "missed"
        if off_s is not None:
            word = "hit" if abs(off_s) <= HIT_S else "near"
        marks.append(
            ChapterMark(
                word=word,
                chapter_s=chapter.start_s,
                boundary_s=boundary_s,
                off_s=off_s,
                title=chapter.title,
            )
        )
    marks += [
        ChapterMark(
            word="extra", chapter_s=None, boundary_s=chunk.start_s, off_s=None, title=chunk.label
        )
        for number, chunk in enumerate(ours)
        if number not in matched.values()
    ]
    return sorted(marks, key=lambda mark: mark.at_s)
