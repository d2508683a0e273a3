"""What was said in a video, as a page needs it: the words of a passage, and whether a quotation is in them.

What belongs here: looking into one transcript. What does not: what a quotation is and when it is said (`inspection.words`).
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from chrysopedia_assets.inspection.inspecting import duration_s
from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.inspection.words import is_said, is_shortened, words_of
from chrysopedia_assets.models.doubts import Doubt, why_doubted

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
MOST_WORDS = 60
"""Of a passage: half a minute of speech."""

Verdict = Literal["said", "shortened", "unsaid"]
"""Word for word; each word is the speaker's and some between them are left out; not to be found."""


class Speech:
    """Of one video; made once for all its pages. Where there is no transcript, its moments hold what is known of it."""

    def __init__(self, stored: Stored) -> None:
        self._segments = stored.transcripts.segments if stored.transcripts else ()
        self.doubts: Sequence[Doubt] = stored.doubts
        passages = [segment.text for segment in self._segments]
        self._said = " ".join(passages or [moment.transcript for moment in stored.moments])
        self.duration_s = duration_s(stored)
        language = stored.transcripts.language if stored.transcripts else None
        self.language = language if language and _LANGUAGE.fullmatch(language) else None

    @cached_property
    def _heard(self) -> list[str]:
        return words_of(self._said)

    def verdict(self, quoted: str) -> Verdict:
        if is_said(quoted, self._said):
            return "said"
        return "shortened" if is_shortened(quoted, self._heard) else "unsaid"

    def between(self, start_s: float, end_s: float) -> str:
        """The words of a passage, the first 60 of them; empty where there is no transcript."""
        texts = (
            segment.text
            for segment in self._segments
            if (segment.start_s < end_s and segment.end_s > start_s) or segment.start_s == start_s
        )
        words = " ".join(texts).split()
        return " ".join(words[:MOST_WORDS]) + (" …" if len(words) > MOST_WORDS else "")

    def doubtful(self, start_s: float, end_s: float) -> str:
        """Why the words of a passage may be wrong; empty where nobody doubts them."""
        return why_doubted(self.doubts, start_s, end_s)
