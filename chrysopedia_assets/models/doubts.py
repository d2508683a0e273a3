"""Places at which what was heard may not be what was said, and how much of the speech has words.

What belongs here: the records that pass from hearing to a transcript. What does not: how places are found
(`resources.clients.speech`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from chrysopedia_assets.models.records import Record, Seconds, Text

DoubtKind = Literal[
    "damaged",  # the file could not be decoded here; silence stands in its place
    "cut_short",  # the file ends before it says it does
    "unheard",  # there is speech, and no words
    "over_silence",  # there are words, and no speech
    "repeated",  # the same words again and again, as recognisers write when they are lost
    "improbable",  # the recogniser itself is not sure
    "beyond_end",  # words after the end of the sound
    "other_language",  # not the language of the rest
]

MEANS: Mapping[DoubtKind, str] = {
    "damaged": "the file is damaged here",
    "cut_short": "the file ends too early",
    "unheard": "speech without words",
    "over_silence": "words where nobody seems to speak",
    "repeated": "the same words again and again",
    "improbable": "the recogniser was not sure",
    "beyond_end": "words after the end",
    "other_language": "another language",
}
"""What a reader is told of a doubt."""


class Doubt(Record):
    kind: DoubtKind
    start_s: Seconds
    end_s: Seconds
    reason: Text

    def touches(self, start_s: float, end_s: float) -> bool:
        """Whether it lies over any of this passage."""
        return self.start_s <= end_s and start_s <= self.end_s


def why_doubted(doubts: Iterable[Doubt], start_s: float, end_s: float) -> str:
    """Why the words of a passage may be wrong, for a reader; empty where nobody doubts them."""
    kinds = {doubt.kind for doubt in doubts if doubt.touches(start_s, end_s)}
    return ", ".join(MEANS[kind] for kind in MEANS if kind in kinds)


class MinuteHeard(Record):
    """How much of one minute is speech, and how much of that speech has words."""

    minute: int = Field(ge=0)
    speech_s: Seconds
    heard_s: Seconds


def heard_share(minutes: Sequence[MinuteHeard]) -> float:
    """Of all speech that was found, how much has words; all of it where nobody has looked."""
    speech_s = sum(minute.speech_s for minute in minutes)
    return sum(minute.heard_s for minute in minutes) / speech_s if speech_s else 1.0
