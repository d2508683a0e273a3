"""Pages of HTML that need nothing else, in a real browser: wide, on a phone, light and dark, on paper."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from chrysopedia_assets.site.overview import overview_html
from tests.browser.reading import A4_PX, CONTRAST
from tests.inspection.world import whole
from tests.site.test_inspection import hostile, page
from tests.site.test_overview import HOSTILE, empty, overview

PAGES: dict[str, Callable[[], str]] = {
    "inspection": lambda: page(whole()),
    "hostile inspection": lambda: page(hostile()),
    "overview": lambda: overview_html(overview()),
    "hostile overview": lambda: overview_html(overview(HOSTILE + "x" * 250)),
    "empty overview": lambda: overview_html(empty()),
}


@pytest.fixture(params=PAGES)
def html(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


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


def test_on_paper_it_is_light_and_fits_whatever_the_screen_is(opened: Page) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    opened.set_viewport_size({"width": A4_PX, "height": 1000})
    assert opened.evaluate("document.documentElement.scrollWidth") <= A4_PX
    assert opened.evaluate(CONTRAST) == []
    assert opened.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
