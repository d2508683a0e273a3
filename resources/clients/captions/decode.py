"""From bytes to text.

What belongs here: byte order marks, UTF-16 without one, broken UTF-8, Windows-1252, newlines.
What does not: what the text means.

Ten of the fifteen exceptions that the usual caption libraries raised over 532 files of this kind were only encodings.
"""

import codecs

from resources.clients.captions.raw import Notes

# UTF-32 before UTF-16: its little-endian mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 4096
_NOT_ASCII = bytes(range(128, 256))


def decode(raw: bytes, notes: Notes) -> str:
    """Total: every sequence of bytes gives a text. Newlines stay as they are."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _noting_damage(raw[len(mark) :], encoding, notes)
    if encoding_by_nuls := _utf16_without_mark(raw[:_SAMPLE_BYTES]):
        return _noting_damage(raw, encoding_by_nuls, notes)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_broken(raw, notes)


def with_line_feeds(text: str) -> str:
    """CRLF and lone CR as LF, as the WebVTT standard asks."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _noting_damage(raw: bytes, encoding: str, notes: Notes) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        notes.add(f"Bytes that are not {encoding.upper()} were replaced by U+FFFD")
        return raw.decode(encoding, "replace")


def _utf16_without_mark(sample: bytes) -> str | None:
    """In UTF-16 the digits and line ends of a transcript put a NUL in every second place, and in no other."""
    if len(sample) < 4:
        return None
    odd_share = sample[1::2].count(0) / (len(sample) // 2)
    even_share = sample[0::2].count(0) / (len(sample) // 2)
    if odd_share > 0.3 and even_share < 0.05:
        return "utf-16-le"
    if even_share > 0.3 and odd_share < 0.05:
        return "utf-16-be"
    return None


def _decode_broken(raw: bytes, notes: Notes) -> str:
    """Mostly good UTF-8 (whisper.cpp cuts characters in two) stays UTF-8; the rest is Windows-1252."""
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    foreign = len(text) - len(raw.translate(None, delete=_NOT_ASCII))
    if foreign > 2 * broken:
        notes.add("Bytes that are not UTF-8 were replaced by U+FFFD")
        return text
    notes.add("The file is not UTF-8; it was read as Windows-1252")
    return raw.decode("cp1252", "replace")
