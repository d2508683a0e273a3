"""How large a part of a file may be: far above what a recording of 48 hours needs, far below what hurts.

What belongs here: the limits that hold for every format. What does not: the size of the file (`read`).
Without them a file of 30 MB took 80 s and 3 GB: all steps are linear, but an empty cue costs as much as a full one.
"""

from chrysopedia_assets.errors import InputRefused

LONGEST_VIDEO_S = 48 * 3600.0
MAX_SEGMENTS = 200_000
"""More than one a second for 48 hours."""
MAX_SEGMENT_CHARACTERS = 100_000
"""Two hours of speech. A page could not cite the second of anything in it."""
MAX_CAPTION_LINES = 5 * MAX_SEGMENTS
_ONE_VIDEO = "Check that the file is the transcript of one video"


def refuse_too_many(segments: int, place: str) -> None:
    if segments > MAX_SEGMENTS:
        raise InputRefused(
            f"it has more than {MAX_SEGMENTS:,} segments, which no video of 48 hours has",
            where=place,
            cure=_ONE_VIDEO,
        )


def refuse_too_long(text: str, place: str) -> None:
    if len(text) > MAX_SEGMENT_CHARACTERS:
        raise InputRefused(
            f"it has {len(text):,} characters in one piece of time; {MAX_SEGMENT_CHARACTERS:,} is the most",
            where=place,
            cure="Cut the transcript into segments of a sentence or so; Whisper and caption tools do",
        )


def refuse_too_many_lines(text: str) -> None:
    if text.count("\n") > MAX_CAPTION_LINES:
        raise InputRefused(
            f"it has more than {MAX_CAPTION_LINES:,} lines, which no video of 48 hours needs",
            cure=_ONE_VIDEO,
        )
