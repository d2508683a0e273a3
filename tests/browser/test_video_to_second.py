"""From a video file to the second that a browser plays: sound through the recogniser, pages, the site, a click."""

from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import expect, sync_playwright

from chrysopedia_assets.automation.staleness import Staleness
from resources.database import open_database
from resources.observations import event_log
from resources.publishing import publish
from tests.browser.conftest import CHROMIUM_ARGS
from tests.browser.site_server import plays_after, serving
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
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        page = browser.new_page()
        page.goto(f"{address}videos/{VIDEO}.html")
        page.locator("a[href*='pages/']").first.click()
        page.wait_for_url(
            "**/pages/*.html"
        )  # with its scripts: a pointer that rests does not come in again
        cite = page.locator(".text .cite").first
        cite.hover()
        said = page.get_by_role("tooltip")
        expect(said).to_be_visible()
        told = said.inner_text()
        at_s = next(s.start_s for s in transcript().segments if s.text in told)
        cite.click()
        expect(page.locator("#player")).to_be_visible()
        assert plays_after(page, at_s) < at_s + 6
        browser.close()
    assert min(abs(at_s - s) for s in spoken[1]) < 0.3, "where espeak-ng really began"
