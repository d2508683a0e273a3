"""Speech against words: what has been heard, and what has not.

What belongs here: arithmetic over spans. What does not: finding speech, asking again (`listening`).
"""

import math
from collections.abc import Iterable, Sequence

from chrysopedia_assets.models.doubts import MinuteHeard
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.port import Span

_REACH_S = 0.4
"""Words are placed about this exactly."""
_LONGEST_WORD_S = 1.5
"""A recogniser that skips a passage stretches the word before it over all of it: of a longer one, only this much counts."""
SHORTEST_UNHEARD_S = 1.0
_MINUTE_S = 60.0


def unheard(speech: Iterable[Span], segments: Iterable[Segment]) -> list[Span]:
    """Speech without words, where it is long enough to be some."""
    missed = _without(list(speech), heard(segments))
    return [span for span in missed if span.length_s >= SHORTEST_UNHEARD_S]


def heard(segments: Iterable[Segment]) -> list[Span]:
    """Where words are, in order, joined."""
    found: list[Span] = []
    for span in sorted(span for segment in segments for span in _words(segment)):
        if found and span.start_s <= found[-1].end_s:
            found[-1] = Span(found[-1].start_s, max(found[-1].end_s, span.end_s))
        else:
            found.append(span)
    return found


def _words(segment: Segment) -> list[Span]:
    """Without times of words, a segment counts as far as so many words can last."""
    if not segment.words:
        longest_s = len(segment.text.split()) * _LONGEST_WORD_S / 2
        if len(segment.text) > 20 and " " not in segment.text:  # a script without spaces
            longest_s = len(segment.text) * _LONGEST_WORD_S / 4
        return [_reach(segment.start_s, min(segment.end_s, segment.start_s + longest_s))]
    return [
        _reach(word.start_s, min(word.end_s, word.start_s + _LONGEST_WORD_S))
        for word in segment.words
    ]


def _reach(start_s: float, end_s: float) -> Span:
    return Span(start_s - _REACH_S, end_s + _REACH_S)


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of the spans; both in order."""
    left = []
    for span in spans:
        at_s = span.start_s
        for start_s, end_s in (one for one in taken if one.overlap_s(span) > 0):
            if start_s > at_s:
                left.append(Span(at_s, start_s))
            at_s = max(at_s, end_s)
        if at_s < span.end_s:
            left.append(Span(at_s, span.end_s))
    return left


def minutes(speech: Sequence[Span], segments: Iterable[Segment]) -> tuple[MinuteHeard, ...]:
    """Each minute that has speech."""
    speech_s, missed_s = _by_minute(speech), _by_minute(_without(speech, heard(segments)))
    return tuple(
        MinuteHeard(
            minute=minute,
            speech_s=round(length_s, 2),
            heard_s=round(max(0.0, length_s - missed_s.get(minute, 0.0)), 2),
        )
        for minute, length_s in sorted(speech_s.items())
    )


def _by_minute(spans: Iterable[Span]) -> dict[int, float]:
    found: dict[int, float] = {}
    for span in spans:
        for minute in range(int(span.start_s // _MINUTE_S), math.ceil(span.end_s / _MINUTE_S)):
            inside_s = span.overlap_s(Span(minute * _MINUTE_S, (minute + 1) * _MINUTE_S))
            if inside_s:
                found[minute] = found.get(minute, 0.0) + inside_s
    return found
