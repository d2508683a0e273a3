"""Look into the library: which transcript and media files are there, whose they are, and what their bytes hash to.

`<library>/<Creator>/.../<file>`: the creator is the first folder, or the folder itself for a file directly in it. Polling only, so that it works on network mounts.
A transcript beside a media file (`Kick.vtt` or `Kick.en.vtt` beside `Kick.mp4`) is that video's, and the media file is passed over.
Nothing here decides what becomes of a file; that is `automation/ingest.py`.
"""

import hashlib
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chrysopedia_assets.errors import InputRefused, InputUnreadable
from chrysopedia_assets.models.library_files import MEDIA_SUFFIXES, is_media
from chrysopedia_assets.models.slugs import readable
from resources.clients.captions.chapters import INFO_SUFFIX, info_beside

TRANSCRIPT_SUFFIXES = frozenset({".json", ".json3", ".vtt", ".srt", ".sbv", ".txt"})
"""Files that claim to be transcripts. Those that cannot be read as one are refused with the reason, not passed over."""

MAX_CREATOR = 300
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LANGUAGE = re.compile(r"\.[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
RECENT_S = 10
SETTLE_S = 1.0


@dataclass(frozen=True)
class LibraryFile:
    """`stamp` is the size and modification time of the file, and of the one about its video if that is beside it: equal
    stamps a while apart mean that nobody is writing.
    """

    path: Path
    creator: str
    stamp: str
    creator_given: bool = False
    info: Path | None = None
    """What yt-dlp wrote about the video."""
    media: Path | None = None
    """The media file that this transcript is the transcript of."""

    @property
    def is_media(self) -> bool:
        return is_media(self.path.name)

    @property
    def modified_ns(self) -> int:
        return max(int(part.partition(":")[2]) for part in self.stamp.split("+"))


@dataclass(frozen=True)
class Look:
    """What one look found: files to take in, and what has to be refused without reading it."""

    files: tuple[LibraryFile, ...]
    refused: tuple[InputRefused, ...]


def look(paths: Iterable[Path], creator: str | None = None, library: Path | None = None) -> Look:
    """Every transcript and media file at or below the paths, each once, in order of name.

    `creator` is for all of them, instead of the folders' names. A path that does not exist is refused: a failed read
    is not an empty library. `library` is the one that has a folder for each creator: a file directly in it is refused.
    """
    files: dict[Path, LibraryFile] = {}
    refused: list[InputRefused] = []
    beside = Beside()
    for path in paths:
        top = _absolute(path)
        for found in _below(top, refused):
            try:
                counts = beside.transcript_of(found) or found
                given = counts if top == found else top
                entry = _library_file(counts, given, creator, library, beside.media_of(counts))
            except InputRefused as error:
                refused.append(error)
            else:
                files.setdefault(entry.path, entry)
    return Look(tuple(files[path] for path in sorted(files)), tuple(refused))


def settled(first: Look, look_again: Callable[[], Look]) -> Look:
    """Only files that nobody is writing: where one was modified just now, look again and compare."""
    now_ns = time.time_ns()
    if all(now_ns - file.modified_ns > RECENT_S * 1e9 for file in first.files):
        return first
    time.sleep(SETTLE_S)
    second = look_again()
    before = {file.path: file.stamp for file in first.files}
    kept = tuple(file for file in second.files if before.get(file.path) == file.stamp)
    writing = tuple(
        InputRefused(
            "it is still being written",
            where=shown(file.path),
            cure="Ingest it when it is complete.",
        )
        for file in second.files
        if before.get(file.path) != file.stamp
    )
    return Look(kept, second.refused + writing)


def hash_bytes(raw: bytes) -> str:
    """SHA-256 in hex: a file's content, whatever its name."""
    return hashlib.sha256(raw).hexdigest()


def stamp(path: Path) -> str:
    """Size and modification time. Raises OSError."""
    status = path.stat()
    return f"{status.st_size}:{status.st_mtime_ns}"


def is_transcript_of(transcript: Path, media: Path) -> bool:
    """By their names: the same up to the suffix, or with the code of a language before it."""
    name = transcript.name.lower()
    if name.endswith(INFO_SUFFIX) or transcript.suffix.lower() not in TRANSCRIPT_SUFFIXES - {
        ".txt"
    }:
        return False  # a text beside a video is most often its description
    if transcript.parent != media.parent or not is_media(media.name):
        return False
    return media.stem in (transcript.stem, _LANGUAGE.sub("", transcript.stem))


class Beside:
    """What lies beside a file; each folder is read once a look."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[Path]]] = {}

    def transcript_of(self, media: Path) -> Path | None:
        """The transcript of a media file; of several the one with just its name, then by name."""
        if not is_media(media.name):
            return None
        found = [path for path in self._alike(media) if is_transcript_of(path, media)]
        return min(found, key=lambda path: (len(path.name), path.name), default=None)

    def media_of(self, transcript: Path) -> Path | None:
        """The media file of a transcript, pictures before sound, unless another transcript of it counts more."""
        found = [path for path in self._alike(transcript) if is_transcript_of(transcript, path)]
        media = min(found, key=lambda path: (_usual(path), path.name), default=None)
        return media if media and self.transcript_of(media) == transcript else None

    def _alike(self, path: Path) -> list[Path]:
        """Files of its folder with the same name up to the first dot."""
        if path.parent not in self._folders:
            alike = self._folders[path.parent] = {}
            with suppress(OSError):
                for other in path.parent.iterdir():
                    alike.setdefault(begins(other), []).append(other)
        return self._folders[path.parent].get(begins(path), [])


def _usual(media: Path) -> int:
    return MEDIA_SUFFIXES.index(media.suffix.lower())


def begins(path: Path) -> str:
    """The same of a media file and all that may be its transcript."""
    return path.name.partition(".")[0]


def shown(path: Path | str) -> str:
    """The path, or a text that somebody gave, on one line of printable characters: nothing in it commands a terminal."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _absolute(path: Path) -> Path:
    with suppress(RuntimeError):  # "~nobody": no user's home, so it is a folder's name
        path = path.expanduser()
    # Too long a name or a loop of links is looked at later, and refused there.
    with suppress(OSError, RuntimeError):
        return path.resolve()
    return path.absolute()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # too long a name, or a folder above it that is closed to us
        return False


def _below(top: Path, refused: list[InputRefused]) -> Iterator[Path]:
    if not _is_folder(top):
        yield top
        return

    def on_error(error: OSError) -> None:
        refused.append(_unreadable(Path(error.filename), error))

    visited: set[tuple[int, int]] = set()
    for folder, subfolders, names in os.walk(top, onerror=on_error, followlinks=True):
        status = None
        with _refusing(Path(folder), refused):
            status = Path(folder).stat()
        if status is None:
            continue
        if (status.st_dev, status.st_ino) in visited:
            subfolders.clear()
            refused.append(_linked_twice(Path(folder)))
            continue
        visited.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for path in (Path(folder) / name for name in sorted(names) if not name.startswith(".")):
            if path.name.lower().endswith(INFO_SUFFIX):
                continue  # about a video: read beside its transcript
            if path.suffix.lower() in TRANSCRIPT_SUFFIXES or is_media(path.name):
                yield path
            elif (
                path.is_symlink()
            ):  # perhaps a creator's folder, were it not a link to itself or to nowhere
                with _refusing(path, refused):
                    path.stat()


def _library_file(
    path: Path, top: Path, creator: str | None, library: Path | None, media: Path | None
) -> LibraryFile:
    info = info_beside(path)
    try:
        stamps = [stamp(file) for file in (path, info) if file]
    except OSError as error:
        raise _unreadable(path, error) from error
    if wrong := _wrong_name(path):
        raise InputRefused(wrong, where=shown(path), cure="Rename the file or its folder.")
    if path.parent == library and creator is None:
        raise _loose(path)
    if library and path.is_relative_to(library):
        top = library  # whichever part of it was asked for, a file is the same creator's
    return LibraryFile(
        path=path,
        creator=readable(creator or _creator(path, top))[:MAX_CREATOR] or "unknown creator",
        stamp="+".join(stamps),
        creator_given=creator is not None,
        info=info,
        media=media,
    )


def _wrong_name(path: Path) -> str:
    """Why the name cannot be stored and shown; empty where it can."""
    kinds = {unicodedata.category(character) for character in str(path)}
    if "Cs" in kinds:
        return "its name is not valid UTF-8"
    if "Cc" in kinds or BIDI_CONTROLS & set(str(path)):
        return "its name holds a line break or another control character"
    return ""


def _creator(path: Path, top: Path) -> str:
    """The first folder below the library; for a file that lies directly in it, the folder's own name."""
    below = path.relative_to(top).parts
    return below[0] if len(below) > 1 else path.parent.name


def _loose(path: Path) -> InputRefused:
    return InputRefused(
        "it lies directly in the library, so nobody knows whose it is",
        where=shown(path),
        cure="Put it into a folder named after its creator, or pass --creator NAME.",
    )


@contextmanager
def _refusing(path: Path, refused: list[InputRefused]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        refused.append(_unreadable(path, error))


def _linked_twice(folder: Path) -> InputRefused:
    return InputRefused(
        "it is a link to a folder of the library that was already looked into",
        where=shown(folder),
        cure="Remove the link.",
    )


def _unreadable(path: Path, error: OSError) -> InputUnreadable:
    return InputUnreadable(
        f"it cannot be read: {error.strerror or error}",
        where=shown(path),
        cure="Check that it exists and that you may read it.",
    )
