"""What a recogniser heard in a media file, and every place where it may have missed something or made it up.

What belongs here: the record that is handed on. What does not: how places are found (`resources.clients.speech`).
"""

from pydantic import Field

from chrysopedia_assets.models.doubts import Doubt, MinuteHeard, heard_share
from chrysopedia_assets.models.records import Record, Seconds, Text
from chrysopedia_assets.models.transcripts import Segment


class Hearing(Record):
    """Segments in order of their start, all inside the file, at least one; minutes without speech are left out."""

    made_by: Text
    language: Text | None
    duration_s: Seconds
    segments: tuple[Segment, ...] = Field(min_length=1)
    doubts: tuple[Doubt, ...] = ()
    minutes: tuple[MinuteHeard, ...] = ()
    notes: tuple[Text, ...] = ()
    """What was chosen on the way, in words: which track, which device."""

    @property
    def heard_share(self) -> float:
        """Of all speech, how much has words."""
        return heard_share(self.minutes)
