"""The library as the graph sees it: registered videos, and the files behind them read only if they are still the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chrysopedia_assets.errors import InputRefused, SourceChanged
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.library_files import SourceTranscript
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, NOT_HEARD, SPEECH_RECOGNITION
from resources.clients.captions.read import parse_transcript, read_bytes
from resources.clients.library import hash_bytes, stamp
from resources.clients.speech.media import media_hash
from resources.hearing import hear
from resources.recogniser_versions import recogniser_versions
from resources.store.database import Database
from resources.store.records import doubts_of
from resources.store.videos import LibraryVideo, list_videos


@dataclass(frozen=True)
class Source:
    """What is said in a video, by its file. `versions` are of what decides that, by source."""

    entry: LibraryVideo
    said: SourceTranscript | Hearing
    versions: dict[str, str]


class Library:
    def __init__(self, database: Database) -> None:
        self._database = database

    def source_versions(self) -> dict[str, str]:
        """The version of what stands behind each video, as of its last ingest."""
        return {e.video.video_id: e.version for e in self._entries()}

    def recogniser_versions(self) -> dict[str, str]:
        """The version of what transcribes each video. Raises ConfigurationError where nothing can."""
        versions, wrong = recogniser_versions(self._entries())
        if wrong:
            raise wrong
        return versions

    def doubts(self, video_id: str) -> tuple[Doubt, ...]:
        """Of the transcript that is stored."""
        with self._database.reading() as connection:
            return doubts_of(connection, video_id)

    def read(self, video_id: str, tell: Callable[[str], None] = lambda line: None) -> Source:
        """What the video's file says; a media file is transcribed, which may take hours.

        Raises SourceChanged, InputRefused, NotTranscribed, EndpointFailed.
        """
        entries = self._entries(video_id)
        if not entries:
            raise SourceChanged(
                "no file of the library belongs to this video",
                where=video_id,
                cure="Ingest its file: chrysopedia ingest PATH",
            )
        [entry] = entries
        said: SourceTranscript | Hearing
        if entry.is_media:
            _refuse_changed_media(entry)
            said, recogniser = hear(entry, self._database, tell)
        else:
            said, recogniser = _transcript_file(entry), NOT_HEARD
        return Source(entry, said, {LIBRARY_FILES: entry.version, SPEECH_RECOGNITION: recogniser})

    def _entries(self, *video_ids: str) -> list[LibraryVideo]:
        with self._database.reading() as connection:
            return list_videos(connection, video_ids or None)


def _transcript_file(entry: LibraryVideo) -> SourceTranscript:
    path = Path(entry.source_path)
    try:
        raw = read_bytes(path)
    except InputRefused as error:
        raise _gone(entry, error) from error
    if hash_bytes(raw) != entry.source_hash:
        raise _changed(entry)
    return parse_transcript(raw, path)


def _refuse_changed_media(entry: LibraryVideo) -> None:
    """Gigabytes are not read to find out what size and time already say."""
    path = Path(entry.source_path)
    try:
        if entry.source_stamp.startswith(stamp(path)):
            return
        now = media_hash(path)
    except (OSError, InputRefused) as error:
        raise _gone(entry, error) from error
    if now != entry.source_hash:
        raise _changed(entry)


def _gone(entry: LibraryVideo, error: OSError | InputRefused) -> SourceChanged:
    where = error.where if isinstance(error, InputRefused) else entry.source_path
    return SourceChanged(
        f"its file is gone or cannot be read: {where}",
        where=entry.video.video_id,
        cure="What is stored stays. Put the file back, or ingest it where it is now.",
    )


def _changed(entry: LibraryVideo) -> SourceChanged:
    return SourceChanged(
        f"its file has changed since it was ingested: {entry.source_path}",
        where=entry.video.video_id,
        cure=f"Ingest it again: chrysopedia ingest '{entry.source_path}'",
    )
