"""Plain tools over English speech: words, stems, sentences, fillers, units of measure.

What belongs here: functions that know nothing of a stage or of music. What does not: scores, titles, taxonomies.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from chrysopedia_assets.engines.lexicon import STOP_WORDS
from chrysopedia_assets.models.quotes import UNSPACED

# In scripts written without spaces a pair of neighbouring characters stands in for a word.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:[-'\u2019.&][^\W_{UNSPACED}]+)*%?")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_CONTRACTED = re.compile(r"(?:n['\u2019]t|['\u2019](?:s|re|ll|ve|d|m|t))$")

MAX_SENTENCE_CHARS = 300
"""Speech without full stops (captions made by machine) is cut here at the latest, so that a quote stays a quote."""

NUMBER = r"(?:(?:plus|minus|about|around)\s+)?[-+]?\d+(?:[.,:]\d+)*"
_UNITS = (
    r"(?:k?hz|hertz|kilohertz|khz|k|ms|milliseconds?|seconds?|minutes?|hours?|d[bB](?:fs|tp|\s?spl)?|decibels?|%|percent"
    r"|lufs|lu|bpm|bars?|beats?|semitones?|cents?|octaves?|voices?|bits?|times|x|steps?|samples?|st|oct"
    r"|kb|mb|gb|lines?|degrees?|to\s+(?:1|one)|of)\b|(?<=\d)%"
)
_SPELLED = (
    r"(?:one(?!\s+second\b)|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand)"
)
_SPELLED_UNITS = r"(?:hertz|kilohertz|milliseconds?|seconds?|d[bB]|decibels?|percent|semitones?|cents?|octaves?|to\s+one)\b"
VALUE = re.compile(
    rf"(?<![\w.]){NUMBER}(?:\s*(?:-|to|or|and)\s*{NUMBER})?\s*(?:{_UNITS})|(?<![\w.])[-+]?\d+(?:\.\d+)?\s?%"
    rf"|\b(?:at|to|about|around|minus|plus|below|above|of)\s+[-+]?\d+(?:[.,]\d+)*\b"
    rf"|\b(?:(?:plus|minus|about|around)\s+)?{_SPELLED}(?:[\s-]+(?:and\s+|point\s+|a\s+)?{_SPELLED})*\s+{_SPELLED_UNITS}",
    re.IGNORECASE,
)
"""A number that sets something: with a unit, which a number in words needs, or after a word such as "at"."""


def tokens(text: str) -> list[str]:
    """Words as spoken, punctuation gone; single characters in scripts without spaces."""
    return _WORD.findall(text)


def plain(word: str) -> str:
    """Lower case without a contraction's tail: "Reverb's" is "reverb"."""
    folded = word.casefold().replace("\u2019", "'")
    return _CONTRACTED.sub("", folded) if "'" in folded else folded


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut common English endings, so that "compressing" and "compressor" meet; at least four letters stay."""
    # Only of a whole word: "tension" once became "tens" and then "ten".
    plural = len(word) == 4 and word.endswith("s") and not word.endswith(("ss", "us"))
    found = word[:-1] if plural else word
    while (shorter := _shortened(found)) != found:
        found = shorter
    return found


_ENDINGS = ("ation", "ing", "ion", "ies", "or", "er", "ed", "es", "ly", "s", "e")


def _shortened(word: str) -> str:
    for ending in _ENDINGS:
        if (
            word.endswith(ending)
            and len(word) - len(ending) >= 4
            and not word.endswith(("ss", "us"))
        ):
            cut = word[: -len(ending)]
            doubled = ending in ("ing", "ed", "er") and cut[-1] == cut[-2] and len(cut) > 4
            return cut[:-1] if doubled and cut[-1] not in "ls" else cut
    return word


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning; pairs of characters in scripts without spaces."""
    return list(_stems(tokens(text)))


def _stems(words: list[str]) -> Iterator[str]:
    before = ""
    for word in words:
        if _IS_UNSPACED.match(word):
            if before:
                yield before + word
            before = word
            continue
        before = ""
        bare = plain(word)
        if len(bare) > 1 and bare not in STOP_WORDS and not bare[0].isdigit():
            yield stem(bare)


_SENTENCE_END = re.compile(
    r"(?:(?<!\d)[.!?…]+|(?<=\d)[.!?…]+(?!\s+[a-z]))[\"')\]]*(?=\s|$)|[\u3002\uff01\uff1f]+"
)


def sentences(text: str, cuts: tuple[int, ...] = ()) -> list[tuple[int, int]]:
    """Spans of sentence-like units, trimmed, in order; `cuts` are good places to break speech without full stops."""
    spans = []
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        spans += [_trimmed(text, a, b) for a, b in _bounded(text, start, end, cuts)]
        start = end
    return [(a, b) for a, b in spans if a < b]


def _bounded(text: str, start: int, end: int, cuts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    while end - start > MAX_SENTENCE_CHARS:
        cut = _cut(text, start, cuts)
        yield start, cut
        start = cut
    yield start, end


_OPENER = re.compile(
    r"(?<=\s)(?:and|so|but|because|now|then|if|when|okay|which|or)\s(?!(?:that|far|much)\b)",
    re.IGNORECASE,
)


def _cut(text: str, start: int, cuts: tuple[int, ...]) -> int:
    """Best place to break within the next `MAX_SENTENCE_CHARS`: before "so" and the like where a segment begins, or
    anywhere; a border of segments, a comma, a space, anywhere."""
    latest, earliest = start + MAX_SENTENCE_CHARS, start + MAX_SENTENCE_CHARS // 3
    at_border = [cut for cut in cuts if earliest <= cut <= latest]
    openers = [match.start() for match in _OPENER.finditer(text, earliest, latest)]
    both = set(openers).intersection(at_border)
    places = (
        max(both, default=-1),
        max(openers, default=-1),
        at_border[-1] if at_border else -1,
        text.rfind(", ", earliest, latest) + 1,
        text.rfind(" ", earliest, latest),
    )
    return next((place for place in places if place >= earliest), latest)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
