"""HTML files that need nothing else: one look for all of them, in light and dark, on paper and on a phone.

What belongs here: how templates are found and escaped. What does not: what is on a page; each has its own template.
Everything that a model or a speaker has said is escaped by it.
"""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""What no HTML file may hold. Speech and titles may."""


def environment(*folders: Path) -> Environment:
    """Templates of these folders and of this room."""
    return Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_printable,
    )


def _printable(value: Any) -> Any:
    if not isinstance(value, str) or not _NO_CHARACTER.search(value):
        return value
    mended = _NO_CHARACTER.sub("\ufffd", value)
    return Markup(mended) if isinstance(value, Markup) else mended  # noqa: S704 - it was before
