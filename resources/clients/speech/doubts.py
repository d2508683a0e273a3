"""Marks of text that a recogniser made up: each is told with its time and reason, and none is taken out.

What belongs here: looking at segments beside speech. What does not: asking again (`listening`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from chrysopedia_assets.models.doubts import Doubt, DoubtKind
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.port import HeardSegment, Span

_MOST_COMPRESSIBLE = 2.4
_LEAST_LOG_PROBABILITY = -1.0
"""Both are what Whisper's authors ask again beyond."""
_SAME_PHRASES = 4
_SAME_SEGMENTS = 3
_LONGEST_PHRASE_WORDS = 10
_FEW_WORDS, _MOST_WORDS_PER_S = 4, 9.0
"""Nobody speaks as fast for longer than a few words."""
_NEAR_SPEECH_S = 0.5
_LEAST_OVER_SPEECH = 0.3
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def doubts(heard: Sequence[HeardSegment], speech: Sequence[Span]) -> list[Doubt]:
    """Everything doubtful in segments of one window, in order."""
    found = [doubt for one in heard for doubt in segment_doubts(one, speech)]
    found += _same_segments([one.segment for one in heard])
    return sorted(found, key=lambda doubt: doubt.start_s)


def segment_doubts(one: HeardSegment, speech: Sequence[Span]) -> Iterator[Doubt]:
    text, ratio, sure = one.segment.text, one.compression_ratio, one.log_probability
    if phrase := repeated_phrase(text):
        yield _doubt("repeated", one.segment, f"{phrase!r} again and again")
    elif ratio is not None and ratio > _MOST_COMPRESSIBLE:
        yield _doubt("repeated", one.segment, f"its text compresses {ratio:.1f} times")
    words, length_s = len(text.split()), one.span.length_s
    if words >= _FEW_WORDS and words > _MOST_WORDS_PER_S * length_s:
        yield _doubt("improbable", one.segment, f"{words} words in {length_s:.1f} s")
    if sure is not None and sure < _LEAST_LOG_PROBABILITY:
        yield _doubt("improbable", one.segment, f"mean log probability {sure:.2f}")
    if _over_speech(one.segment, speech) < _LEAST_OVER_SPEECH:
        yield _doubt("over_silence", one.segment, "no speech is found here")


def repeated_phrase(text: str) -> str | None:
    """The shortest run of words that comes `_SAME_PHRASES` times in a row."""
    words = [word.casefold() for word in _WORD.findall(text)]
    for length in range(1, _LONGEST_PHRASE_WORDS + 1):
        run = 0
        for at in range(length, len(words)):
            run = run + 1 if words[at] == words[at - length] else 0
            if run == (_SAME_PHRASES - 1) * length:
                return " ".join(words[at - length + 1 : at + 1])
    return None


def _same_segments(segments: Sequence[Segment]) -> Iterator[Doubt]:
    start = 0
    for at in range(1, len(segments) + 1):
        if at < len(segments) and _same(segments[at], segments[start]):
            continue
        if at - start >= _SAME_SEGMENTS:
            reason = f"the same segment {at - start} times"
            yield Doubt(
                kind="repeated",
                start_s=segments[start].start_s,
                end_s=segments[at - 1].end_s,
                reason=reason,
            )
        start = at


def _same(one: Segment, other: Segment) -> bool:
    return _WORD.findall(one.text.casefold()) == _WORD.findall(other.text.casefold())


def _over_speech(segment: Segment, speech: Iterable[Span]) -> float:
    """How much of it lies where speech is: of its words, or of its time."""
    near = [Span(start_s - _NEAR_SPEECH_S, end_s + _NEAR_SPEECH_S) for start_s, end_s in speech]
    if segment.words:
        middles_s = [(word.start_s + word.end_s) / 2 for word in segment.words]
        inside = [any(a <= middle_s <= b for a, b in near) for middle_s in middles_s]
        return sum(inside) / len(inside)
    span = Span(segment.start_s, max(segment.end_s, segment.start_s + 0.01))
    return min(1.0, sum(span.overlap_s(one) for one in near) / span.length_s)


def _doubt(kind: DoubtKind, segment: Segment, reason: str) -> Doubt:
    return Doubt(kind=kind, start_s=segment.start_s, end_s=segment.end_s, reason=reason)
