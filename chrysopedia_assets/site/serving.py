"""Serves the site's folder on this machine: pages, search, and media files so that a player can jump in them.

What belongs here: HTTP. What does not: which address and port, and building (`cli/site.py`).
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
]
"""The last: asked for again, and answered by "not modified", so that a build shows at once."""


class SiteFiles(StaticFiles):
    """The folder as it is at each request. What begins with a dot is ours: what was built, and locks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]  # type: ignore[misc]
            await send(message)

        await super().__call__(scope, receive, with_headers)  # type: ignore[arg-type]

    def lookup_path(self, path: str) -> tuple[str, object]:  # type: ignore[override]
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            return "", None
        return super().lookup_path(path)


def site_app(out: Path) -> Starlette:
    """What is not there is answered with the folder's 404.html; media files are links."""
    return Starlette(routes=[Mount("/", SiteFiles(directory=out, html=True, follow_symlink=True))])
