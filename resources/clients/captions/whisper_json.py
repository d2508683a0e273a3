"""Transcripts in JSON: every kind of Whisper, whisper.cpp, YouTube's json3, podcast transcripts.

What belongs here: JSON syntax, telling the kinds apart, and where each keeps times, text and words.
What does not: whether the times make sense (`tidy`).

| made by | how it is known |
|---|---|
| openai-whisper, OpenAI API (`verbose_json`), faster-whisper, WhisperX | `segments`, or a bare list of segments |
| podcast namespace | `segments` with `startTime`, `endTime`, `body` |
| whisper.cpp | `transcription` with `offsets` in ms |
| YouTube | `events` with `tStartMs` (see `json3`) |

Each may stand under `transcript`, beside the `title` and `url` of the video.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pydantic_core import from_json

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.library_files import TranscriptFormat
from resources.clients.captions.clean_text import clean_text
from resources.clients.captions.json3 import json3_segments
from resources.clients.captions.limits import LONGEST_VIDEO_S
from resources.clients.captions.raw import (
    MISSING_S,
    RawSegment,
    RawTranscript,
    RawWord,
    milliseconds,
    seconds,
)
from resources.clients.captions.spoken_words import with_words

MAX_OBJECTS = 3_000_000
"""Lists and objects in one file. 48 hours of words stay far below; 128 MB of `[]` would take 3 GB as Python objects."""
_PLACE = re.compile(r"^(.*) at (line \d+ column \d+)$", re.DOTALL)
_LOOKED_FOR = (
    "`segments` or a list of segments (Whisper, WhisperX, podcasts), `transcription` (whisper.cpp), "
    "`events` (YouTube json3), or one of them under `transcript`"
)
_GET_ONE = (
    "Export the transcript with segments: for Whisper that is output format json or verbose_json"
)
WITHOUT_TIMES = (
    "it is text without times, and pages cite the second, so the times are needed",
    "Transcribe the video with Whisper (json, srt or vtt output), or download its captions as .vtt or .srt",
)
_LONGEST_TITLE = 300
_Object = Mapping[object, object]


def read_json(text: str) -> RawTranscript:
    """Raises `InputRefused` for a syntax error (with line and column) and for JSON that is no transcript."""
    root = _parsed(text)
    wrapper = root if isinstance(root, dict) else {}
    body = wrapper.get("transcript", root)
    if isinstance(wrapper.get("transcript"), str):
        raise InputRefused(WITHOUT_TIMES[0], cure=WITHOUT_TIMES[1])
    kind, items = _kind(body)
    about = body if isinstance(body, dict) else {}
    return RawTranscript(
        format=kind,
        segments=_segments(kind, items, about),
        title=_short_text(wrapper.get("title"), _LONGEST_TITLE),
        url=_web_address(wrapper.get("url")),
        language=_language(about),
        duration_s=_duration_s(about, wrapper),
        chapters=wrapper.get("chapters", about.get("chapters")),
        doubts=about.get("doubts"),
        minutes=about.get("minutes"),
    )


def _parsed(text: str) -> object:
    if text.count("{") + text.count("[") > MAX_OBJECTS:
        raise InputRefused(
            f"it holds more than {MAX_OBJECTS:,} lists and objects, which no transcript needs",
            cure="Check that the file is the transcript of one video",
        )
    try:
        parsed: object = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        found = _PLACE.match(str(error))
        message, where = (found[1], found[2]) if found else (str(error), "")
        raise InputRefused(
            f"it is not valid JSON: {message}",
            where=where,
            cure="Export it again; a file that was cut off or edited by hand reads like this",
        ) from None
    return parsed


def _kind(body: object) -> tuple[TranscriptFormat, list[object]]:
    if isinstance(body, list) and body and isinstance(body[0], dict) and "start" in body[0]:
        return "whisper_json", body
    about = body if isinstance(body, dict) else {}
    for key, kind in _KINDS.items():
        items = about.get(key)
        if isinstance(items, list):
            first = items[0] if items else None
            podcast = key == "segments" and isinstance(first, dict) and "startTime" in first
            return ("podcast_json" if podcast else kind), items
    if isinstance(about.get("words"), list) or isinstance(about.get("word_segments"), list):
        raise InputRefused(
            "it has the times of words but no segments",
            cure='Ask for both: timestamp_granularities ["segment", "word"] in the OpenAI API',
        )
    if isinstance(about.get("text"), str):
        raise InputRefused(WITHOUT_TIMES[0], cure=WITHOUT_TIMES[1])
    raise InputRefused(
        f"it is valid JSON but no transcript: looked for {_LOOKED_FOR}", cure=_GET_ONE
    )


_KINDS: dict[str, TranscriptFormat] = {
    "segments": "whisper_json",
    "transcription": "whisper_cpp_json",
    "events": "json3",
}


def _segments(kind: TranscriptFormat, items: list[object], about: _Object) -> list[RawSegment]:
    if kind == "json3":
        return list(json3_segments(_objects(items, "event")))
    if kind == "whisper_cpp_json":
        return [_whisper_cpp(item, place) for item, place in _objects(items, "segment")]
    segments = [_whisper(item, place) for item, place in _objects(items, "segment")]
    words = about.get("words")
    if isinstance(words, list) and not any(segment.words for segment in segments):
        return with_words(segments, _words(words))
    return segments


def _objects(items: list[object], name: str) -> Iterator[tuple[_Object, str]]:
    """Every item with its place, counted from 1; the tree is let go as it is read (tokens weigh more than text)."""
    for index, item in enumerate(items):
        place = f"{name} {index + 1}"
        if not isinstance(item, dict):
            raise InputRefused(
                f"it is no object but {str(item)[:40]!r}", where=place, cure=_GET_ONE
            )
        yield item, place
        items[index] = None


def _whisper(item: _Object, place: str) -> RawSegment:
    text = item.get("text", item.get("body"))
    if not isinstance(text, str):
        raise InputRefused("it has no text", where=place, cure=_GET_ONE)
    words = item.get("words")
    return RawSegment(
        start_s=seconds(item.get("start", item.get("startTime"))),
        end_s=seconds(item.get("end", item.get("endTime"))),
        text=text,
        place=place,
        words=list(_words(words)) if isinstance(words, list) else (),
    )


def _words(items: list[object]) -> Iterator[RawWord]:
    """`word` everywhere but in whisper-timestamped, which says `text`. WhisperX leaves out times it could not align."""
    for item in items:
        if isinstance(item, dict):
            get = item.get
            text = get("word", get("text"))
            if isinstance(text, str):
                yield RawWord(seconds(get("start")), seconds(get("end")), text)


def _whisper_cpp(item: _Object, place: str) -> RawSegment:
    text, offsets = item.get("text"), item.get("offsets")
    if not isinstance(text, str):
        raise InputRefused("it has no text", where=place, cure=_GET_ONE)
    if isinstance(offsets, dict):
        start_s, end_s = milliseconds(offsets.get("from")), milliseconds(offsets.get("to"))
    else:
        start_s = end_s = MISSING_S
    return RawSegment(start_s, end_s, text, place)


def _short_text(value: object, longest: int) -> str | None:
    text = clean_text(value) if isinstance(value, str) else ""
    return text[:longest].rstrip() or None


def _web_address(value: object) -> str | None:
    """Only http and https: the address becomes a link on a page, and `javascript:` is one too."""
    if (
        not isinstance(value, str)
        or len(value) > 2000
        or clean_text(value) != value
        or " " in value
    ):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None


def _language(about: _Object) -> str | None:
    result = about.get("result")
    inner = result.get("language") if isinstance(result, dict) else None
    return _short_text(about.get("language", inner), 40)


def _duration_s(*objects: _Object) -> float | None:
    for each in objects:
        duration_s = seconds(each.get("duration"))
        if 0 < duration_s <= LONGEST_VIDEO_S:
            return duration_s
    return None
