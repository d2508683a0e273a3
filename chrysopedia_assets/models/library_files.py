"""A file of the library as it came in: what its format says, before the stage makes a transcript of it."""

from typing import Literal

from pydantic import Field

from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.records import Record, Seconds, Text, Title
from chrysopedia_assets.models.transcripts import Segment

TranscriptFormat = Literal[
    "whisper_json", "whisper_cpp_json", "podcast_json", "json3", "webvtt", "srt"
]

MEDIA_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".mp3", ".m4a", ".wav", ".flac", ".ogg")


def is_media(path: str) -> bool:
    """Whether a file has sound to transcribe, by its name."""
    return path.lower().endswith(MEDIA_SUFFIXES)


class Chapter(Record):
    """Where the source says that a part of the video begins; no stage reads it, it is there to compare with."""

    start_s: Seconds
    title: Title


class SourceTranscript(Record):
    """Segments in order, none empty, times finite; `repairs` says in words what was mended to get there.

    `doubts` and `minutes` are in what `chrysopedia transcribe` writes.

    `chapters` are in order of time; `chapters_left_out` says which were not sound. Neither gets into a transcript.
    """

    format: TranscriptFormat
    segments: tuple[Segment, ...] = Field(min_length=1)
    title: Text | None = None
    url: Text | None = None
    language: Text | None = None
    duration_s: float | None = None
    repairs: tuple[Text, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    minutes: tuple[MinuteHeard, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    chapters_left_out: tuple[Text, ...] = ()

    @property
    def end_s(self) -> float:
        """When the last word was said, or later where the file says how long it is."""
        return max(self.duration_s or 0.0, *(s.end_s for s in self.segments))
