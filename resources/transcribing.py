"""Media files to transcript files, without a library: for a machine with a GPU that has nothing else of the product.

What belongs here: which files are due, what is written. What does not: hearing (`clients/speech`), bars and messages.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from chrysopedia_assets.errors import ConfigurationError, InputRefused
from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.slugs import readable
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.library import LibraryFile, Look, look, settled, shown
from resources.clients.speech.media import media_hash
from resources.clients.speech.port import Recogniser
from resources.clients.speech.probe import probe
from resources.clients.speech.transcribe import Job, Progress, transcribe
from resources.clients.speech.window_store import WindowFolder

UNFINISHED = ".unfinished"
"""The folder for windows; begins with a dot, so that nobody ingests it."""
POLL_S = 10.0


@dataclass(frozen=True)
class Due:
    """A media file and where its transcript goes."""

    media: Path
    creator: str
    out: Path


@dataclass(frozen=True)
class Round:
    """What is to be done now, and what cannot be."""

    due: tuple[Due, ...]
    refused: tuple[InputRefused, ...] = ()
    done: int = 0
    """Files whose transcript is there already."""


def one_round(paths: Sequence[Path], out: Path) -> Round:
    """All that is there now and that nobody is writing."""

    def find() -> Look:
        return look(paths)

    seen = settled(find(), find)
    return _round(seen.files, seen.refused, paths, out)


def rounds(
    paths: Sequence[Path], out: Path, wait: Callable[[float], None] = time.sleep
) -> Iterator[Round]:
    """For ever: what has come, once it has the same size and time at two looks. Each is told once for each of its times,
    and so is what cannot be looked at."""
    before: dict[Path, str] = {}
    told: set[tuple[Path, str]] = set()
    refused: set[str] = set()
    while True:
        seen = look(paths)
        now = {file.path: file.stamp for file in seen.files}
        ready = [
            file
            for file in seen.files
            if before.get(file.path) == file.stamp and (file.path, file.stamp) not in told
        ]
        told |= {(file.path, file.stamp) for file in ready}
        before = now
        wrong = [error for error in seen.refused if str(error) not in refused]
        refused |= {str(error) for error in wrong}
        found = _round(ready, wrong, paths, out)
        if found.due or found.refused:
            yield found
        wait(POLL_S)


def _round(
    files: Iterable[LibraryFile],
    refused: Iterable[InputRefused],
    paths: Sequence[Path],
    out: Path,
) -> Round:
    due: dict[Path, Due] = {}
    wrong, done = list(refused), 0
    for file in files:
        if not file.is_media:
            done += file.media is not None
            continue
        place = _place(file.path, paths, out)
        if place in due:
            wrong.append(_taken(file.path, due[place]))
        elif place.is_file() and place.stat().st_mtime_ns >= file.path.stat().st_mtime_ns:
            done += 1
        else:
            due[place] = Due(file.path, file.creator, place)
    return Round(tuple(due.values()), tuple(wrong), done)


def _place(media: Path, paths: Sequence[Path], out: Path) -> Path:
    """Folders below a folder that was given stay, so that creators do; what lies in none of them stays in its own."""
    tops = [path.expanduser().resolve() for path in paths]
    below = [media.relative_to(top) for top in tops if media.is_relative_to(top)]
    kept = next(
        (path for path in below if len(path.parts) > 1), Path(media.parent.name, media.name)
    )
    return out / kept.with_suffix(".json")


def _taken(media: Path, other: Due) -> InputRefused:
    return InputRefused(
        f"its transcript would be that of {shown(other.media.name)}: {shown(other.out)}",
        where=shown(media),
        cure="Rename one of them, or give another --out.",
    )


def write_transcript(
    due: Due, out: Path, who: Recogniser, job: Job, progress: Progress = lambda done_s, of_s: None
) -> Hearing:
    """Hear the file and write what was heard; goes on where it was stopped.

    Raises what `transcribe` raises, and ConfigurationError where nothing can be written.
    """
    probe(due.media)
    content = media_hash(due.media)
    windows = out / UNFINISHED / content
    with _written(out):
        heard = transcribe(
            due.media, who, job, content=content, store=WindowFolder(windows), progress=progress
        )
        _write(due, heard)
        shutil.rmtree(windows, ignore_errors=True)
        if not any((out / UNFINISHED).iterdir()):
            (out / UNFINISHED).rmdir()
    return heard


def refuse_unfit_folder(out: Path) -> None:
    """Before hours are spent on what nobody can keep. Raises ConfigurationError."""
    with _written(out):
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass


@contextmanager
def _written(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # of writing: those of reading media are told as what they are
        raise ConfigurationError(
            f"transcripts cannot be written: {error.strerror or error}",
            where=shown(out),
            cure="Give another --out, or make room there. What was finished is kept.",
        ) from error


def _write(due: Due, heard: Hearing) -> None:
    due.out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = due.out.with_name(f".{due.out.name}.new")
    unfinished.write_text(as_json(heard, readable(due.media.stem)), "utf-8")
    unfinished.replace(due.out)


def as_json(heard: Hearing, title: str) -> str:
    """As Whisper writes it, with a title, and what may be wrong with it."""
    about = heard.model_dump(mode="json", include={"made_by", "language", "doubts", "minutes"})
    segments = [_segment(number, segment) for number, segment in enumerate(heard.segments)]
    told = {"title": title, "duration": heard.duration_s, **about, "segments": segments}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _segment(number: int, segment: Segment) -> dict[str, object]:
    return {
        "id": number,
        "start": segment.start_s,
        "end": segment.end_s,
        "text": segment.text,
        "words": [
            {"word": word.text, "start": word.start_s, "end": word.end_s} for word in segment.words
        ],
    }
