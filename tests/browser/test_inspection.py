"""The inspector's page in a real browser: what can be done on it."""

import pytest
from playwright.sync_api import Page

from tests.inspection.world import whole
from tests.site.test_inspection import hostile, page


@pytest.fixture(params=["whole", "hostile"])
def html(request: pytest.FixtureRequest) -> str:
    return page(whole() if request.param == "whole" else hostile())


def test_a_mark_on_the_timeline_leads_to_its_moment(opened: Page) -> None:
    opened.locator(".marks a").nth(1).click()
    assert opened.url.endswith("#moment-2")
    assert opened.locator("#moment-2").evaluate("e => e.matches(':target')")
