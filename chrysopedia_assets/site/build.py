"""Writes the files of a site: those that would come out different, and no others; removes those that nobody wants any more.

What belongs here: keys, bytes, the folder. What does not: which files there are (`resources/publishing.py`) and what is in them.

Killed at any point, the site can be read, and the next build finishes it: each file is replaced in one step, and what is
written is remembered last.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import content_hash

REMEMBERED = ".chrysopedia-site.json"
"""By file, the key that it was made with: the mark that a folder is a site of ours."""
LOCK = ".chrysopedia-site.lock"
NEW = ".new-"
"""How the name of a file begins until it is whole."""
ROOMS, PACKAGES = ("inspection", "models", "site"), ("Jinja2", "markdown-it-py", "nh3")
"""Whose code decides how a file looks."""


@dataclass(frozen=True)
class SiteFile:
    """`path` is relative to the site's folder. Equal keys mean equal bytes: whatever is shown has to be in the key.

    None is made of what has gone since the library was looked at: the next build knows.
    """

    path: str
    key: str
    make: Callable[[], str | bytes | None]


@dataclass(frozen=True)
class Written:
    """Paths, relative to the site's folder. `looked_at` were made again, and some of them came out the same."""

    changed: tuple[str, ...]
    removed: tuple[str, ...]
    looked_at: int
    total: int


@contextmanager
def building(out: Path) -> Iterator[None]:
    """Alone with the folder: another build of the same site waits. Raises ConfigurationError for a folder of something else."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        others = {one.name for one in out.iterdir()} - {LOCK}
        if others and REMEMBERED not in others:
            raise ConfigurationError(
                f"{out} is not empty, and no site of ours: {', '.join(sorted(others)[:3])}",
                cure="Name a new folder, or empty this one.",
            )
        with (out / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (out / REMEMBERED).exists():
                replace_file(out / REMEMBERED, b"{}")
            yield
    except OSError as error:
        raise ConfigurationError(
            f"the site cannot be written: {error.strerror or error}",
            where=str(error.filename or out),
            cure="Make room there or name another folder (CHRYSOPEDIA_SITE_DIR), and build again.",
        ) from error


def write_files(
    files: Iterable[SiteFile], out: Path, tell: Callable[[int], None] = lambda done: None
) -> Written:
    """Within `building`. `tell` hears of each file that was looked at."""
    before = remembered(out)
    keys: dict[str, str] = {}
    changed: list[str] = []
    looked_at = 0
    for file in files:
        path = out / file.path
        if before.get(file.path) != file.key or not path.is_file():
            looked_at += 1
            if (made := file.make()) is None:
                continue
            if replace_file(path, made.encode() if isinstance(made, str) else made):
                changed.append(file.path)
        keys[file.path] = file.key
        tell(len(keys))
    removed = _remove_others(out, keys, before)
    if keys != before:
        replace_file(out / REMEMBERED, json.dumps(keys, indent=0, sort_keys=True).encode())
    return Written(tuple(changed), tuple(removed), looked_at, len(keys))


def remembered(out: Path) -> dict[str, str]:
    """By file, the key that it was made with; none where that cannot be read: then all are made again."""
    try:
        found = json.loads((out / REMEMBERED).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def replace_file(path: Path, content: bytes) -> bool:
    """In one step; a file that has this content already keeps its bytes, its time and its number. Says whether it was written."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{NEW}{os.getpid()}-{content_hash(path.name)}")
    new.write_bytes(content)
    new.replace(path)
    return True


@cache
def renderer_version() -> str:
    """Of all that decides how a file looks: code, templates and styles, and the packages that turn text into HTML."""
    rooms = (Path(__file__).parents[1] / room for room in ROOMS)
    found = chain.from_iterable(room.rglob("*") for room in rooms)
    files = sorted(path for path in found if path.is_file() and path.suffix != ".pyc")
    texts = (path.read_text("utf-8", "replace") for path in files)
    return content_hash(*map(version, PACKAGES), *texts)


def key_of(*parts: object) -> str:
    """Of whatever a file shows, as JSON has it."""
    return content_hash(json.dumps(parts, sort_keys=True, default=str))


def _remove_others(out: Path, keys: Mapping[str, str], before: Iterable[str]) -> list[str]:
    """Also what a build that was killed has left behind. What somebody has put beside it all, as `CNAME` or `.git`, stays."""
    ours = {name.partition("/")[0] for name in (*keys, *before)}
    removed = []
    for path in sorted(_files(out, ours)):
        name = path.relative_to(out).as_posix()
        if name not in keys:
            path.unlink(missing_ok=True)
            removed.append(name)
    return removed


def _files(out: Path, ours: set[str]) -> Iterator[Path]:
    for one in out.iterdir():
        if one.name not in ours and not one.name.startswith(NEW):
            continue
        if one.is_dir() and not one.is_symlink():
            yield from (path for path in one.rglob("*") if not path.is_dir())
        else:
            yield one
