"""One spelling for every text that comes out of a file.

What belongs here: characters nobody says and nobody sees, white space, Unicode normal form.
What does not: markup of a format (each parser takes off its own).
"""

import re
import unicodedata

# The escape sequences of terminals, with their letters: whisper's coloured output ends up in files.
_TERMINAL_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    "|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?"  # window titles and links
)
# Unseen, and a way to show one text and mean another: controls that are no white space, direction overrides,
# zero-width marks that join nothing, tag letters, halves of surrogate pairs.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARK_RUN = re.compile(r"[^\w\x00-\x7f]{31,}")
_MARKS_KEPT = 30
"""The limit of Unicode's stream-safe format. Normalising sorts the marks over one letter in quadratic time:
a letter under 200,000 accents held the process for minutes."""


def clean_text(text: str) -> str:
    """In one line, in NFC, without the unseen; white space of any kind is one space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _UNSEEN.sub("", _TERMINAL_ESCAPES.sub("", text))
    text = _MARK_RUN.sub(_within_limit, text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def _within_limit(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_KEPT:
            kept.append(character)
    return "".join(kept)
