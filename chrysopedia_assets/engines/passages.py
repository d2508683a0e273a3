"""What was said in a moment, word for word: where a cleaned sentence stands in it, and how it is quoted.

What belongs here: finding words again, leaving noise out of a quotation and saying so. What does not: cleaning, choosing.
What stands in quotation marks was said: in one piece, or in pieces between dots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chrysopedia_assets.engines.cleaning import cleaned
from chrysopedia_assets.engines.text import sentences
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.quotes import words_at

MAX_BETWEEN = 6
"""So many words that cleaning left out ("you know, like") are quoted along; more are sentences left out."""
MAX_SPREAD = 2.0
"""Cleaning leaves out a few words: a sentence whose words lie wider apart is not the one that was said."""
_NOISE = re.compile(r"(?:u+m+|u+h+|u+hm+|e+rm+|h+m+|mm+)")
_MARKS = re.compile(r"[\"“”„«»「」『』]")
_APOSTROPHES = ("'", "\u2019")
_AFTER = re.compile(r"[^\s\w.,;:!?…]*")
"""What belongs to the last word: the sign of "70%"."""
_ENDS = ".!?"
GAP = " … "


@dataclass(frozen=True)
class Sentence:
    """One that reads well by itself, and the places of its words among those that were said."""

    clean: str
    places: tuple[int, ...]


class Passage:
    """The speech of one moment."""

    def __init__(self, moment: KeyMoment) -> None:
        self.said = moment.transcript
        self._spans = words_at(self.said)
        self._words = [word for word, _, _ in self._spans]
        self.sentences = self._of(moment.summary) or self._of(self.said)
        """Those of the summary that were said, cleaned; of all that was said where the summary is somebody's retelling."""

    def _of(self, text: str) -> list[Sentence]:
        found: dict[str, Sentence] = {}
        after = 0
        for start, end in sentences(text):
            clean = cleaned(text[start:end])
            places = self._places(clean, after) or self._places(clean, 0)
            if clean and places:
                found.setdefault(clean, Sentence(clean, places))
                after = places[-1] + 1
        return list(found.values())

    def _places(self, clean: str, after: int) -> tuple[int, ...]:
        """Where the sentence's words are said, in order and closest together; empty where they are not."""
        wanted = [word for word, _, _ in words_at(clean)]
        limit = int(MAX_SPREAD * len(wanted)) + MAX_BETWEEN
        starts = (
            n for n in range(after, len(self._words)) if wanted and self._words[n] == wanted[0]
        )
        found = (self._from(wanted, n, n + limit) for n in starts)
        return min(filter(None, found), key=lambda p: (p[-1] - p[0], p[0]), default=())

    def _from(self, wanted: list[str], at: int, end: int) -> tuple[int, ...]:
        places = []
        for word in wanted:
            try:
                at = self._words.index(word, at, end) + 1
            except ValueError:
                return ()
            places.append(at - 1)
        return tuple(places)

    def quote(self, run: Sequence[Sentence]) -> str:
        """These sentences as they were said; dots where noise, a false start or more than a few words are left out."""
        places = sorted({place for sentence in run for place in sentence.places})
        text = GAP.join(self.said[a:b] for a, b in self._pieces(places))
        until = self._spans[places[-1]][2]
        after = _AFTER.match(self.said, until)
        text += after[0] if after else ""
        whole = without_marks(text + (run[-1].clean[-1] if run[-1].clean[-1] in _ENDS else ""))
        return whole[:1].upper() + whole[1:]

    def _pieces(self, places: list[int]) -> Iterator[tuple[int, int]]:
        start = places[0]
        for a, b in [*pairwise(places), (places[-1], None)]:
            if b is None or not self._goes_on(a, b):
                yield self._spans[start][1], self._spans[a][2]
                start = b or 0

    def _goes_on(self, a: int, b: int) -> bool:
        """Whether what lies between two words that are kept can be quoted along."""
        if self.said[self._spans[b][1] - 1] in _APOSTROPHES:
            return True  # "it" and "s" are one word
        between = self._words[a + 1 : b]
        stutter = bool(between) and (between[-1] == self._words[a] or between[0] == self._words[b])
        noise = any(_NOISE.fullmatch(word) for word in between)
        return len(between) <= MAX_BETWEEN and not stutter and not noise


def without_marks(text: str) -> str:
    """Speech in which nothing looks like a quotation: marks that a caption brought along would be taken for one."""
    return _MARKS.sub("'", text)
