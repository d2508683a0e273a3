"""The one entrance: a transcript file in, a `SourceTranscript` or an `InputRefused` out, whatever the bytes are.

What belongs here: the file (limits, reading) and the order of the steps. What does not: any format.
"""

import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chrysopedia_assets.errors import InputRefused, InputUnreadable
from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.library_files import SourceTranscript, TranscriptFormat
from resources.clients.captions.chapters import sound_chapters
from resources.clients.captions.cue_text import Piece, spoken_lines, subrip_pieces, webvtt_pieces
from resources.clients.captions.decode import decode, with_line_feeds
from resources.clients.captions.heard import sound
from resources.clients.captions.limits import (
    refuse_too_long,
    refuse_too_many,
    refuse_too_many_lines,
)
from resources.clients.captions.raw import Notes, RawTranscript
from resources.clients.captions.recognise import recognise
from resources.clients.captions.rolling import SpokenCue, segments_of
from resources.clients.captions.srt import srt_cues
from resources.clients.captions.tidy import (
    JSON3_RULES,
    JSON_RULES,
    SRT_RULES,
    WEBVTT_RULES,
    Rules,
    tidy,
)
from resources.clients.captions.webvtt import Cue, webvtt_cues, webvtt_language
from resources.clients.captions.whisper_json import read_json

MAX_FILE_MB = 128
"""An hour with words is about 2 MB of JSON."""
MAX_CAPTIONS_MB = 32
"""An hour of YouTube's captions with all their tags is below 1 MB."""
_BYTES_PER_MB = 1024 * 1024
_RULES: dict[TranscriptFormat, Rules] = {
    "whisper_json": JSON_RULES,
    "whisper_cpp_json": JSON_RULES,
    "podcast_json": JSON_RULES,
    "json3": JSON3_RULES,
    "webvtt": WEBVTT_RULES,
    "srt": SRT_RULES,
}


def read_transcript(path: Path) -> SourceTranscript:
    """The segments of the file, checked and mended by the rules of `tidy`; raises only `InputRefused`."""
    return parse_transcript(read_bytes(path), path)


def parse_transcript(raw: bytes, path: Path) -> SourceTranscript:
    """What the bytes of the file say; raises only `InputRefused`."""
    try:
        notes = Notes()
        return _transcript(_parsed(raw, path.suffix.lower(), notes), notes)
    except InputRefused as refusal:
        where = f"{path}, {refusal.where}" if refusal.where else f"{path}"
        raise InputRefused(refusal.what, where=where, cure=refusal.cure) from None


def refuse_unfit(path: Path) -> None:
    """Look before reading: a 300 MB file is refused at once, and a pipe would never end. Raises `InputRefused`."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(error, str(path)) from None
    if not stat.S_ISREG(status.st_mode):
        raise InputRefused(
            "it is not a file", where=str(path), cure="Give a transcript (.json, .vtt, .srt)"
        )
    _refuse_size(status.st_size, MAX_FILE_MB, str(path))


def read_bytes(path: Path) -> bytes:
    """All of a file that is fit to be a transcript; raises only `InputRefused`."""
    refuse_unfit(path)
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_MB * _BYTES_PER_MB + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(error, str(path)) from None
    _refuse_size(len(raw), MAX_FILE_MB, str(path))
    return raw


def _unreadable(error: OSError | ValueError, where: str) -> InputUnreadable:
    """ValueError: a NUL in the path."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputUnreadable(
        f"it cannot be read: {reason}", where=where, cure="Check the name and the permissions"
    )


def _refuse_size(size_bytes: int, limit_mb: int, where: str = "") -> None:
    if size_bytes > limit_mb * _BYTES_PER_MB:
        raise InputRefused(
            f"it has {size_bytes / _BYTES_PER_MB:,.0f} MB; a transcript may have {limit_mb} MB",
            where=where,
            cure="Check that it is the transcript of one video",
        )


def _parsed(raw: bytes, suffix: str, notes: Notes) -> RawTranscript:
    text = decode(raw, notes)
    lined = with_line_feeds(text)
    family = recognise(lined, suffix)
    if family == "json":
        return read_json(text)
    _refuse_size(len(raw), MAX_CAPTIONS_MB)
    refuse_too_many_lines(lined)
    if family == "webvtt":
        cues = _spoken(webvtt_cues(lined, notes), webvtt_pieces)
        return RawTranscript("webvtt", segments_of(cues, notes), language=webvtt_language(lined))
    return RawTranscript("srt", segments_of(_spoken(srt_cues(lined, notes), subrip_pieces), notes))


def _spoken(cues: Iterable[Cue], pieces_of: Callable[[str], Iterator[Piece]]) -> list[SpokenCue]:
    spoken = []
    for count, cue in enumerate(cues, start=1):
        refuse_too_many(count, f"line {cue.line}")
        refuse_too_long(cue.text, f"line {cue.line}")
        lines = spoken_lines(pieces_of(cue.text))
        spoken.append(SpokenCue(cue.start_s, cue.end_s, lines, cue.line))
    return spoken


def _transcript(raw: RawTranscript, notes: Notes) -> SourceTranscript:
    source = SourceTranscript(
        format=raw.format,
        segments=tidy(raw.segments, _RULES[raw.format], notes),
        title=raw.title,
        url=raw.url,
        language=raw.language,
        duration_s=raw.duration_s,
        repairs=notes.sentences(),
        doubts=sound(raw.doubts, Doubt),
        minutes=sound(raw.minutes, MinuteHeard),
    )
    chapters, left_out = sound_chapters(raw.chapters, source.end_s)
    if not chapters and not left_out:
        return source
    return source.model_copy(update={"chapters": chapters, "chapters_left_out": left_out})
