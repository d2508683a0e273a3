"""YouTube's own caption format: `{"events": [{"tStartMs", "dDurationMs", "segs": [{"utf8", "tOffsetMs"}]}]}`.

What belongs here: events, their words, and which events are no speech (window styles, line feeds).
What does not: overlaps: an event stays on the screen while the next one begins, which is normal in captions.
"""

from collections.abc import Iterable, Iterator, Mapping

from resources.clients.captions.raw import RawSegment, RawWord, milliseconds

_Object = Mapping[object, object]
_Part = tuple[str, float | None]
"""A piece of text and its offset into the event in seconds, None if the file says none."""


def json3_segments(events: Iterable[tuple[_Object, str]]) -> Iterator[RawSegment]:
    """One segment per event with text; `aAppend` events hold only the line feed between two of them."""
    for event, place in events:
        parts = list(_parts(event.get("segs")))
        text = "".join(part for part, _ in parts)
        if not text.strip():
            continue
        start_s = milliseconds(event.get("tStartMs"))
        end_s = start_s + milliseconds(event.get("dDurationMs"))
        yield RawSegment(start_s, end_s, text, place, list(_words(parts, start_s, end_s)))


def _parts(segs: object) -> Iterator[_Part]:
    for seg in segs if isinstance(segs, list) else ():
        text = seg.get("utf8") if isinstance(seg, dict) else None
        if isinstance(text, str):
            yield text, milliseconds(seg["tOffsetMs"]) if "tOffsetMs" in seg else None


def _words(parts: list[_Part], start_s: float, end_s: float) -> Iterator[RawWord]:
    """The recogniser's captions have one word per part; a person's have one part without any offset."""
    if all(offset_s is None for _, offset_s in parts):
        return
    starts_s = [start_s + (offset_s or 0.0) for _, offset_s in parts]
    for (text, _), at_s, until_s in zip(parts, starts_s, [*starts_s[1:], end_s], strict=True):
        yield RawWord(at_s, until_s, text)
