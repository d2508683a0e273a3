"""Look into the library: which transcript files are there, whose they are, and what their bytes hash to.

`<library>/<Creator>/.../<file>`: the creator is the first folder, or the folder itself for a file directly in it. Polling only, so that it works on network mounts.
Nothing here decides what becomes of a file; that is `automation/ingest.py`.
"""

import hashlib
import os
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.slugs import readable
from resources.clients.captions.read import refuse_unfit

TRANSCRIPT_SUFFIXES = frozenset({".json", ".json3", ".vtt", ".srt", ".sbv", ".txt"})
"""Files that claim to be transcripts. Those that cannot be read as one are refused with the reason, not passed over."""

MAX_CREATOR = 300
RECENT_S = 10
SETTLE_S = 1.0


@dataclass(frozen=True)
class LibraryFile:
    """`stamp` is the file's size and modification time: equal stamps a while apart mean that nobody is writing."""

    path: Path
    creator: str
    stamp: str

    @property
    def modified_ns(self) -> int:
        return int(self.stamp.partition(":")[2])


@dataclass(frozen=True)
class Look:
    """What one look found: files to take in, and what has to be refused without reading it."""

    files: tuple[LibraryFile, ...]
    refused: tuple[InputRefused, ...]


def look(paths: Iterable[Path], creator: str | None = None, library: Path | None = None) -> Look:
    """Every transcript file at or below the paths, each once, in order of name.

    `creator` is for all of them, instead of the folders' names. A path that does not exist is refused: a failed read
    is not an empty library. `library` is the one that has a folder for each creator: a file directly in it is refused.
    """
    files: dict[Path, LibraryFile] = {}
    refused: list[InputRefused] = []
    for path in paths:
        top = _absolute(path)
        for found in _below(top, refused):
            try:
                if found.parent == library and creator is None:
                    raise _loose(found)
                entry = _library_file(found, top, creator)
            except InputRefused as error:
                refused.append(error)
            else:
                files.setdefault(found, entry)
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
            "it is still being written", where=str(file.path), cure="Ingest it when it is complete."
        )
        for file in second.files
        if before.get(file.path) != file.stamp
    )
    return Look(kept, second.refused + writing)


def hash_file(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex. Raises InputRefused where it cannot be read, before reading where it is unfit."""
    refuse_unfit(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def shown(path: Path) -> str:
    """The path on one line of printable characters: no name of a file commands a terminal."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _absolute(path: Path) -> Path:
    with suppress(RuntimeError):  # "~nobody": no user's home, so it is a folder's name
        path = path.expanduser()
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
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in visited:  # a link back to a folder already seen
            subfolders.clear()
            continue
        visited.add((status.st_dev, status.st_ino))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in TRANSCRIPT_SUFFIXES:
                yield Path(folder) / name


def _library_file(path: Path, top: Path, creator: str | None) -> LibraryFile:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if wrong := _wrong_name(path):
        raise InputRefused(wrong, where=shown(path), cure="Rename the file or its folder.")
    return LibraryFile(
        path=path,
        creator=readable(creator or _creator(path, top))[:MAX_CREATOR] or "unknown creator",
        stamp=f"{status.st_size}:{status.st_mtime_ns}",
    )


def _wrong_name(path: Path) -> str:
    """Why the name cannot be stored and shown; empty where it can."""
    kinds = {unicodedata.category(character) for character in str(path)}
    if "Cs" in kinds:
        return "its name is not valid UTF-8"
    return "its name holds a line break or another control character" if "Cc" in kinds else ""


def _creator(path: Path, top: Path) -> str:
    """The first folder below the library; for a file that lies directly in it, the folder's own name."""
    below = path.relative_to(top).parts
    return below[0] if len(below) > 1 else path.parent.name


def _loose(path: Path) -> InputRefused:
    return InputRefused(
        "it lies directly in the library, so nobody knows whose it is",
        where=str(path),
        cure="Put it into a folder named after its creator, or pass --creator NAME.",
    )


def _unreadable(path: Path, error: OSError) -> InputRefused:
    return InputRefused(
        f"it cannot be read: {error.strerror or error}",
        where=shown(path),
        cure="Check that it exists and that you may read it.",
    )
