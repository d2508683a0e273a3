"""Where each page of the reading site lies: the one list of its files. All are relative to the site's folder.

Every link of the site is relative, so that it works from `file://`, at the root of a server and in a folder of one.
"""

import re
from urllib.parse import quote, urlsplit

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.slugs import slug

INDEX = "index.html"
NOT_FOUND = "404.html"
CREATORS = "creators.html"
VIDEOS = "videos.html"
TAGS = "tags.html"
STATIC = "static"
MEDIA = "media"
SEARCH = "pagefind"

_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,198}[A-Za-z0-9_-])?")
_KEY = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
"""Names of devices on Windows, whatever comes after a dot."""
YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")


def page(address: str) -> str:
    return f"pages/{safe_name(address)}.html"


def history(address: str) -> str:
    return f"history/{safe_name(address)}.html"


def video(video_id: str) -> str:
    return f"videos/{safe_name(video_id)}.html"


def inspector(video_id: str) -> str:
    return f"inspector/{safe_name(video_id)}.html"


def creator(creator_key: str) -> str:
    return f"creators/{safe_name(creator_key)}.html"


def category(key: str) -> str:
    return f"categories/{_file_name(key)}.html"


def tag(key: str) -> str:
    return f"tags/{_file_name(key)}.html"


def root_of(name: str) -> str:
    """What leads from a file back to the site's folder."""
    return "../" * name.count("/")


def safe_name(name: str) -> str:
    """The name itself. Raises ConfigurationError where it could lie elsewhere than in its folder, or on no file system."""
    if _SAFE.fullmatch(name) and ".." not in name and not _RESERVED.fullmatch(name):
        return name
    raise ConfigurationError(
        f"{name[:100]!r} cannot be the name of a file of the site",
        cure="Names have letters, digits, hyphens, underscores and single dots. Take the video in anew under another name.",
    )


def youtube(video_id: str, at_s: float) -> str | None:
    """None where it is no name that YouTube gives."""
    if not YOUTUBE_ID.fullmatch(video_id):
        return None
    return f"https://www.youtube.com/watch?v={video_id}&t={int(at_s)}s"


def media(name: str) -> str | None:
    """A file of the media folder, as a link within the site; None where the name leads out of the folder."""
    if not name or name.startswith(".") or not name.isprintable() or set(name) & {"/", "\\"}:
        return None
    return f"{MEDIA}/{quote(name)}"


def source(url: str | None) -> str | None:
    """Where a video comes from, if a browser may be sent there: http and https alone, nobody's password in it."""
    if not url or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        is_fit = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        return None
    return url if is_fit else None


def _file_name(key: str) -> str:
    """The key itself where it is one; another taxonomy may hold anything, and two keys never share a file."""
    if _KEY.fullmatch(key) and len(key) <= 100 and not _RESERVED.fullmatch(key):
        return key
    return f"{slug(key)}-{content_hash(key)[:8]}".lstrip("-")
