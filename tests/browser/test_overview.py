"""The overview in a real browser: wide, on a phone, light and dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from chrysopedia_assets.site.overview import overview_html
from tests.browser.reading import CONTRAST
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


def test_it_can_be_printed(opened: Page) -> None:
    assert opened.pdf().startswith(b"%PDF")
