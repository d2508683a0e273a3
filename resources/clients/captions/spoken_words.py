"""Give words that stand apart from their segments (OpenAI's `verbose_json`) back to them, by time.

What belongs here: which segment a word falls into. What does not: clipping (`tidy`).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from resources.clients.captions.raw import RawSegment, RawWord

_NEAR_S = 1.0
"""A word this far from any segment belongs to none: the recogniser dropped the segment and kept the word."""


def with_words(segments: list[RawSegment], words: Iterable[RawWord]) -> list[RawSegment]:
    """The segments with their words; one without text or without a readable start gets none."""
    timed = [
        index
        for index, segment in enumerate(segments)
        if segment.text.strip() and math.isfinite(segment.start_s)
    ]
    timed.sort(key=lambda index: segments[index].start_s)
    starts_s = [segments[index].start_s for index in timed]
    ends_s = [segments[index].end_s for index in timed]
    found: dict[int, list[RawWord]] = {}
    for word in words:
        middle_s = (word.start_s + word.end_s) / 2
        after = bisect_right(starts_s, middle_s)
        nearest: int | None
        if after > 1 and ends_s[after - 2] < middle_s < ends_s[after - 1]:  # nearly always
            nearest = timed[after - 1]
        else:
            neighbours = timed[max(after - 2, 0) : after + 1]
            nearest = _nearest(neighbours, middle_s, segments, found)
        if nearest is not None:
            found.setdefault(nearest, []).append(word)
    return [replace(segment, words=found.get(index, ())) for index, segment in enumerate(segments)]


def _nearest(
    neighbours: Sequence[int],
    middle_s: float,
    segments: Sequence[RawSegment],
    found: dict[int, list[RawWord]],
) -> int | None:
    """The closest segment; of equally close ones the first that still lacks words.

    Whisper gives zero length to words it cannot place, often right on the border: 36 of 1,632
    segments of six tutorials lost their last words to the next one when the border alone decided.
    """
    distances_s = {index: _distance_s(segments[index], middle_s) for index in neighbours}
    closest_s = min(distances_s.values(), default=math.inf)
    if closest_s > _NEAR_S:
        return None
    closest = [index for index in neighbours if distances_s[index] == closest_s]
    for index in closest[:-1]:
        if len(found.get(index, ())) < len(segments[index].text.split()):
            return index
    return closest[-1]


def _distance_s(segment: RawSegment, at_s: float) -> float:
    if not math.isfinite(at_s):
        return math.inf
    return max(segment.start_s - at_s, at_s - segment.end_s, 0.0)
