"""SubRip as it is found in the wild: no standard, so everything that still says when is taken.

What belongs here: timing lines with dots or commas, numbers that lack or repeat, missing empty lines.
What does not: markup inside a cue (`cue_text`), order and overlaps (`tidy`).
A timing line that cannot be read is refused by its line: half of a transcript must not vanish quietly.
"""

import re
from collections.abc import Iterator, Sequence

from chrysopedia_assets.errors import InputRefused
from resources.clients.captions.decode import with_line_feeds
from resources.clients.captions.raw import Notes
from resources.clients.captions.webvtt import WITHOUT_TIMES, Cue

BEFORE_FIRST = "Text before the first timing line was left out"
_TIME = (
    r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:([.,])([0-9]{1,3}))?(?![0-9A-Za-z:]|[.,][0-9])"
)
_TIMING_LINE = re.compile(rf"[ \t]*{_TIME}[ \t]*--?>[ \t]*{_TIME}")
_BROKEN_TIMES = re.compile(r"[ \t]*(\S{1,40})[ \t]*-->[ \t]*(\S{0,40})")
_CLOCK = re.compile(r"[0-9]:|:[0-9]")
_NUMBER = re.compile(r"[ \t]*([0-9]{1,9})[ \t]*")


def first_timing(text: str) -> re.Match[str] | None:
    """The first timing line of a text with LF newlines; its group 4 is the decimal mark.

    Goes from arrow to arrow: a search for the whole pattern took half of the time of reading a large JSON file.
    """
    arrow = text.find("->")
    while arrow >= 0:
        found = _TIMING_LINE.match(text, text.rfind("\n", 0, arrow) + 1)
        if found is not None:
            return found
        line_end = text.find("\n", arrow)
        arrow = text.find("->", line_end) if line_end >= 0 else -1
    return None


def srt_cues(text: str, notes: Notes) -> Iterator[Cue]:
    """The cues in file order; refuses timing lines that cannot be read."""
    lines = with_line_feeds(text).split("\n")
    timed = [(index, times) for index, line in enumerate(lines) if (times := _times(line, index))]
    if not timed:
        return
    body, number = _without_number(lines[: timed[0][0]], None)
    _note_what_stands_before(body, notes)
    ends = [index for index, _ in timed[1:]] + [len(lines)]
    for (index, (start_s, end_s)), end in zip(timed, ends, strict=True):
        body, next_number = lines[index + 1 : end], None
        if end < len(lines):
            body, next_number = _without_number(body, number)
        body = _without_untimed_block(body, number, index + 1, notes)
        yield Cue(start_s, end_s, "\n".join(body).strip(), index + 1, str(number or ""))
        number = next_number


def _times(line: str, index: int) -> tuple[float, float] | None:
    if "->" not in line:
        return None
    found = _TIMING_LINE.match(line)
    times = None if found is None else (_seconds(found, 1), _seconds(found, 6))
    if times is not None and times[0] is not None and times[1] is not None:
        return times[0], times[1]
    if found is not None or _looks_like_times(line):
        raise InputRefused(
            f"the timing line {line.strip()[:80]!r} cannot be read",
            where=f"line {index + 1}",
            cure="Write it like 00:01:02,500 --> 00:01:04,000",
        )
    return None


def _looks_like_times(line: str) -> bool:
    """`00:00:1d.890 --> ...` meant a time; `File --> Export` did not."""
    found = _BROKEN_TIMES.match(line)
    return found is not None and any(_CLOCK.search(side) for side in found.groups())


def _seconds(found: re.Match[str], first_group: int) -> float | None:
    hours, minutes, whole_seconds, _, fraction = found.group(*range(first_group, first_group + 5))
    if int(minutes) > 59 or int(whole_seconds) > 59:
        return None
    thousandths = int((fraction or "0").ljust(3, "0"))
    return (
        int(hours or 0) * 3_600_000
        + int(minutes) * 60_000
        + int(whole_seconds) * 1000
        + thousandths
    ) / 1000


def _without_number(
    body: Sequence[str], number_before: int | None
) -> tuple[Sequence[str], int | None]:
    """Take off the number of the next cue, which stands right above its timing line.

    Without an empty line before it, digits are a number only if they count on: a cue may say "42".
    """
    found = _NUMBER.fullmatch(body[-1]) if body else None
    if found is None:
        return body, None
    number = int(found[1])
    apart = (len(body) > 1 and not body[-2].strip()) or (len(body) == 1 and number_before is None)
    if apart or (number_before is not None and number == number_before + 1):
        return body[:-1], number
    return body, None


def _without_untimed_block(
    body: Sequence[str], number: int | None, first_line: int, notes: Notes
) -> Sequence[str]:
    """Cut a numbered block that lost its timing line: nobody can say when its words were said."""
    for index in range(1, len(body) - 1):
        found = _NUMBER.fullmatch(body[index])
        if (
            found
            and number is not None
            and int(found[1]) == number + 1
            and not body[index - 1].strip()
        ):
            notes.add(WITHOUT_TIMES, f"line {first_line + index + 1}")
            return body[:index]
    return body


def _note_what_stands_before(body: Sequence[str], notes: Notes) -> None:
    for index, line in enumerate(body):
        if line.strip():
            notes.add(BEFORE_FIRST, f"line {index + 1}")
            return
