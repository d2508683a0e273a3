"""The rules every transcript keeps, whatever file it came from.

What belongs here: the checks on times, order and overlaps, and which of them are mended.
What does not: formats, decoding, the path.

* Text is cleaned (`clean_text`); a segment without text is left out and counted.
* A time that is missing, not a number, infinite, negative or beyond 48 hours is refused by name.
* A segment that ends before it starts: up to 0.05 s are rounding and become zero length; more is refused,
  but WebVTT and json3 leave such cues out, as players do.
* A segment of more than 100,000 characters, and a file of more than 200,000 segments, is refused (`limits`).
* Order: captions are sorted (players do); a recogniser never goes back, so JSON that does was damaged and is refused.
* Overlap: normal in captions; in JSON up to 1.0 s is kept and counted, more is refused.
* Words serve to find a second inside a segment: clipped into it, sorted, left out if they have no times.

No text is moved between segments, and no segment gets longer than the file says.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.captions.clean_text import clean_text
from resources.clients.captions.limits import (
    LONGEST_VIDEO_S,
    refuse_too_long,
    refuse_too_many,
)
from resources.clients.captions.raw import Notes, RawSegment

ROUNDING_S = 0.05
OVERLAP_KEPT_S = 1.0
_OVERLAP_NOTED_S = 0.01
_AGAIN = "Transcribe or export the video again"


@dataclass(frozen=True, slots=True)
class Rules:
    sorted_by_us: bool
    """Captions: any order and any overlap. Otherwise the file has to be in order, with small overlaps only."""
    reversed_times: Literal["refuse", "leave out"]


JSON_RULES = Rules(sorted_by_us=False, reversed_times="refuse")
SRT_RULES = Rules(sorted_by_us=True, reversed_times="refuse")
WEBVTT_RULES = Rules(sorted_by_us=True, reversed_times="leave out")
JSON3_RULES = WEBVTT_RULES


def tidy(raw: Iterable[RawSegment], rules: Rules, notes: Notes) -> tuple[Segment, ...]:
    """Segments in order of their start, at least one; raises `InputRefused` with the place of what breaks a rule."""
    kept = list(_usable(raw, rules, notes))
    if not kept:
        mended = "; ".join(notes.sentences())
        raise InputRefused(
            "there is no speech in it" + (f" ({mended})" if mended else ""),
            cure="Check that the recording has speech, and transcribe it again",
        )
    if rules.sorted_by_us:
        kept = _sorted(kept, notes)
    else:
        _refuse_disorder(kept, notes)
    return tuple(_segment(segment, notes) for segment in kept)


def _usable(raw: Iterable[RawSegment], rules: Rules, notes: Notes) -> Iterator[RawSegment]:
    count = 0
    for segment in raw:
        refuse_too_long(segment.text, segment.place)
        text = clean_text(segment.text)
        if not text:
            notes.add("Segments without text were left out", segment.place)
            continue
        count += 1
        refuse_too_many(count, segment.place)
        start_s = _checked(segment.start_s, "start", segment)
        end_s = _checked(segment.end_s, "end", segment)
        if end_s < start_s:
            if start_s - end_s > ROUNDING_S and rules.reversed_times == "leave out":
                notes.add("Segments that end before they start were left out", segment.place)
                continue
            end_s = _mended_end(start_s, end_s, segment, notes)
        yield RawSegment(start_s, end_s, text, segment.place, segment.words)


def _checked(time_s: float, which: str, segment: RawSegment) -> float:
    if math.isnan(time_s):
        problem = "is missing or not a number"
    elif math.isinf(time_s):
        problem = "is not finite"
    elif time_s < 0:
        problem = f"is negative ({time_s:g} s)"
    elif time_s > LONGEST_VIDEO_S:
        problem = f"is beyond 48 hours ({time_s:g} s)"
    else:
        return time_s + 0.0  # -0.0 becomes 0.0
    raise InputRefused(f"its {which} time {problem}", where=segment.place, cure=_AGAIN)


def _mended_end(start_s: float, end_s: float, segment: RawSegment, notes: Notes) -> float:
    if start_s - end_s > ROUNDING_S:
        raise InputRefused(
            f"it ends at {end_s:g} s, before it starts at {start_s:g} s",
            where=segment.place,
            cure=f"Correct its times, or: {_AGAIN[0].lower()}{_AGAIN[1:]}",
        )
    notes.add("Segments that end a rounding before they start got zero length", segment.place)
    return start_s


def _sorted(kept: list[RawSegment], notes: Notes) -> list[RawSegment]:
    latest_s = 0.0
    for segment in kept:
        if segment.start_s < latest_s:
            notes.add("Segments that stood out of order were sorted by their start", segment.place)
        latest_s = max(latest_s, segment.start_s)
    return sorted(kept, key=lambda segment: segment.start_s)


def _refuse_disorder(kept: list[RawSegment], notes: Notes) -> None:
    before = kept[0]
    """The one that reaches furthest so far."""
    last_start_s = before.start_s
    for segment in kept[1:]:
        if segment.start_s < last_start_s:
            raise InputRefused(
                f"it starts at {segment.start_s:g} s, but a segment before it starts at {last_start_s:g} s",
                where=segment.place,
                cure=f"A recogniser never goes back, so the file was damaged or joined. {_AGAIN}",
            )
        last_start_s = segment.start_s
        overlap_s = before.end_s - segment.start_s
        if overlap_s > OVERLAP_KEPT_S:
            raise InputRefused(
                f"it starts at {segment.start_s:g} s, {overlap_s:.2f} s before {before.place} has ended",
                where=segment.place,
                cure=_AGAIN,
            )
        if overlap_s > _OVERLAP_NOTED_S:
            notes.add(
                "Segments that start before the one before them has ended were kept so",
                segment.place,
            )
        before = max(before, segment, key=lambda one: one.end_s)


def _segment(raw: RawSegment, notes: Notes) -> Segment:
    # Words as dicts: the segment makes and checks them all in one call, several times faster than one by one.
    words = sorted(_words(raw, notes), key=itemgetter("start_s"))
    fields = {"start_s": raw.start_s, "end_s": raw.end_s, "text": raw.text, "words": words}
    return Segment.model_validate(fields)


def _words(raw: RawSegment, notes: Notes) -> Iterator[dict[str, float | str]]:
    """The fields of each `Word`."""
    earliest_s, latest_s = raw.start_s, raw.end_s
    for start_s, end_s, said in raw.words:
        text = clean_text(said)
        if not text:
            continue
        if not earliest_s <= start_s <= end_s <= latest_s:  # not so for NaN either
            if not (math.isfinite(start_s) and math.isfinite(end_s)):
                notes.add("Words without times were kept in the text only", raw.place)
                continue
            start_s = min(max(start_s, earliest_s), latest_s)
            end_s = min(max(end_s, start_s), latest_s)
        yield {"start_s": start_s, "end_s": end_s, "text": text}
