"""WebVTT by the parser algorithm of the standard: a file with the signature always gives a list of cues.

What belongs here: signature, header, blocks, ids, timing lines. Settings, styles and regions are skipped.
What does not: what is said in a cue (`cue_text`), order and overlaps (`tidy`).
Source: https://www.w3.org/TR/webvtt1/#file-parsing
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chrysopedia_assets.errors import InputRefused
from resources.clients.captions.cue_text import TIMESTAMP, webvtt_seconds
from resources.clients.captions.decode import with_line_feeds
from resources.clients.captions.raw import Notes

UNREADABLE_TIMES = "Blocks whose timing line cannot be read were left out"
WITHOUT_TIMES = "Blocks without a timing line were left out"
_TIMING_LINE = re.compile(rf"[ \t\f]*{TIMESTAMP}[ \t\f]*-->[ \t\f]*{TIMESTAMP}")
_LINE_FEEDS = re.compile(r"\n*")
_LANGUAGE = re.compile(r"^Language:[ \t]*([A-Za-z0-9-]{2,35})[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cue:
    start_s: float
    end_s: float
    text: str
    """With its markup."""
    line: int
    """Of the timing line, from 1."""
    cue_id: str = ""


class _Lines:
    """The standard's "position", which can go back to the line before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.position, self.number = 0, 0
        """`number` counts the lines already read."""

    def at_end(self) -> bool:
        return self.position >= len(self._text)

    def next_line(self) -> tuple[str, bool]:
        """The line, and whether the file ends with it (without a line feed)."""
        end = self._text.find("\n", self.position)
        last = end < 0
        line = self._text[self.position : len(self._text) if last else end]
        self.position = len(self._text) if last else end + 1
        self.number += 1
        return line, last

    def go_back(self, position: int) -> None:
        self.position = position
        self.number -= 1

    def skip_empty(self) -> None:
        feeds = _LINE_FEEDS.match(self._text, self.position)
        assert feeds is not None
        self.position = feeds.end()
        self.number += len(feeds[0])


@dataclass(slots=True)
class _Block:
    """One "collect a WebVTT block": at most one cue comes out of it."""

    lines: _Lines
    in_header: bool
    seen_cue: bool
    notes: Notes
    cue_times: tuple[float, float, int] | None = None
    cue_id: str = ""
    seen_arrow: bool = False
    is_style: bool = False

    def collect(self) -> Cue | None:
        buffer: list[str] = []
        previous_position = self.lines.position
        first_number = self.lines.number + 1
        for line_count in itertools.count(1):
            line, last = self.lines.next_line()
            if "-->" in line:
                may_time = line_count == 1 or (line_count == 2 and not self.seen_arrow)
                if self.in_header or not may_time:
                    self.lines.go_back(previous_position)
                    break
                if self._take_times(line, "".join(buffer)):
                    buffer = []
            elif not line:
                break
            else:
                if line_count == 2 and self._is_definition(buffer):
                    self.is_style, buffer = True, []
                buffer.append(line)
            previous_position = self.lines.position
            if last:
                break
        return self._cue(buffer, first_number)

    def _take_times(self, line: str, cue_id: str) -> bool:
        self.seen_arrow = True
        times = _timing(line)
        if times is None:
            self.notes.add(UNREADABLE_TIMES, f"line {self.lines.number}")
            return False
        self.cue_times, self.cue_id = (*times, self.lines.number), cue_id
        return True

    def _is_definition(self, buffer: list[str]) -> bool:
        if self.in_header or self.seen_cue or self.seen_arrow or len(buffer) != 1:
            return False
        return buffer[0].rstrip(" \t\f") in ("STYLE", "REGION")

    def _cue(self, buffer: list[str], first_number: int) -> Cue | None:
        if self.cue_times is not None:
            start_s, end_s, number = self.cue_times
            return Cue(start_s, end_s, "\n".join(buffer), number, self.cue_id)
        words = "\n".join(buffer).split(maxsplit=1)
        is_text = bool(words) and words[0] not in ("NOTE", "STYLE", "REGION")
        is_number = len(words) == 1 and words[0].isdecimal()
        skipped = self.in_header or self.is_style or self.seen_arrow
        if is_text and not is_number and not skipped:
            self.notes.add(WITHOUT_TIMES, f"line {first_number}")
        return None


def _timing(line: str) -> tuple[float, float] | None:
    found = _TIMING_LINE.match(line)
    if found is None:
        return None
    start_s, end_s = webvtt_seconds(found, 1), webvtt_seconds(found, 5)
    return None if start_s is None or end_s is None else (start_s, end_s)


def webvtt_cues(text: str, notes: Notes) -> Iterator[Cue]:
    """The cues in file order; refuses a text without the signature, and nothing else."""
    text = with_line_feeds(text).replace("\0", "\ufffd")
    if not (text.startswith("WEBVTT") and text[6:7] in ("", " ", "\t", "\n")):
        raise InputRefused(
            "a WebVTT file has to begin with a line that says WEBVTT, and this one does not",
            where="line 1",
            cure='Put "WEBVTT" and an empty line in front, or rename it to .srt if it is SubRip',
        )
    lines = _Lines(text)
    _, last = lines.next_line()
    if last or lines.at_end():
        return
    if text[lines.position] != "\n":
        _Block(lines, in_header=True, seen_cue=False, notes=notes).collect()
    lines.skip_empty()
    seen_cue = False
    while not lines.at_end():
        cue = _Block(lines, in_header=False, seen_cue=seen_cue, notes=notes).collect()
        if cue is not None:
            seen_cue = True
            yield cue
        lines.skip_empty()


def webvtt_language(text: str) -> str | None:
    """What YouTube writes into the header: `Language: en`."""
    header, _, _ = with_line_feeds(text[:2000]).partition("\n\n")
    found = _LANGUAGE.search(header)
    return found[1] if found else None
