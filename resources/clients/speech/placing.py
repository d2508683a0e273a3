"""Words put where the speech is: a recogniser lets the word before or after a pause last through it.

What belongs here: moving starts and ends of words out of pauses. What does not: text, which stays as it is. A citation
that begins half a second early plays the end of another sentence.
"""

from bisect import bisect_right
from collections.abc import Sequence

from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.port import Span

_LATE_S = 0.05
"""The voice detector notices speech about this late, and its end as much too early."""


def placed(segment: Segment, speech: Sequence[Span]) -> Segment:
    """The segment with no start or end of a word in a pause that the word reaches out of."""
    if not segment.words or not speech:
        return segment
    starts_s = [span.start_s for span in speech]
    times = [_out_of_pauses(word.start_s, word.end_s, speech, starts_s) for word in segment.words]
    start_s, end_s = times[0][0], max(times[0][0], times[-1][1])
    words = [
        {"start_s": first_s, "end_s": last_s, "text": word.text}
        for word, (first_s, last_s) in zip(segment.words, times, strict=True)
    ]
    return Segment.model_validate(
        {"start_s": start_s, "end_s": end_s, "text": segment.text, "words": words}
    )


def _out_of_pauses(
    start_s: float, end_s: float, speech: Sequence[Span], starts_s: Sequence[float]
) -> tuple[float, float]:
    """A word all of whose time is a pause stays where it is: the detector may be wrong too."""
    touched = [
        span
        for span in speech[
            max(0, bisect_right(starts_s, start_s) - 1) : bisect_right(starts_s, end_s)
        ]
        if span.overlap_s(Span(start_s, end_s)) > 0
    ]
    if not touched:
        return start_s, end_s
    most = max(touched, key=lambda span: span.overlap_s(Span(start_s, end_s)))
    return max(start_s, most.start_s - _LATE_S), min(end_s, most.end_s + _LATE_S)
