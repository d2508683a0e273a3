"""Names that a person can read and every file system can hold."""

import re
import unicodedata

MAX_SLUG = 80


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 80 characters; empty when nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_text.lower().replace("'", ""))
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word[:MAX_SLUG]
        if len(longer) > MAX_SLUG:
            break
        kept = longer
    return kept


def readable(name: str) -> str:
    """A file or folder name as a person would write it on one line: nothing unprintable, single spaces."""
    composed = unicodedata.normalize("NFC", name)  # some file systems decompose: one name, not two
    printable = (char if char.isprintable() else " " for char in composed)
    return " ".join("".join(printable).split())
