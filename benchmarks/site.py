"""How long the reading site takes to be written, whole and after one page has changed, and how much a browser loads of it.

The pages are those of the bundled samples, again and again under other names until there are enough. Times are of whole
commands. Bytes are what a real browser gets: compressed, as every web server sends text.
"""

import json
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.freshness import environment_of
from benchmarks.report import Figure, arguments, print_figures

PAGES, MANY = 1_000, 10_000
CHRYSOPEDIA = Path(sys.executable).with_name("chrysopedia")
CHROMIUM = "/usr/bin/chromium"
QUERY = "compressor"
SETTLES_MS = 3_000


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--pages", type=int, default=PAGES, help="of the site that is timed")
    parser.add_argument("--many", type=int, default=MANY, help="pages of the one that is searched")
    parser.add_argument(
        "--mkdocs", type=Path, help="mkdocs, with the theme Material, to compare with"
    )
    parser.add_argument("--fill", type=int, help=SUPPRESS)  # in this process, so many pages
    parser.add_argument("--change", action="store_true", help=SUPPRESS)  # in this process, one page
    parser.add_argument("--markdown", type=Path, help=SUPPRESS)  # in this process, all pages
    given = parser.parse_args()
    if given.fill:
        _fill(given.fill)
    elif given.change:
        _change()
    elif given.markdown:
        _write_markdown(given.markdown)
    else:
        figures = _timed(given.pages, given.mkdocs)
        if given.many:
            figures |= _searched(given.many)
        print_figures(figures, given.json)


def _timed(pages: int, mkdocs: Path | None) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as name:
        own, site = _filled(Path(name), pages)
        cold_s = _build(own)
        nothing_s = _build(own)
        before = _bytes_by_file(site)
        _here(own, "--change")
        one_s = _build(own)
        after = _bytes_by_file(site)
        touched = [path for path in after if before.get(path) != after[path]]
        figures = {
            f"build_{pages}_pages_s": Figure(cold_s, "s", "the whole command, search included"),
            "rebuild_one_page_s": Figure(one_s, "s", "one page of one video has changed"),
            "rebuild_nothing_s": Figure(nothing_s, "s", "nothing has changed"),
            "rebuild_over_build": Figure(one_s / cold_s, "ratio"),
            "pages_touched": Figure(
                sum(path.parts[0] == "pages" for path in touched), "files", "by that change"
            ),
            "files_touched": Figure(len(touched), "files", f"of {len(after)}, search included"),
        }
        if mkdocs:
            theirs_s = _mkdocs(mkdocs, own, Path(name) / "mkdocs")
            figures |= {
                f"mkdocs_{pages}_pages_s": Figure(theirs_s, "s", "Material, the same pages"),
                "build_over_mkdocs": Figure(cold_s / theirs_s, "ratio"),
            }
    return figures


def _searched(pages: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as name:
        own, site = _filled(Path(name), pages)
        built_s = _build(own)
        first, found = _loaded_by_a_browser(site)
    note = f"of {pages} pages"
    return {
        f"build_{pages}_pages_s": Figure(built_s, "s"),
        "bytes_before_first_query": Figure(
            first, "bytes", f"{note}: the first page and the search, ready"
        ),
        "bytes_until_first_result": Figure(
            found, "bytes", f"{note}: and the first results for “{QUERY}”"
        ),
    }


def _filled(folder: Path, pages: int) -> tuple[dict[str, str], Path]:
    own = environment_of(folder, None)
    own["CHRYSOPEDIA_SITE_DIR"] = str(folder / "site")
    own |= {"CHRYSOPEDIA_TAXONOMY": "", "CHRYSOPEDIA_PROMPTS": ""}
    subprocess.run([CHRYSOPEDIA, "demo"], env=own, check=True, stdout=subprocess.DEVNULL)
    _here(own, "--fill", str(pages))
    return own, folder / "site"


def _here(own: dict[str, str], *given: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.site", *given], env=own, check=True)


def _build(own: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([CHRYSOPEDIA, "site", "build"], env=own, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def _bytes_by_file(site: Path) -> dict[Path, bytes]:
    files = (path for path in site.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(site): path.read_bytes() for path in files}


def _mkdocs(program: Path, own: dict[str, str], folder: Path) -> float:
    _here(own, "--markdown", str(folder / "docs"))
    (folder / "mkdocs.yml").write_text("site_name: Chrysopedia\ntheme: {name: material}\n")
    started = time.perf_counter()
    subprocess.run([program, "build", "--quiet"], cwd=folder, check=True)
    return time.perf_counter() - started


def _loaded_by_a_browser(site: Path) -> tuple[int, int]:
    """Bytes on the wire until the search is ready for its first query, and until its first results are there."""
    from playwright.sync_api import sync_playwright
    from starlette.middleware.gzip import GZipMiddleware

    from chrysopedia_assets.site.serving import site_app

    app = site_app(site)
    app.add_middleware(GZipMiddleware, minimum_size=500)
    sent = Sent(app)
    with _serving(sent) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(address, wait_until="networkidle")
        page.focus("#q")
        page.wait_for_timeout(SETTLES_MS)
        first = sent.bytes
        page.fill("#q", QUERY)
        page.wait_for_selector("#found li a")
        page.wait_for_timeout(SETTLES_MS)
        browser.close()
    return first, sent.bytes


class Sent:
    """Counts what a server sends. A browser's own count leaves out what workers load, and the search is one."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.bytes = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def counting(message: Any) -> None:
            self.bytes += len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, counting)


def _serving(app: Any) -> Any:
    import socket
    import threading
    from contextlib import contextmanager

    import uvicorn

    @contextmanager
    def serving() -> Iterator[str]:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
            server.should_exit = True
            thread.join()

    return serving()


# --- in a process of its own


def _fill(pages: int) -> None:
    """Records of the samples, stored again as other videos of other creators."""
    from dataclasses import replace

    from chrysopedia_assets.models.records import STAGES
    from resources.database import open_database
    from resources.store.records import RECORDS, load, save
    from resources.store.videos import list_videos, put_video

    database = open_database()
    with database.reading() as connection:
        entries = list_videos(connection)
        records = {
            entry.video.video_id: [(s, load(connection, s, entry.video.video_id)) for s in STAGES]
            for entry in entries
        }
    there = sum(len(of_video[-1][1].pages) for of_video in records.values())  # type: ignore[attr-defined,misc]
    number = 0
    while there < pages:
        number += 1
        entry = entries[number % len(entries)]
        old, new = entry.video.video_id, f"{entry.video.video_id}-{number:05}"
        video = entry.video.model_copy(
            update={
                "video_id": new,
                "title": f"{entry.video.title} {number}",
                "creator": f"{entry.video.creator} {number % 50}",
            }
        )
        copy = replace(
            entry, video=video, source_path=f"/nowhere/{number}", source_hash=f"{number}"
        )
        with database.writing(lock="benchmark") as connection:
            put_video(connection, copy)
            for stage, record in records[old]:
                text = record.model_dump_json().replace(old, new)
                made = RECORDS[stage].model_validate_json(text)
                save(connection, stage, made.model_copy(update={"video": video}), None)
        there += len(made.pages)  # type: ignore[attr-defined]


def _change() -> None:
    """As if a page had been written anew: another sentence in its first section."""
    from chrysopedia_assets.models.technique_pages import TechniquePages
    from resources.database import open_database
    from resources.store.pages import list_pages
    from resources.store.records import load, save

    with open_database().writing(lock="benchmark") as connection:
        video_id = list_pages(connection)[-1]["video"]
        record = load(connection, "technique_pages", video_id)
        told = json.loads(record.model_dump_json())
        told["pages"][0]["sections"][0]["body"] += " And one more thing."
        save(connection, "technique_pages", TechniquePages.model_validate(told), None)


def _write_markdown(folder: Path) -> None:
    from typing import cast

    from chrysopedia_assets.models.technique_pages import TechniquePages
    from chrysopedia_assets.site.pages import page_markdown
    from resources.database import open_database
    from resources.store.records import load
    from resources.store.videos import list_videos

    folder.mkdir(parents=True)
    (folder / "index.md").write_text("# Pages\n")
    with open_database().reading() as connection:
        for entry in list_videos(connection):
            record = cast(TechniquePages, load(connection, "technique_pages", entry.video.video_id))
            for page in record.pages:
                text = page_markdown(page, record.video, record.made_by)
                (folder / f"{page.page_id}.md").write_text(text)


if __name__ == "__main__":
    main()
