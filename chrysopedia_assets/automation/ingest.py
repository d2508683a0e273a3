"""Take transcript and media files into the library: the same code behind `chrysopedia ingest` and the `library_folder` sensor.

The decision (`plan`) is pure: a file is the video whose content it has, else the video whose path it has, else a new
one. A transcript and the media file beside it are one video. Around it, in this order so that a kill leaves nothing that the next ingest does not mend: read the files, register
videos in one transaction, tell Dagster which partitions there are and which version each file has.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagster as dg

from chrysopedia_assets.automation.telling import tell_dagster
from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.library_files import Chapter, is_media
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.slugs import readable, slug
from resources.clients.captions.chapters import chapters_of_info
from resources.clients.captions.read import parse_transcript, read_bytes
from resources.clients.library import LibraryFile, hash_bytes, is_transcript_of, stamp
from resources.clients.speech.media import media_hash
from resources.clients.speech.probe import probe
from resources.store.database import Database
from resources.store.videos import LibraryVideo, free_paths, list_videos, put_video

MAX_TITLE = 300

Progress = Callable[[Path, float], None]
"""The file that is read, and the share of it that has been."""


@dataclass(frozen=True)
class FoundFile:
    """A file that was read: its content hash, and the title, link and chapters that it states about itself.

    `chapters` are None where it was not read again, because nothing changed.
    """

    path: str
    creator: str
    stamp: str
    hash: str
    creator_given: bool = False
    title: str | None = None
    url: str | None = None
    chapters: tuple[Chapter, ...] | None = None
    chapters_left_out: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()
    """Where the video's file may have been before: of a transcript its media file, of that the transcripts that are
    gone."""


@dataclass
class Plan:
    """What becomes of each found file. `entries` are the rows to write; all other lists are for people."""

    new: list[LibraryVideo] = field(default_factory=list)
    changed: list[LibraryVideo] = field(default_factory=list)
    moved: list[LibraryVideo] = field(default_factory=list)
    unchanged: list[LibraryVideo] = field(default_factory=list)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    """(path, the video that has the same content)"""

    @property
    def entries(self) -> list[LibraryVideo]:
        return [*self.changed, *self.moved, *self.unchanged, *self.new]


@dataclass(frozen=True)
class IngestReport:
    """`refused` gives the path with the reason, `chapters_left_out` the path with what was wrong with its chapters,
    `not_heard` media files with the transcript that counts instead."""

    plan: Plan
    refused: tuple[tuple[str, InputRefused], ...]
    chapters_left_out: tuple[tuple[str, str], ...] = ()
    not_heard: tuple[tuple[str, str], ...] = ()


def plan(
    found: Sequence[FoundFile], known: Sequence[LibraryVideo], hash_at: Mapping[str, str]
) -> Plan:
    """Content first, then path. `hash_at` gives the content now at known paths, where there is a file."""
    made = Plan()
    by_hash = {entry.source_hash: entry for entry in known}
    by_path = {entry.source_path: entry for entry in known}
    settled: dict[str, LibraryVideo] = {}
    rest = []
    for file in found:
        entry = by_hash.get(file.hash)
        if entry is None:
            rest.append(file)
        elif entry.video.video_id in settled or _is_copy(file, entry, hash_at):
            made.duplicates.append((file.path, entry.video.video_id))
        else:
            settled[entry.video.video_id] = _sort_in(made, entry, file)
    taken = {entry.video.video_id for entry in known}
    for file in rest:
        entry = next((by_path[p] for p in (file.path, *file.instead_of) if p in by_path), None)
        if file.hash in by_hash:
            made.duplicates.append((file.path, by_hash[file.hash].video.video_id))
            continue
        if entry is not None and entry.video.video_id not in settled:
            entry = _sort_in(made, entry, file)
        else:
            entry = _new_entry(file, taken)
            made.new.append(entry)
        settled[entry.video.video_id] = entry
        taken.add(entry.video.video_id)
        by_hash[file.hash] = entry
    return made


def _is_copy(file: FoundFile, entry: LibraryVideo, hash_at: Mapping[str, str]) -> bool:
    elsewhere = file.path != entry.source_path
    return elsewhere and hash_at.get(entry.source_path) == entry.source_hash


def _sort_in(made: Plan, entry: LibraryVideo, file: FoundFile) -> LibraryVideo:
    """The known video with what its file says now.

    What only a name said stays while the name does: the title, and the creator until the file is moved.
    """
    moved = file.path != entry.source_path
    facts = {"creator": file.creator} if moved or file.creator_given else {}
    facts |= {key: value for key in ("title", "url") if (value := getattr(file, key))}
    updated = replace(
        entry,
        video=entry.video.model_copy(update=facts),
        source_path=file.path,
        source_hash=file.hash,
        source_stamp=file.stamp,
        chapters=entry.chapters if file.chapters is None else file.chapters,
    )
    if updated.version != entry.version:
        made.changed.append(updated)
    elif updated.source_path != entry.source_path:
        made.moved.append(updated)
    else:
        made.unchanged.append(updated)
    return updated


def _new_entry(file: FoundFile, taken: set[str]) -> LibraryVideo:
    name = next((path for path in file.instead_of if is_media(path)), file.path)
    title = (file.title or readable(Path(name).stem) or file.hash[:8])[:MAX_TITLE]
    video = Video(
        video_id=_video_id(file, title, taken),
        title=title,
        creator=file.creator,
        url=file.url,
    )
    return LibraryVideo(video, file.path, file.hash, file.stamp, file.chapters or ())


def _video_id(file: FoundFile, title: str, taken: set[str]) -> str:
    """`creator--title`; with as much of the content's hash as is needed where that says nothing or is taken."""
    words = [part for part in (slug(file.creator), slug(title)) if part]
    if len(words) == 2 and (name := "--".join(words)) not in taken:
        return name
    hashed = ("--".join([*words, file.hash[:digits]]) for digits in range(8, len(file.hash) + 1))
    return next(name for name in hashed if name not in taken)


def ingest(
    files: Sequence[LibraryFile],
    database: Database,
    instance: dg.DagsterInstance,
    progress: Progress = lambda path, share: None,
) -> IngestReport:
    """Read and register the files. What cannot be read is in the report; all others are taken in."""
    with database.reading() as connection:
        known = {e.source_path: e for e in list_videos(connection)}
    found: list[FoundFile] = []
    refused: list[tuple[str, InputRefused]] = []
    for file in files:
        progress(file.path, 0.0)
        try:
            found.append(_read(file, known, progress))
        except InputRefused as error:
            refused.append((str(file.path), error))
    made = _register(found, database)
    tell_dagster(database, instance)
    left_out = [(file.path, told) for file in found for told in file.chapters_left_out]
    news = {entry.source_path for entry in (*made.new, *made.changed)}
    beside = [(str(f.media), str(f.path)) for f in files if f.media and str(f.path) in news]
    return IngestReport(made, tuple(refused), tuple(left_out), tuple(beside))


def _read(file: LibraryFile, known: Mapping[str, LibraryVideo], progress: Progress) -> FoundFile:
    """Hash and parse, unless nothing changed: what cannot become a transcript never becomes a video."""
    path = str(file.path)
    before = known.get(path)
    if before is not None and before.source_stamp == file.stamp:
        return FoundFile(path, file.creator, file.stamp, before.source_hash, file.creator_given)
    if file.is_media:
        return _read_media(file, known, progress)
    raw = read_bytes(file.path)
    source = parse_transcript(raw, file.path)
    chapters, left_out = source.chapters, source.chapters_left_out
    if file.info and not chapters:
        chapters, told = _chapters_beside(file.info, source.end_s)
        left_out += told
    return FoundFile(
        path=path,
        creator=file.creator,
        stamp=file.stamp,
        hash=hash_bytes(raw),
        creator_given=file.creator_given,
        title=source.title,
        url=source.url,
        chapters=chapters,
        chapters_left_out=left_out,
        instead_of=(str(file.media),) if file.media else (),
    )


def _read_media(
    file: LibraryFile, known: Mapping[str, LibraryVideo], progress: Progress
) -> FoundFile:
    """What cannot be opened, or has no sound, is refused before gigabytes of it are read."""
    length_s = probe(file.path)
    chapters, left_out = _chapters_beside(file.info, length_s or 0.0) if file.info else ((), ())
    begins = str(file.path.with_suffix(""))
    alike = (path for path in known if path.startswith(begins))
    gone = [path for path in alike if is_transcript_of(Path(path), file.path)]
    return FoundFile(
        path=str(file.path),
        creator=file.creator,
        stamp=file.stamp,
        hash=media_hash(file.path, lambda share: progress(file.path, share)),
        creator_given=file.creator_given,
        chapters=chapters,
        chapters_left_out=left_out,
        instead_of=tuple(gone),
    )


def _chapters_beside(info: Path, end_s: float) -> tuple[tuple[Chapter, ...], tuple[str, ...]]:
    """What yt-dlp says of the video's chapters; a file that cannot be read costs only those."""
    try:
        chapters, told = chapters_of_info(read_bytes(info), end_s)
    except InputRefused as error:
        chapters, told = (), (error.what,)
    return chapters, tuple(f"{info.name}: {sentence}" for sentence in told)


def _register(found: Sequence[FoundFile], database: Database) -> Plan:
    with database.reading() as connection:
        known = list_videos(connection)
    hash_at = _hashes_at(found, known)  # reads files, slow on a share: outside of any transaction
    with database.writing(lock="library") as connection:
        known = list_videos(connection)
        made = plan(found, known, hash_at)
        before = {entry.video.video_id: entry for entry in known}
        entries = [e for e in made.entries if before.get(e.video.video_id) != e]
        free_paths(connection, (e.source_path for e in entries))
        for entry in entries:
            put_video(connection, entry)
    return made


def _hashes_at(found: Iterable[FoundFile], known: Iterable[LibraryVideo]) -> dict[str, str]:
    """What is now at the known paths whose content was found at another path."""
    hash_at = {file.path: file.hash for file in found}
    contents = set(hash_at.values())
    for entry in known:
        if entry.source_hash in contents and entry.source_path not in hash_at:
            try:
                hash_at[entry.source_path] = _hash_now(entry)
            except (OSError, InputRefused):  # gone or unreadable: not a copy but a move
                continue
    return hash_at


def _hash_now(entry: LibraryVideo) -> str:
    path = Path(entry.source_path)
    if not entry.is_media:
        return hash_bytes(read_bytes(path))
    unchanged = entry.source_stamp.startswith(stamp(path))
    return entry.source_hash if unchanged else media_hash(path)
