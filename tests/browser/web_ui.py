"""The web UI started as a program on a world of its own, asked through GraphQL, and visited in a real browser.

Belongs here: what every test in a browser needs. Does not: what they expect.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from resources.settings import PROJECT

CHRYSOPEDIA = Path(sys.executable).with_name("chrysopedia")
START_S = 60.0
LOOK_S = 30.0
RUN_S = 60.0
STOP_S = 20.0
POLL_S = 0.25

LOADED = """{ workspaceOrError { ... on Workspace {
  locationEntries { loadStatus locationOrLoadError { __typename } } } } }"""


def new_world(folder: Path, **settings: str) -> dict[str, str]:
    """An environment whose data, library and records are in the folder; `settings` add to it.

    What Dagster writes beside its settings stays out of the repository.
    """
    home = folder / "home"
    home.mkdir()
    shutil.copy(PROJECT / "dagster.yaml", home)
    others = {k: v for k, v in os.environ.items() if not k.startswith("CHRYSOPEDIA_")}
    return others | {
        "CHRYSOPEDIA_DATA_DIR": str(folder / "data"),
        "CHRYSOPEDIA_LIBRARY": str(folder / "library"),
        "DAGSTER_HOME": str(home),
        **settings,
    }


@dataclass(frozen=True)
class WebUI:
    """A running `chrysopedia ui`, and the environment that other commands share with it."""

    url: str
    environment: Mapping[str, str]

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """What the pages themselves ask with: GraphQL."""
        asked = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", asked, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=RUN_S) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        found: dict[str, Any] = answer["data"]
        return found


def until(what: str, ready: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(POLL_S)


def chrysopedia(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [CHRYSOPEDIA, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _processes_of_session(session: int) -> list[str]:
    """What still lives of everything that one `Popen(start_new_session=True)` led to."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "sess=,stat=,pid=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(maxsplit=3) for line in listed.stdout.splitlines())
    return [" ".join(row) for row in rows if row[0] == str(session) and row[1][0] != "Z"]


def _with_default_signals() -> None:
    """Pytest itself may have been started in the background of a script, where INT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[WebUI]:
    """`chrysopedia ui` in a session of its own; at the end INT as from Ctrl-C, which must leave nobody behind."""
    port = _free_port()
    with log.open("w") as output:
        server = subprocess.Popen(
            [CHRYSOPEDIA, "ui", "--port", str(port)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_with_default_signals,
        )
    try:
        ui = WebUI(f"http://127.0.0.1:{port}", environment)
        until("the UI answers", lambda: _ready(server, ui, log), START_S)
        yield ui
        os.killpg(server.pid, signal.SIGINT)
        server.wait(STOP_S)
        until("no process is left", lambda: not _processes_of_session(server.pid), STOP_S)
    finally:
        if _processes_of_session(server.pid):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(STOP_S)


def _ready(server: subprocess.Popen[bytes], ui: WebUI, log: Path) -> bool:
    """The pages answer and know the graph; fails at once if the server gave up or the definitions do not load."""
    assert server.poll() is None, log.read_text()
    try:
        [entry] = ui.ask(LOADED)["workspaceOrError"]["locationEntries"]
    except (urllib.error.URLError, TimeoutError):
        return False
    if entry["loadStatus"] != "LOADED":
        return False
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", log.read_text()
    return True


@contextmanager
def visit(browser: Browser, url: str) -> Iterator[Page]:
    """The page as somebody sees it who has never been there: nothing is remembered from another visit."""
    with browser.new_context(viewport={"width": 1600, "height": 1000}) as context:
        context.set_default_timeout(LOOK_S * 1000)
        page = context.new_page()
        # Dagster's own greeting covers the first page in a new home.
        greeting = page.get_by_role("button", name="Skip", exact=True)
        page.add_locator_handler(greeting, lambda found: found.click())
        page.goto(url)
        try:
            yield page
        except Exception as error:  # what was there instead tells more than what was not
            error.add_note(f"The page was {page.url}\n{page.locator('body').inner_text()}")
            raise
