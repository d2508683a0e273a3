"""Where each page of the reading site lies: the one list of its files. All are relative to the site's folder.

Every link of the site is relative, so that it works from `file://`, at the root of a server and in a folder of one.
"""

from chrysopedia_assets.models.records import content_hash
from chrysopedia_assets.models.slugs import slug

INDEX = "index.html"
NOT_FOUND = "404.html"
STATIC = "static"
MEDIA = "media"
SEARCH = "pagefind"


def page(address: str) -> str:
    return f"pages/{address}.html"


def history(address: str) -> str:
    return f"history/{address}.html"


def video(video_id: str) -> str:
    return f"videos/{video_id}.html"


def creator(creator_key: str) -> str:
    return f"creators/{creator_key}.html"


def category(key: str) -> str:
    return f"categories/{_file_name(key)}.html"


def tag(key: str) -> str:
    return f"tags/{_file_name(key)}.html"


def _file_name(key: str) -> str:
    """The key itself where it is one; another taxonomy may hold anything, and two keys never share a file."""
    plain = slug(key)
    return plain if plain == key else f"{plain}-{content_hash(key)[:8]}".lstrip("-")
