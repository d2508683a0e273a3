"""Which version of a recogniser each video's words come from, now: for verdicts, which transcribe nothing."""

from collections.abc import Iterable, Mapping

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, NOT_HEARD, SPEECH_RECOGNITION
from resources.store.videos import LibraryVideo


def recogniser_versions(
    entries: Iterable[LibraryVideo],
) -> tuple[dict[str, str], ConfigurationError | None]:
    """By video. Where no recogniser can be had, media files are left out: they keep the version that they had."""
    of_video = {entry.video.video_id: entry.is_media for entry in entries}
    wrong, version = None, None
    if any(of_video.values()):
        from resources.hearing import recogniser_version  # and with it the client, for a second

        try:
            version = recogniser_version()
        except ConfigurationError as error:
            wrong = error
    versions = {v: version if media else NOT_HEARD for v, media in of_video.items()}
    return {v: found for v, found in versions.items() if found is not None}, wrong


def versions_of_videos(entries: Iterable[LibraryVideo]) -> Mapping[str, Mapping[str, str]]:
    """By source with a version for each video, then video; what cannot be known is left out."""
    known = list(entries)
    return {
        LIBRARY_FILES: {entry.video.video_id: entry.version for entry in known},
        SPEECH_RECOGNITION: recogniser_versions(known)[0],
    }
