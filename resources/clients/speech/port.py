"""What a recogniser is: samples of a window and the clips in it go in, segments with times come out, clip by clip.

What belongs here: the port and what passes through it. What does not: decoding, finding speech, judging the result,
which are done once for all recognisers. Another one is one file with one class.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from chrysopedia_assets.models.transcripts import Segment

SAMPLE_HZ = 16_000
"""What recognisers and the voice detector are made for; everything is brought to it, in mono."""
LONGEST_CLIP_S = 30.0
"""As far as Whisper hears at once."""

Samples = NDArray[np.float32]


class Span(NamedTuple):
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    def overlap_s(self, other: "Span") -> float:
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def later(self, by_s: float) -> "Span":
        return Span(self.start_s + by_s, self.end_s + by_s)


@dataclass(frozen=True)
class Hints:
    """Words that may be spoken: the recogniser leans towards them. `prompt` is a text in their style, `hotwords` a list
    with commas."""

    prompt: str = ""
    hotwords: str = ""


NO_HINTS = Hints()


@dataclass(frozen=True)
class Ask:
    """`language` is None where the recogniser is to find it out. `again`: what was heard the first time was nothing or
    doubtful, so the recogniser takes more time and another way than the first time."""

    language: str | None = None
    hints: Hints = NO_HINTS
    again: bool = False


@dataclass(frozen=True)
class HeardSegment:
    """What recognisers say of a segment beside its text; None where one does not say it."""

    segment: Segment
    log_probability: float | None = None
    """Mean of its tokens, natural logarithm."""
    compression_ratio: float | None = None

    @property
    def span(self) -> Span:
        return Span(self.segment.start_s, self.segment.end_s)

    def later(self, by_s: float) -> "HeardSegment":
        return replace(self, segment=moved(self.segment, by_s))


@dataclass(frozen=True)
class HeardClip:
    """`language` is the one it was written down in; `sounds_like` the one that it sounds like, as far as is known."""

    span: Span
    segments: tuple[HeardSegment, ...]
    language: str | None = None
    sounds_like: str | None = None
    sounds_like_probability: float = 0.0


class Recogniser(Protocol):
    """`made_by` names it with its model, for people; `notes` are what it chose when it was loaded."""

    @property
    def made_by(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        """One result for each clip, in their order. Clips are in order, do not overlap and are no longer than
        `LONGEST_CLIP_S`; their times and those of the segments count from the beginning of `audio`."""
        ...


def moved(segment: Segment, by_s: float) -> Segment:
    return retimed(segment, lambda at_s: at_s + by_s)


def retimed(segment: Segment, new_s: Callable[[float], float]) -> Segment:
    """With other times; the text stays as it is."""
    words = [
        {"start_s": new_s(word.start_s), "end_s": new_s(word.end_s), "text": word.text}
        for word in segment.words
    ]
    return Segment.model_validate(
        {
            "start_s": new_s(segment.start_s),
            "end_s": new_s(segment.end_s),
            "text": segment.text,
            "words": words,
        }
    )
