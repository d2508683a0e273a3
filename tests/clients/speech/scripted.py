"""Recognisers that say what a test tells them to, and keep what they were asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chrysopedia_assets.models.transcripts import Segment, Word
from resources.clients.speech.port import Ask, HeardClip, HeardSegment, Samples, Span

Answer = Callable[[Span, Ask], HeardClip]


@dataclass
class Scripted:
    """`answer` is called for each clip."""

    answer: Answer
    asked: list[tuple[tuple[Span, ...], Ask]] = field(default_factory=list)
    made_by: str = "scripted"
    notes: tuple[str, ...] = ()

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        self.asked.append((tuple(clips), ask))
        return [self.answer(clip, ask) for clip in clips]

    @property
    def again(self) -> list[tuple[tuple[Span, ...], Ask]]:
        return [(clips, ask) for clips, ask in self.asked if ask.again]


def segment(start_s: float, end_s: float, **more: float) -> HeardSegment:
    """A word every half second, none like the one before."""
    count = max(1, round((end_s - start_s) * 2))
    step_s = (end_s - start_s) / count
    words = tuple(
        Word(start_s + n * step_s, start_s + (n + 1) * step_s, f"w{start_s + n:.0f}{'abc'[n % 3]}")
        for n in range(count)
    )
    text = " ".join(word.text for word in words)
    return HeardSegment(Segment(start_s=start_s, end_s=end_s, text=text, words=words), **more)


def all_heard(clip: Span, ask: Ask) -> HeardClip:
    return HeardClip(clip, (segment(*clip),), ask.language or "en", "en", 0.99)


def drops(missing: Span) -> Answer:
    """Batched, it skips a passage; asked again, it has it."""

    def answer(clip: Span, ask: Ask) -> HeardClip:
        if ask.again or not clip.overlap_s(missing):
            return all_heard(clip, ask)
        kept = [Span(clip.start_s, missing.start_s), Span(missing.end_s, clip.end_s)]
        segments = tuple(segment(*span) for span in kept if span.length_s > 0)
        return HeardClip(clip, segments, ask.language or "en", "en", 0.99)

    return answer
