"""One window, heard until nothing more can be got out of it: what is doubtful or missing is asked for once again.

What belongs here: the order of asking. What does not: recognisers, what counts as doubtful (`doubts`) or missing
(`coverage`), windows of a whole file (`transcribe`).
"""

from collections.abc import Sequence
from dataclasses import replace

from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.coverage import unheard
from resources.clients.speech.doubts import segment_doubts
from resources.clients.speech.placing import placed
from resources.clients.speech.port import Ask, HeardClip, HeardSegment, Recogniser, Samples, Span
from resources.clients.speech.windows import Window, clips

_SURE = 0.8
"""Of the language of a clip: below, music and single words are taken for Welsh."""
_MARGIN_S = 0.2


def listen(
    window: Window, recogniser: Recogniser, ask: Ask, fixed_language: bool
) -> list[HeardClip]:
    """Clips in order, their times counted from the window's beginning.

    Raises what the recogniser raises.
    """
    length_s = window.span.length_s
    spoken = clips(window.speech, length_s)
    if not spoken:
        return []
    found = recogniser.recognise(window.audio, spoken, ask)
    if not fixed_language:
        found = _in_own_language(found, window.audio, recogniser, ask)
    found = _doubtful_again(found, window, recogniser)
    found += _missing_again(found, window, recogniser)
    return [_in_place(clip, window.speech) for clip in found]


def _in_place(clip: HeardClip, speech: Sequence[Span]) -> HeardClip:
    heard = (replace(one, segment=placed(one.segment, speech)) for one in clip.segments)
    return replace(clip, segments=tuple(heard))


def _in_own_language(
    found: Sequence[HeardClip], audio: Samples, recogniser: Recogniser, ask: Ask
) -> list[HeardClip]:
    """A clip that sounds like another language is heard in it, and kept so where the recogniser is surer of that."""
    heard = []
    for clip in found:
        if _other_language(clip):
            [other] = recogniser.recognise(
                audio, [clip.span], replace(ask, language=clip.sounds_like)
            )
            clip = max(clip, other, key=_surety)
        heard.append(clip)
    return heard


def _other_language(clip: HeardClip) -> bool:
    return clip.sounds_like != clip.language and clip.sounds_like_probability >= _SURE


def _surety(clip: HeardClip) -> float:
    sure = [one.log_probability for one in clip.segments if one.log_probability is not None]
    return sum(sure) / len(sure) if sure else float("-inf")


def _doubtful_again(
    found: Sequence[HeardClip], window: Window, recogniser: Recogniser
) -> list[HeardClip]:
    """Without hints, which lead astray now and then; the second try is kept where less of it is doubtful."""
    heard = []
    for clip in found:
        if before := _count_doubts(clip, window.speech):
            ask = Ask(clip.language, again=True)
            [again] = recogniser.recognise(window.audio, [clip.span], ask)
            if again.segments and _count_doubts(again, window.speech) < before:
                clip = again
        heard.append(clip)
    return heard


def _count_doubts(clip: HeardClip, speech: Sequence[Span]) -> int:
    return sum(1 for one in clip.segments for _ in segment_doubts(one, speech))


def _missing_again(
    found: Sequence[HeardClip], window: Window, recogniser: Recogniser
) -> list[HeardClip]:
    """What is heard in speech that had no words, cut out by itself; nothing of what is there already."""
    missing = unheard(window.speech, _segments(found))
    if not missing:
        return []
    length_s = window.span.length_s
    spans = [
        Span(max(0.0, span.start_s - _MARGIN_S), min(length_s, span.end_s + _MARGIN_S))
        for span in missing
    ]
    again = []
    for span in spans:  # one by one: margins may overlap
        ask = Ask(_language_at(span, found), again=True)
        again += recogniser.recognise(window.audio, [span], ask)
    return [
        replace(clip, segments=new)
        for clip in again
        if (new := tuple(one for one in clip.segments if _is_in(one, missing)))
    ]


def _language_at(piece: Span, found: Sequence[HeardClip]) -> str | None:
    return max(found, key=lambda clip: clip.span.overlap_s(piece)).language


def _is_in(one: HeardSegment, missing: Sequence[Span]) -> bool:
    return any(span.overlap_s(one.span) >= one.span.length_s / 2 for span in missing)


def _segments(found: Sequence[HeardClip]) -> list[Segment]:
    return [one.segment for clip in found for one in clip.segments]
