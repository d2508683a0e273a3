"""From a video file to the second that a browser plays: sound through the recogniser, pages, the site, a click."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.site.serving import site_app
from resources.database import open_database
from resources.observations import event_log
from resources.publishing import publish
from tests.browser.conftest import CHROMIUM_ARGS
from tests.clients.speech.sounds import Sound
from tests.pipeline.test_media import (  # noqa: F401 - fixtures
    VIDEO,
    kick,
    model,
    processed,
    spoken,
    take_in,
    transcript,
)

NOW = "document.querySelector('#player video').currentTime"


@contextlib.contextmanager
def served(out: Path) -> Iterator[str]:
    """As `chrysopedia site serve` does it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(site_app(out), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest.fixture
def site(instance: dg.DagsterInstance, model: Path, kick: Path) -> Path:  # noqa: F811
    take_in(instance)
    assert processed(instance).failed is None
    database = open_database()
    found = Staleness(instance, database).look()
    return publish(database, event_log(instance), found).out


def test_a_spoken_sentence_can_be_played_from_the_page_that_cites_it(
    site: Path,
    chromium: str,
    spoken: tuple[Sound, list[float]],  # noqa: F811
) -> None:
    # The browser's event loop begins here: Dagster has one of its own.
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.goto(f"{address}videos/{VIDEO}.html")
        page.locator("a[href*='pages/']").first.click()
        cite = page.locator(".text .cite").first
        cite.hover()
        said = page.get_by_role("tooltip")
        expect(said).to_be_visible()
        told = said.inner_text()
        at_s = next(s.start_s for s in transcript().segments if s.text in told)
        cite.click()
        expect(page.locator("#player")).to_be_visible()
        for _ in range(200):
            if page.evaluate(NOW) > at_s:
                break
            page.wait_for_timeout(50)
        assert at_s < page.evaluate(NOW) < at_s + 6
        browser.close()
    assert min(abs(at_s - s) for s in spoken[1]) < 0.3, "where espeak-ng really began"
