"""Make a transcript of what a library file holds."""

from chrysopedia_assets.models.library_files import SourceTranscript
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.transcripts import Transcript


def make_transcript(video: Video, source: SourceTranscript) -> Transcript:
    """The source's segments under the video's name; the video lasts at least as long as its last segment."""
    return Transcript(
        video=video,
        made_by=f"importer {source.format}",
        language=source.language,
        duration_s=source.end_s,
        segments=source.segments,
        repairs=source.repairs,
    )
