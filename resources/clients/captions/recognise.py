"""What kind of file a text is, by what stands in it.

What belongs here: the signs of the formats that are read and of those that are only named in the refusal.
What does not: parsing. The ending decides only where the content does not.
"""

import re
from typing import Literal

from chrysopedia_assets.errors import InputRefused
from resources.clients.captions.srt import first_timing
from resources.clients.captions.whisper_json import WITHOUT_TIMES

Family = Literal["webvtt", "srt", "json"]

_CONVERT = "Convert it to .srt or .vtt, or export the captions in one of these"
_FOREIGN: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "SBV (YouTube's old captions)",
        re.compile(r"^[0-9]+:[0-9]{2}:[0-9]{2}\.[0-9]{3},[0-9]+:[0-9]", re.MULTILINE),
    ),
    ("Advanced SubStation Alpha", re.compile(r"\[Script Info\]", re.IGNORECASE)),
    ("LRC (song lyrics)", re.compile(r"\[[0-9]{1,3}:[0-9]{2}")),
    ("MicroDVD", re.compile(r"\{[0-9]+\}\{[0-9]+\}")),
    ("an HTML page", re.compile(r"<(?:!doctype html|html|head|body|cite|p|div)\b", re.IGNORECASE)),
    ("TTML", re.compile(r"(?:<\?xml[^>]*>\s*)?<(?:\w{1,8}:)?tt\b")),
    ("an XML file", re.compile(r"<\?xml\b|<transcript\b|<timedtext\b")),
    ("a PDF", re.compile(r"%PDF-")),
    ("RTF", re.compile(r"\{\\rtf")),
)
_CONTROLS = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_SAMPLE_CHARACTERS = 4096


def recognise(text: str, suffix: str) -> Family:
    """`text` has LF newlines. Raises `InputRefused` that names the format, or says what is missing."""
    start = text[:_SAMPLE_CHARACTERS].lstrip()
    if text.startswith("WEBVTT"):
        return "webvtt"
    if not text.strip(" \t\n\f\v\0\ufeff"):
        raise InputRefused("the file is empty", cure="Export or download the transcript again")
    if timing := first_timing(text):
        # Dots in a .vtt: a WebVTT file that lost its signature, which no player takes either.
        return "webvtt" if suffix == ".vtt" and timing[4] != "," else "srt"
    if name := next((name for name, sign in _FOREIGN if sign.match(start)), None):
        raise InputRefused(f"it is {name}, which is not read", cure=_CONVERT)
    if start.startswith(("{", "[")) or suffix in (".json", ".json3"):
        return "json"
    if suffix == ".vtt":
        return "webvtt"
    if len(_CONTROLS.findall(start)) * 20 > len(start):
        raise InputRefused("it is no text file", cure="Give a transcript (.json, .vtt, .srt)")
    raise InputRefused(WITHOUT_TIMES[0], cure=WITHOUT_TIMES[1])
