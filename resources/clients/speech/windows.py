"""The sound of a file in windows of some minutes, cut where nobody speaks, and a window's speech in clips.

What belongs here: where to cut. What does not: decoding, recognising. A window is all that is held of a file at a time:
four hours of sound are 920 MB.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resources.clients.speech.decoding import Block, as_float
from resources.clients.speech.port import LONGEST_CLIP_S, SAMPLE_HZ, Samples, Span
from resources.clients.speech.speech import PAD_S

WINDOW_S = 300.0
_GOOD_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 6.0
"""A longer one ends a clip: over silence and music recognisers write what nobody said."""

FindSpeech = Callable[[Samples], Sequence[Span]]


@dataclass(frozen=True)
class Window:
    """`first` is the position of its first sample in the file; `speech` counts from there."""

    first: int
    audio: Samples
    speech: tuple[Span, ...]

    @property
    def span(self) -> Span:
        return Span(self.first / SAMPLE_HZ, (self.first + len(self.audio)) / SAMPLE_HZ)


def windows(
    blocks: Iterable[Block], find_speech: FindSpeech, first: int = 0, longest_s: float = WINDOW_S
) -> Iterator[Window]:
    """From sample `first` on. Every window depends on where it begins and on nothing before it, so that a run that
    goes on where one was killed gives the same as one that was not."""
    size = round(longest_s * SAMPLE_HZ)
    held: list[Block] = []
    have = 0
    for block in _from(blocks, first):
        held.append(block)
        have += len(block)
        while have >= size:
            audio = as_float(held)[:size]
            speech = find_speech(audio)
            cut = round(_cut_s(speech, longest_s) * SAMPLE_HZ)
            yield _window(first, audio[:cut], speech)
            held = list(_from(held, cut))
            first, have = first + cut, have - cut
    if have:
        audio = as_float(held)
        yield _window(first, audio, find_speech(audio))


def _window(first: int, audio: Samples, speech: Iterable[Span]) -> Window:
    end_s = len(audio) / SAMPLE_HZ
    inside = (Span(start_s, min(stop_s, end_s)) for start_s, stop_s in speech if start_s < end_s)
    return Window(first, audio, tuple(inside))


def _from(blocks: Iterable[Block], first: int) -> Iterator[Block]:
    for block in blocks:
        if first < len(block):
            yield block[first:]
        first = max(0, first - len(block))


def _cut_s(speech: Sequence[Span], length_s: float) -> float:
    """The middle of the last good pause of the second half; else of its longest; else the end."""
    ends = [*speech, Span(length_s, length_s)]
    pauses = [Span(before.end_s, after.start_s) for before, after in pairwise(ends)]
    late = [pause for pause in pauses if sum(pause) / 2 >= length_s / 2]
    good = [pause for pause in late if pause.length_s >= _GOOD_PAUSE_S]
    chosen = good[-1] if good else max(late, key=lambda pause: pause.length_s, default=None)
    return sum(chosen) / 2 if chosen else length_s


def clips(speech: Sequence[Span], length_s: float) -> list[Span]:
    """Speech with some sound around it, as much as a recogniser hears at once.

    Pauses stay in: times are then true as they come back, and soft words between two spans are heard too.
    """
    padded = _padded(speech, length_s)
    found: list[Span] = []
    for span in padded:
        if found and _fits(found[-1], span):
            found[-1] = Span(found[-1].start_s, span.end_s)
        else:
            found.append(span)
    return found


def _fits(clip: Span, span: Span) -> bool:
    return (
        span.end_s - clip.start_s <= LONGEST_CLIP_S
        and span.start_s - clip.end_s <= _LONGEST_PAUSE_S
    )


def _padded(speech: Sequence[Span], length_s: float) -> list[Span]:
    """Each with `PAD_S` on both sides, or half of the pause where it is shorter."""
    ends_s = [0.0 - PAD_S, *(span.end_s for span in speech)]
    starts_s = [*(span.start_s for span in speech), length_s + PAD_S]
    return [
        Span(
            max(0.0, span.start_s - min(PAD_S, (span.start_s - before_s) / 2)),
            min(length_s, span.end_s + min(PAD_S, (after_s - span.end_s) / 2)),
        )
        for span, before_s, after_s in zip(speech, ends_s[:-1], starts_s[1:], strict=True)
    ]
