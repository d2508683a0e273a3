"""A reading site in a folder, served as `chrysopedia site serve` does, for as long as a module's tests last."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import uvicorn
from playwright.sync_api import Page

from chrysopedia_assets.site.search_index import index_pages
from chrysopedia_assets.site.serving import site_app

PATIENCE = 400
"""Looks at a player, 50 ms apart: a busy machine takes seconds to begin."""


def write_site(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    index_pages(folder)
    return folder


def make_video(path: Path, seconds: int = 20) -> None:
    """Grey that grows lighter, with a place to jump to each second, in a format that every browser plays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w") as file:
        stream = file.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 90, "yuv420p", 10
        for number in range(seconds * 10):
            grey = np.full((90, 160, 3), number % 256, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        file.mux(stream.encode())


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address, with a slash at its end."""
    server = uvicorn.Server(uvicorn.Config(site_app(folder), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


def plays_after(page: Page, second: float) -> float:
    """Waits until the page's player is past a second; without `eval`, which the site forbids."""
    for _ in range(PATIENCE):
        now: float = page.evaluate("document.querySelector('#player video').currentTime")
        if now > second:
            return now
        page.wait_for_timeout(50)
    raise AssertionError(f"at {now} s, not after {second} s")
