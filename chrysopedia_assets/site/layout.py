"""What every page of the reading site has: its frame, its style and its scripts.

What belongs here: templates and static files. What does not: what stands on a page of each kind.
"""

from functools import lru_cache
from typing import Any

from jinja2 import Environment

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.site import links
from chrysopedia_assets.site.html import TEMPLATES, environment
from chrysopedia_assets.site.markdown import plain_text

_FOLDER = TEMPLATES.with_name("static")


def page_of_site(template: str, file: str, /, **shown: Any) -> str:
    """The text of the file of this name: what is shown is escaped, and the file is the same for the same content."""
    shown.setdefault("root", links.root_of(file))
    return _environment().get_template(f"reading/{template}").render(shown)


def static_files() -> dict[str, bytes]:
    """By name. They are the same for every library."""
    files = {f"{links.STATIC}/{file.name}": file.read_bytes() for file in sorted(_FOLDER.iterdir())}
    style = _environment().get_template("reading/site.css").render()
    return {**files, f"{links.STATIC}/site.css": style.encode()}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = environment()
    made.auto_reload = False  # a look at the disk for every page of thousands
    made.globals.update(clock=clock, links=links, length=_length)
    made.filters.update(plain=plain_text)
    return made


def _length(seconds: float) -> str:
    """As one says it: `38 s`, `16 min`, `4 h 05 min`."""
    if seconds < 60:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
