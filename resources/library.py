"""The library as the graph sees it: registered videos, and the files behind them read only if they are still the same."""

from pathlib import Path

from chrysopedia_assets.errors import InputRefused, SourceChanged
from chrysopedia_assets.models.library_files import SourceTranscript
from resources.clients.captions.read import parse_transcript, read_bytes
from resources.clients.library import hash_bytes
from resources.store.database import Database
from resources.store.videos import LibraryVideo, list_videos


class Library:
    def __init__(self, database: Database) -> None:
        self._database = database

    def source_versions(self) -> dict[str, str]:
        """The version of what stands behind each video, as of its last ingest."""
        with self._database.reading() as connection:
            return {e.video.video_id: e.version for e in list_videos(connection)}

    def read(self, video_id: str) -> tuple[LibraryVideo, SourceTranscript]:
        """The video's entry and what its file says. Raises SourceChanged, InputRefused."""
        with self._database.reading() as connection:
            entries = list_videos(connection, [video_id])
        if not entries:
            raise SourceChanged(
                "no file of the library belongs to this video",
                where=video_id,
                cure="Ingest its file: chrysopedia ingest PATH",
            )
        [entry] = entries
        path = Path(entry.source_path)
        try:
            raw = read_bytes(path)
        except InputRefused as error:
            raise SourceChanged(
                f"its file is gone or cannot be read: {error.where}",
                where=video_id,
                cure="What is stored stays. Put the file back, or ingest it where it is now.",
            ) from error
        if hash_bytes(raw) != entry.source_hash:
            raise SourceChanged(
                f"its file has changed since it was ingested: {path}",
                where=video_id,
                cure=f"Ingest it again: chrysopedia ingest '{path}'",
            )
        return entry, parse_transcript(raw, path)
