"""The inspector's page in a real browser: wide, on a phone, light and dark, on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.reading import A4_PX, CONTRAST
from tests.inspection.world import whole
from tests.site.test_inspection import hostile, page


@pytest.fixture(params=["whole", "hostile"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = tmp_path / "inspection.html"
    file.write_text(page(whole() if request.param == "whole" else hostile()), "utf-8")
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


@pytest.mark.parametrize("width", [320, 380, 800, 1400])
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


def test_a_mark_on_the_timeline_leads_to_its_moment(opened: Page) -> None:
    opened.locator(".marks a").nth(1).click()
    assert opened.url.endswith("#moment-2")
    assert opened.locator("#moment-2").evaluate("e => e.matches(':target')")


def test_on_paper_it_is_light_and_fits_whatever_the_screen_is(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    opened.set_viewport_size({"width": A4_PX, "height": 1000})
    assert opened.evaluate("document.documentElement.scrollWidth") <= A4_PX
    assert opened.evaluate(CONTRAST) == []
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
