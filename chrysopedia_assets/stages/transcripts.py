"""Make a transcript of what stands behind a video: a transcript file, or what was heard in a media file."""

from chrysopedia_assets.models.hearing import Hearing
from chrysopedia_assets.models.library_files import SourceTranscript
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.transcripts import Transcript


def make_transcript(video: Video, source: SourceTranscript | Hearing) -> Transcript:
    """The source's segments under the video's name; the video lasts at least as long as its last segment."""
    if isinstance(source, Hearing):
        made_by, duration_s, told = source.made_by, source.duration_s, source.notes
    else:
        made_by, duration_s = f"importer {source.format}", source.end_s
        told = source.repairs
    return Transcript(
        video=video,
        made_by=made_by,
        language=source.language,
        duration_s=duration_s,
        segments=source.segments,
        repairs=told,
        doubts=source.doubts,
        minutes=source.minutes,
    )
