"""Windows put together to what is known of the whole file.

What belongs here: what is kept of a window, and what only the whole shows: languages, the end, coverage. What does not:
hearing (`listening`), keeping (`window_store`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.records import Record, Text
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.library import shown
from resources.clients.speech.coverage import minutes, unheard
from resources.clients.speech.decoding import Decoder
from resources.clients.speech.doubts import doubts
from resources.clients.speech.port import HeardClip, Recogniser, Span, moved, retimed
from resources.clients.speech.windows import Window

_ROUNDING_S = 0.1


class _SpokenIn(Record):
    """Of one clip; times of the file."""

    start_s: float
    end_s: float
    language: Text | None
    sounds_like: Text | None


class HeardWindow(Record):
    """What is kept of a finished window; times of the file. `end` is the sample at which the next one begins."""

    end: int
    speech: tuple[Span, ...]
    segments: tuple[Segment, ...]
    doubts: tuple[Doubt, ...]
    spoken_in: tuple[_SpokenIn, ...]


def heard_window(window: Window, clips: Sequence[HeardClip]) -> HeardWindow:
    start_s = window.span.start_s
    heard = sorted((one for clip in clips for one in clip.segments), key=lambda one: one.span)
    found = doubts(heard, window.speech)
    return HeardWindow(
        end=window.first + len(window.audio),
        speech=tuple(span.later(start_s) for span in window.speech),
        segments=tuple(moved(one.segment, start_s) for one in heard),
        doubts=tuple(_later(doubt, start_s) for doubt in found),
        spoken_in=tuple(_spoken_in(clip, start_s) for clip in clips if clip.segments),
    )


def _later(doubt: Doubt, by_s: float) -> Doubt:
    return doubt.model_copy(update={"start_s": doubt.start_s + by_s, "end_s": doubt.end_s + by_s})


def _spoken_in(clip: HeardClip, by_s: float) -> _SpokenIn:
    start_s, end_s = clip.span.later(by_s)
    return _SpokenIn(
        start_s=start_s, end_s=end_s, language=clip.language, sounds_like=clip.sounds_like
    )


def main_language(done: Iterable[HeardWindow]) -> str | None:
    """The one that most is spoken in so far."""
    spoken: Counter[str] = Counter()
    for window in done:
        for clip in window.spoken_in:
            if clip.language:
                spoken[clip.language] += round((clip.end_s - clip.start_s) * 1000)
    return spoken.most_common(1)[0][0] if spoken else None


def together(
    done: Sequence[HeardWindow],
    decoder: Decoder,
    recogniser: Recogniser,
    notes: tuple[str, ...],
    path: Path,
) -> Hearing:
    speech = [span for window in done for span in window.speech]
    found = [segment for window in done for segment in window.segments]
    if not found:
        raise _nothing_said(speech, decoder, path)
    language = main_language(done)
    segments, beyond = _inside(found, decoder.seconds)
    every = [
        *(doubt for window in done for doubt in window.doubts),
        *decoder.damage,
        *beyond,
        *_other_languages(done, language),
        *(_unheard(span) for span in unheard(speech, segments)),
    ]
    return Hearing(
        made_by=recogniser.made_by,
        language=language,
        duration_s=decoder.seconds,
        segments=tuple(segments),
        doubts=tuple(sorted(every, key=lambda doubt: (doubt.start_s, doubt.kind))),
        minutes=minutes(speech, segments),
        notes=notes,
    )


def _nothing_said(speech: Sequence[Span], decoder: Decoder, path: Path) -> InputRefused:
    spoken_s = sum(span.length_s for span in speech)
    if spoken_s:
        return InputRefused(
            f"{spoken_s:.0f} s of it sound like speech, and no word of it was recognised",
            where=shown(path),
            cure="If somebody speaks in it, try a larger model or name the language.",
        )
    return InputRefused(
        f"nobody speaks in it: {decoder.seconds:.0f} s of silence, music or noise",
        where=shown(path),
        cure="Check that it was recorded with the microphone on.",
    )


def _inside(segments: Iterable[Segment], duration_s: float) -> tuple[list[Segment], list[Doubt]]:
    """In order of their start; what is said to come after the end is put to the end and told."""
    kept, beyond = [], []
    for segment in sorted(segments, key=lambda segment: segment.start_s):
        if segment.end_s > duration_s + _ROUNDING_S:
            reason = f"it is said to last until {segment.end_s:.2f} s, and the sound ends at {duration_s:.2f} s"
            start_s = min(segment.start_s, duration_s)
            beyond.append(
                Doubt(kind="beyond_end", start_s=start_s, end_s=duration_s, reason=reason)
            )
        kept.append(_clipped(segment, duration_s))
    return kept, beyond


def _clipped(segment: Segment, end_s: float) -> Segment:
    """With times to the millisecond: what a sum of floats adds to that is no time."""
    return retimed(segment, lambda at_s: min(round(at_s, 3), end_s))


def _other_languages(done: Iterable[HeardWindow], language: str | None) -> Iterator[Doubt]:
    for clip in (clip for window in done for clip in window.spoken_in):
        if clip.language != language:
            reason = f"written down in {clip.language}, the rest in {language}"
        elif clip.sounds_like not in (None, clip.language):
            reason = f"it sounds like {clip.sounds_like}, and was written down in {clip.language}"
        else:
            continue
        yield Doubt(kind="other_language", start_s=clip.start_s, end_s=clip.end_s, reason=reason)


def _unheard(span: Span) -> Doubt:
    return Doubt(
        kind="unheard",
        start_s=span.start_s,
        end_s=span.end_s,
        reason=f"for {span.length_s:.1f} s",
    )
