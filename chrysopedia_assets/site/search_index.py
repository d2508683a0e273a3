"""The search that runs in the reader's browser: Pagefind over the pages that stand in the site's folder.

Its index is divided into pieces named after their content: after a change most of them are the same, and stay as they are.
"""

import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pagefind.service import get_executable

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.site.build import replace_file
from chrysopedia_assets.site.links import SEARCH

ENTRY = "pagefind-entry.json"
"""Names the pieces: written when all of them are there."""
FOLDER = "pages"
PAGES = f"{FOLDER}/*.html"
KEPT_CHARACTERS = "-+#:./"
"""Parts of words in this field: -6, C#, 4:1, 0.5, Pro-Q."""
_INDEXED = re.compile(r"Indexed (\d+) pages?\b")


def is_indexed(out: Path) -> bool:
    """Whether no page has been written or removed since the index was made: each is a change of the folder that they are in.

    By the disk, so that a build that was killed before its pages were indexed, or could not index them, is noticed.
    """
    try:
        return (out / FOLDER).stat().st_mtime_ns <= (out / SEARCH / ENTRY).stat().st_mtime_ns
    except FileNotFoundError:
        return False


def index_pages(out: Path) -> int:
    """Make the index of the site's pages anew; returns how many are in it. Raises ConfigurationError.

    Where there are no pages there is no index: Pagefind refuses to make an empty one.
    """
    if not any(out.glob(PAGES)):
        shutil.rmtree(out / SEARCH, ignore_errors=True)
        return 0
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        pages = _run_pagefind(out, made)
        new = {
            path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()
        }
        for relative, path in sorted(new.items(), key=lambda item: item[0] == ENTRY):
            replace_file(out / SEARCH / relative, path.read_bytes())
        for path in (out / SEARCH).rglob("*"):
            if path.is_file() and path.relative_to(out / SEARCH).as_posix() not in new:
                path.unlink()
        (out / SEARCH / ENTRY).touch()  # also where it is the same as before
    return pages


def _run_pagefind(out: Path, made: Path) -> int:
    """The program itself: the package's own way to talk to it waits for ever when it dies."""
    program = get_executable()
    if program is None:
        raise _failed(out, f"there is no program for this machine ({platform.machine()})")
    # One language for all: a reader searches the whole library from whatever page is open.
    given = ["--glob", PAGES, "--force-language", "en", f"--include-characters={KEPT_CHARACTERS}"]
    command = [str(program), "--site", str(out), "--output-path", str(made), *given]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        raise _failed(out, str(error)) from error
    found = _INDEXED.search(done.stdout)
    if done.returncode or not found:
        raise _failed(out, (done.stderr or done.stdout).strip()[-500:])
    return int(found[1])


def _failed(out: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"Pagefind could not index the site: {why}",
        where=str(out),
        cure="The site can be read without its search. See whether the program runs here: python -m pagefind --version",
    )
