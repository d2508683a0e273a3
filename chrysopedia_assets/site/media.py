"""Where a video can be played: known by its address, or a file beside the site.

What belongs here: reading addresses, and the folder of links to files. What does not: players (`static/reading.js`).
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chrysopedia_assets.site.links import MEDIA, YOUTUBE_ID

YOUTUBE = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
SHORT = "youtu.be"
_PATHS = ("embed", "live", "shorts", "v")
"""youtube.com/embed/ID and the like."""


def youtube_id(url: str | None) -> str | None:
    """The 11 characters by which YouTube knows a video; None where the address is none of its."""
    try:
        parts = urlsplit(url or "")
        host = (parts.hostname or "").lower()
    except ValueError:  # brackets that are no address
        return None
    if parts.scheme not in ("http", "https"):
        return None
    steps = [step for step in parts.path.split("/") if step]
    found = ""
    if host == SHORT and steps:
        found = steps[0]
    elif host in YOUTUBE and len(steps) > 1 and steps[0] in _PATHS:
        found = steps[1]
    elif host in YOUTUBE:
        found = parse_qs(parts.query).get("v", [""])[0]
    return found if YOUTUBE_ID.fullmatch(found) else None


def link_media(out: Path, files: Mapping[str, Path]) -> None:
    """In the site's media folder, a link for each name to its file, and no other.

    Links, because a library is a thousand times the site: who publishes copies what they point at (`rsync -L`).
    """
    folder = out / MEDIA
    folder.mkdir(exist_ok=True)
    for one in folder.iterdir():
        if one.is_symlink() and one.name not in files:
            one.unlink()
    for name, target in files.items():
        link = folder / name
        if link.is_symlink() and link.readlink() != target:
            link.unlink()
        if not link.exists() and not link.is_symlink():
            link.symlink_to(target)
