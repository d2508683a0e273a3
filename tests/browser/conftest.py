"""A browser for every test that looks at pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import need

expect.set_options(timeout=20_000)  # of a busy machine; what holds is seen at once
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    need(found is not None, "Chromium (Debian: chromium)")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the page `opened` has said on its console, and what it has asked for beside itself."""
    return []


@pytest.fixture
def opened(browser: Browser, html: str, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    """The page that `html` of the test's module is, from a file."""
    file = tmp_path / "page.html"
    file.write_text(html, "utf-8")
    address = file.as_uri()
    opened = browser.new_page()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if request.url != address else None)  # fmt: skip
    opened.goto(address)
    yield opened
    opened.close()
