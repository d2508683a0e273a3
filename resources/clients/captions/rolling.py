"""From cues to segments, with rolling captions turned into running text.

What belongs here: recognising that cues repeat what is still on the screen, and taking the repetition out.
What does not: parsing, and the rules every segment has to keep (`tidy`).

YouTube's automatic captions scroll: every cue shows the line before once more, then the new one, and a cue of
10 ms stands between two of them. Read as they are, every sentence is said three times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resources.clients.captions.cue_text import Line, SpokenWord
from resources.clients.captions.raw import Notes, RawSegment, RawWord

REPEATS_REMOVED = "Words that rolling captions repeat were taken out"
_SCREEN_LINES = 4
_LONGEST_GAP_S = 0.5
"""After a longer pause the screen was empty, so equal words were said again."""


@dataclass(frozen=True, slots=True)
class SpokenCue:
    start_s: float
    end_s: float
    lines: Sequence[Line]
    line_number: int


def segments_of(cues: Sequence[SpokenCue], notes: Notes) -> list[RawSegment]:
    """One segment per cue; in rolling captions only what a cue adds, and none for a cue that adds nothing.

    Captions roll when at least half of the cues begin with the words that the cue before left on the screen, and
    some of them go on. Equal cues one after another prove nothing: people do say "yeah" twice.
    """
    repeats = list(_repeated_words(cues))
    if not _roll(cues, repeats):
        return [_segment(cue, 0) for cue in cues]
    segments = []
    for cue, count in zip(cues, repeats, strict=True):
        if count:
            notes.add(REPEATS_REMOVED, f"line {cue.line_number}")
        segment = _segment(cue, count)
        if segment.text or not count:
            segments.append(segment)
    return segments


def _roll(cues: Sequence[SpokenCue], repeats: Sequence[int]) -> bool:
    repeating = sum(count > 0 for count in repeats)
    go_on = any(
        0 < count < sum(len(line) for line in cue.lines)
        for cue, count in zip(cues, repeats, strict=True)
    )
    return go_on and repeating >= 2 and 2 * repeating >= sum(bool(cue.lines) for cue in cues) - 1


def _repeated_words(cues: Sequence[SpokenCue]) -> Iterator[int]:
    """For every cue, how many of its first words the cue before it had already shown."""
    shown: SpokenCue | None = None
    for cue in cues:
        follows = shown is not None and cue.start_s - shown.end_s <= _LONGEST_GAP_S
        yield _overlap(shown.lines, cue.lines) if shown is not None and follows else 0
        if cue.lines:
            shown = cue


def _overlap(shown: Sequence[Line], lines: Sequence[Line]) -> int:
    """The longest run of words that ends `shown` and begins `lines`, at a line's border on one side.

    Whole lines of the new cue were on the screen (scrolling), or whole lines of the old one grow (word by word).
    Without a border one common word ("... the" / "the ...") would be enough.
    """
    before = [word.text for line in shown[-_SCREEN_LINES:] for word in line]
    now = [word.text for line in lines[:_SCREEN_LINES] for word in line]
    lengths = _sums(lines[:_SCREEN_LINES]) + _sums(shown[-_SCREEN_LINES:][::-1])
    fitting = (n for n in lengths if n <= len(now) and before[-n:] == now[:n])
    return max(fitting, default=0)


def _sums(lines: Sequence[Line]) -> list[int]:
    totals, total = [], 0
    for line in lines:
        total += len(line)
        totals.append(total)
    return totals


def _segment(cue: SpokenCue, skipped_words: int) -> RawSegment:
    said = [word for line in cue.lines for word in line][skipped_words:]
    text = " ".join(word.text for word in said)
    words = list(_timed(said, cue)) if any(word.at_s is not None for word in said) else ()
    return RawSegment(cue.start_s, cue.end_s, text, f"line {cue.line_number}", words)


def _timed(said: Sequence[SpokenWord], cue: SpokenCue) -> Iterator[RawWord]:
    """A word lasts until the next timestamp; words between two timestamps share that time."""
    starts_s = [cue.start_s if word.at_s is None else word.at_s for word in said]
    end_s = cue.end_s
    timed = []
    for index in range(len(said) - 1, -1, -1):
        if index + 1 < len(said) and starts_s[index + 1] != starts_s[index]:
            end_s = starts_s[index + 1]
        timed.append(RawWord(starts_s[index], end_s, said[index].text))
    yield from reversed(timed)
