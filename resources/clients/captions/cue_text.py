"""What is said in a cue: the text without its markup, line by line and word by word.

What belongs here: the cue text rules of WebVTT (tags, timestamps, ruby, entities) and the looser ones of SubRip.
What does not: finding the cues (`webvtt`, `srt`) and taking out repetitions (`rolling`).
Source: https://www.w3.org/TR/webvtt1/#cue-text-parsing-rules
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

# ASCII digits only, exactly two or three of them: `\d` would take the digits of every script.
TIMESTAMP = r"([0-9]+):([0-9]{2})(?::([0-9]{2}))?\.([0-9]{3})(?![0-9])"
_TIMESTAMP = re.compile(TIMESTAMP)
_TAG_OR_TEXT = re.compile(r"<([^>]*)>?|[^<]+")
_TAG_NAME = re.compile(r"/.*|[^ \t\n\f.]*", re.DOTALL)
_DIGITS = frozenset("0123456789")
_ELEMENTS = frozenset({"c", "i", "b", "u", "v", "ruby", "lang"})
# html.unescape turns the digits into an int, and Python refuses more than 4,300 of them.
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,};?")
_LEADING_ZEROS = re.compile(r"&#0+(?=[0-9])")
_SUBRIP_MARKUP = re.compile(
    r"</?(?:b|i|u|s|c|v|font|span|ruby|rt|lang)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE
)
_SUBRIP_BREAK = re.compile(r"<br ?/?>|\\[Nh]", re.IGNORECASE)
_CLOSED_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_WORD_OR_SPACE = re.compile(r"\n|[^\S\n]+|\S+")


class Piece(NamedTuple):
    """A run of text after the timestamp `at_s`; None before the first one."""

    at_s: float | None
    text: str


class SpokenWord(NamedTuple):
    at_s: float | None
    text: str


Line = list[SpokenWord]


def webvtt_seconds(match: re.Match[str], first_group: int = 1) -> float | None:
    """Four groups of `TIMESTAMP` as seconds; None where the standard's "collect a timestamp" fails."""
    first, second, third, thousandths = match.group(*range(first_group, first_group + 4))
    if third is None:
        if len(first) != 2:  # anything but two digits means hours, and hours need all three parts
            return None
        first, second, third = "0", first, second
    if int(second) > 59 or int(third) > 59:
        return None
    # float, not int: of the hours there may be any number of digits.
    return (
        float(first) * 3_600_000 + int(second) * 60_000 + int(third) * 1000 + int(thousandths)
    ) / 1000


def webvtt_pieces(cue_text: str) -> Iterator[Piece]:
    """The text nodes of the cue, in order; a ruby reading stands in brackets after what it reads."""
    at_s: float | None = None
    open_elements: list[str] = []
    for token in _TAG_OR_TEXT.finditer(cue_text):
        tag = token[1]
        if tag is None:
            yield Piece(at_s, _unescaped(token[0]))
        elif tag[:1] in _DIGITS:
            stamp = _TIMESTAMP.fullmatch(tag)
            stamp_s = webvtt_seconds(stamp) if stamp else None
            at_s = at_s if stamp_s is None else stamp_s
        elif bracket := _bracket_of_ruby(_TAG_NAME.match(tag), open_elements):
            yield Piece(at_s, bracket)
    if "rt" in open_elements:
        yield Piece(at_s, ")")


def _bracket_of_ruby(name_match: re.Match[str] | None, open_elements: list[str]) -> str:
    """Keep the stack of open elements as the standard builds its tree; "(" and ")" where a reading begins and ends."""
    name = name_match[0] if name_match else ""
    innermost = open_elements[-1] if open_elements else ""
    if name in _ELEMENTS:
        open_elements.append(name)
    elif name == "rt" and innermost == "ruby":
        open_elements.append(name)
        return "("
    elif name == "/ruby" and innermost == "rt":
        del open_elements[-2:]
        return ")"
    elif innermost and name == f"/{innermost}":
        open_elements.pop()
        return ")" if innermost == "rt" else ""
    return ""


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", _LEADING_ZEROS.sub("&#", text)))


def subrip_pieces(cue_text: str) -> Iterator[Piece]:
    """Only what looks like markup is taken off: SubRip has no standard, and "<3" or "a < b" is text."""
    text = _SUBRIP_MARKUP.sub("", _SUBRIP_BREAK.sub(" ", cue_text))
    yield Piece(None, _CLOSED_REFERENCE.sub(lambda found: html.unescape(found[0]), text))


@dataclass(slots=True)
class _Speech:
    """Words are glued over tags that stand inside them: `kara<c>oke</c>` is one word."""

    lines: list[Line] = field(default_factory=lambda: [[]])
    _parts: list[str] = field(default_factory=list)
    _at_s: float | None = None

    def hear(self, piece: Piece) -> None:
        for run in _WORD_OR_SPACE.findall(piece.text):
            if run.isspace():
                self.end_word()
                if run == "\n":
                    self.lines.append([])
            else:
                if not self._parts:
                    self._at_s = piece.at_s
                self._parts.append(run)

    def end_word(self) -> None:
        if self._parts:
            self.lines[-1].append(SpokenWord(self._at_s, "".join(self._parts)))
            self._parts.clear()


def spoken_lines(pieces: Iterable[Piece]) -> list[Line]:
    """The lines that hold words; a word has the time of the timestamp before it."""
    speech = _Speech()
    for piece in pieces:
        speech.hear(piece)
    speech.end_word()
    return [line for line in speech.lines if line]
