"""The overview in a real browser: wide, on a phone, light and dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from chrysopedia_assets.site.overview import overview_html
from tests.browser.reading import A4_PX, CONTRAST
from tests.site.test_overview import HOSTILE, empty, overview

PAGES = {
    "full": overview(),
    "long": overview(HOSTILE + "x" * 250),
    "empty": empty(),
}


@pytest.fixture(params=PAGES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = tmp_path / "overview.html"
    file.write_text(overview_html(PAGES[request.param]), "utf-8")
    return file.as_uri()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def opened(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    opened = browser.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if request.url != address else None)  # fmt: skip
    opened.goto(address)
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [320, 800, 1400])
def test_nothing_scrolls_sideways_and_nothing_complains(
    opened: Page, width: int, complaints: list[str]
) -> None:
    opened.set_viewport_size({"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(opened: Page, scheme: str) -> None:
    opened.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    assert opened.evaluate(CONTRAST) == []


def test_on_paper_it_is_light_and_fits_whatever_the_screen_is(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    opened.set_viewport_size({"width": A4_PX, "height": 1000})
    assert opened.evaluate("document.documentElement.scrollWidth") <= A4_PX
    assert opened.evaluate(CONTRAST) == []
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
