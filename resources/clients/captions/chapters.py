"""Chapters that the source has: in the transcript's own JSON, or in the `.info.json` that yt-dlp writes beside it.

What belongs here: where chapters stand, and what makes one sound. What does not: refusing. A chapter that is not sound
is left out and told; it never costs the transcript.

| made by | how a chapter looks |
|---|---|
| yt-dlp | `{"start_time": 0.0, "end_time": 61.0, "title": "..."}` |
| Whisper records | `{"start": 0.0, "end": 61.0, "title": "..."}` |
| podcast namespace | `{"startTime": 0, "title": "..."}` |
"""

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic_core import from_json

from chrysopedia_assets.models.library_files import Chapter
from resources.clients.captions.clean_text import clean_text
from resources.clients.captions.limits import LONGEST_VIDEO_S
from resources.clients.captions.raw import Notes, seconds

INFO_SUFFIX = ".info.json"
MAX_CHAPTERS = 1_000
MAX_TITLE = 300
_START_NAMES = ("start_time", "start", "startTime", "start_s")
_LANGUAGE = re.compile(r"\.[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$")
"""yt-dlp puts it between name and ending: `Video.en.vtt` beside `Video.info.json`."""


def info_beside(path: Path) -> Path | None:
    """The file of yt-dlp about the video of this transcript, if there is one."""
    names = dict.fromkeys((path.stem, _LANGUAGE.sub("", path.stem)))
    beside = (path.with_name(f"{name}{INFO_SUFFIX}") for name in names)
    try:
        return next((info for info in beside if info.is_file()), None)
    except OSError:  # the longer name may be too long
        return None


def chapters_of_info(raw: bytes, end_s: float) -> tuple[tuple[Chapter, ...], tuple[str, ...]]:
    """The sound chapters of an `.info.json`, and what was left out, in words."""
    try:
        found = from_json(raw, allow_inf_nan=False)
    except ValueError:
        return (), ("It is not valid JSON",)
    return sound_chapters(found.get("chapters") if isinstance(found, dict) else None, end_s)


def sound_chapters(found: object, end_s: float) -> tuple[tuple[Chapter, ...], tuple[str, ...]]:
    """In order of time, each second once, all before the end of the video; and what was left out, in words."""
    if found is None:
        return (), ()
    if not isinstance(found, list):
        return (), ("Its chapters are no list",)
    notes = Notes()
    by_start: dict[float, Chapter] = {}
    for chapter in _readable(found[:MAX_CHAPTERS], end_s, notes):
        if chapter.start_s in by_start:
            notes.add("Chapters that begin where another does were left out", chapter.title)
        by_start.setdefault(chapter.start_s, chapter)
    if len(found) > MAX_CHAPTERS:
        notes.add(f"Only the first {MAX_CHAPTERS:,} of {len(found):,} chapters were read")
    return tuple(by_start[start_s] for start_s in sorted(by_start)), notes.sentences()


def _readable(found: Sequence[object], end_s: float, notes: Notes) -> Iterator[Chapter]:
    for number, item in enumerate(found, start=1):
        place = f"chapter {number}"
        about = item if isinstance(item, dict) else {}
        start_s = seconds(next((about[name] for name in _START_NAMES if name in about), None))
        said = about.get("title")
        title = clean_text(said)[:MAX_TITLE].rstrip() if isinstance(said, str) else ""
        if not title:
            notes.add("Chapters without a title were left out", place)
        elif not math.isfinite(start_s) or not 0 <= start_s <= LONGEST_VIDEO_S:
            notes.add("Chapters without a time that can be were left out", place)
        elif start_s >= end_s:
            notes.add("Chapters that begin after the end of the transcript were left out", place)
        else:
            yield Chapter(start_s=start_s + 0.0, title=title)  # -0.0 becomes 0.0
