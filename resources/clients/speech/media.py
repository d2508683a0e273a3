"""Opening a media file, and in words what is wrong where it cannot be opened.

What belongs here: the file, its streams, how long it says it is. What does not: its sound (`decoding`).
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chrysopedia_assets.errors import InputRefused, InputUnreadable
from resources.clients.library import shown

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Only what holds sound itself. FFmpeg also plays lists of addresses (HLS, concat, DASH): a text file that somebody calls
# .mp4 could have it read other files of this machine, or ask the network.
_FORMATS = "mov,matroska,webm,avi,mp3,wav,w64,flac,ogg,aac,ac3,eac3,dts,amr,asf,flv,aiff,au,caf,mpegts,mpeg,wv,ape,tta,mxf,rm"
_MICROSECONDS = 1_000_000
_PIECE_BYTES = 8 * 2**20


@contextmanager
def open_media(path: Path) -> Iterator["InputContainer"]:
    """Raises InputUnreadable for what may be well at the next look, else InputRefused."""
    import av

    if not refuse_unfit(path).st_size:
        raise InputRefused("it is empty", where=shown(path), cure="Copy or download it again.")
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        # An absolute path, as FFmpeg takes "concat:..." or "http:..." for an address.
        container = av.open(str(path.absolute()), metadata_errors="replace", options=options)
    except (OSError, MemoryError) as error:
        raise unreadable(path, error) from None
    except (
        av.error.FFmpegError
    ):  # also where the library comes to an end, or to something that it cannot do
        raise InputRefused(
            "it is no media file, or its index is missing or damaged",
            where=shown(path),
            cure="Play it to see; a download or recording that did not finish has no index and has to be made again.",
        ) from None
    except ValueError as error:  # a name that is no UTF-8
        raise unreadable(path, error) from None
    with container:
        yield container


def refuse_unfit(path: Path) -> os.stat_result:
    """What is no file at all: a pipe would never end."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        raise InputRefused(
            "it is not a file", where=shown(path), cure="Give a video or audio file."
        )
    return status


def refuse_changed(path: Path, before: os.stat_result) -> None:
    """Raises InputUnreadable where the file is not the one any more whose reading began."""
    now = refuse_unfit(path)
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise InputUnreadable(
            "it changed while it was read",
            where=shown(path),
            cure="Transcribe it again when nobody is writing it.",
        )


def unreadable(path: Path, error: Exception) -> InputUnreadable:
    reason = getattr(error, "strerror", None) or str(error)
    return InputUnreadable(
        f"it cannot be read: {reason}",
        where=shown(path),
        cure="Check that it exists and that you may read it.",
    )


def media_hash(path: Path, progress: Callable[[float], None] = lambda share: None) -> str:
    """SHA-256 of a file of any size, in hex; `progress` hears of the share that is read. Raises InputUnreadable."""
    size, digest, read = refuse_unfit(path).st_size, hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
                read += len(piece)
                progress(min(1.0, read / max(size, 1)))
        return digest.hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def audio_tracks(container: "InputContainer", path: Path) -> list["AudioStream"]:
    """All that can be decoded, at least one. Raises InputRefused."""
    tracks = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if tracks:
        return tracks
    kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
    raise InputRefused(
        f"it has no sound that can be decoded; there is {kinds} in it",
        where=shown(path),
        cure="Export the video again with its sound.",
    )


def origin_s(container: "InputContainer") -> float:
    """The time at which a player begins: its second 0."""
    return (container.start_time or 0) / _MICROSECONDS


def declared_s(container: "InputContainer", track: "AudioStream") -> float | None:
    """The second at which the track ends, by what the file says; None where it says nothing of worth.

    Matroska and WebM keep it in a tag. Raw streams (AAC, AC-3) say nothing, and FFmpeg's guess is off by minutes.
    """
    if container.format.name in ("aac", "ac3", "eac3", "dts", "amr"):
        return None
    start_s = 0.0
    if track.start_time is not None and track.time_base:
        start_s = float(track.start_time * track.time_base) - origin_s(container)
    if track.duration and track.time_base:
        return start_s + float(track.duration * track.time_base)
    if tagged_s := _clock_s(track.metadata.get("DURATION", "")):
        return tagged_s
    return container.duration / _MICROSECONDS if container.duration else None


def _clock_s(text: str) -> float | None:
    """Seconds of "00:01:07.392000000"."""
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds
