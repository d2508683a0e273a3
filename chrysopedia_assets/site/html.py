"""HTML files that need nothing else: one look for all of them, in light and dark, on paper and on a phone.

What belongs here: how templates are found and escaped. What does not: what is on a page; each has its own template.
Everything that a model or a speaker has said is escaped by it.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).with_name("templates")


def environment(*folders: Path) -> Environment:
    """Templates of these folders and of this room."""
    return Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
