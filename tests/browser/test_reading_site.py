"""The reading site in a real browser: reading, playing what is cited, searching, and that nothing hostile comes alive."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from chrysopedia_assets.site.content import Media
from chrysopedia_assets.site.layout import static_files
from tests.browser.reading import A4_PX, CONTRAST
from tests.browser.site_server import make_video, plays_after, serving, write_site
from tests.site.history_world import history_files
from tests.site.reading_world import PLANTED, all_files, hostile, naughty, site

PAGE = "pages/ann--kick--mud.html"
ON_YOUTUBE = "pages/bo--mix--mud.html"
NOWHERE = "pages/cy--pad--mud.html"
KINDS = (
    *(
        "index.html",
        PAGE,
        "pages/ann--kick--top.html",
        "videos/ann--kick.html",
        "creators/ann.html",
    ),
    *("categories/mixing.html", "categories/synthesis.html", "tags/eq.html"),
    *("creators.html", "videos.html", "tags.html", "404.html"),
)
BESIDE = ("history/ann--kick--mud.html", "pages/ann--kick--gone.html")
"""What nothing links to while every page is as it was first written."""
OF_A_KIND = ("index.html", PAGE, "videos/ann--kick.html", "creators/ann.html", "categories/mixing.html")  # fmt: skip
OURS = re.compile(r"http://127\.0\.0\.1:\d+/|file:|about:")
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_site(tmp_path_factory.mktemp("site"), all_files() | history_files())
    make_video(folder / "media" / "kick 1.webm")
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


@pytest.fixture
def opened(browser: Browser, address: str, complaints: list[str]) -> Iterator[Opened]:
    """Opens a page of the site; what it asks of others, or complains of, fails the test."""
    contexts = []

    def open_one(name: str = PAGE, **how: Any) -> Page:
        context = browser.new_context(**how)
        contexts.append(context)
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("request", lambda request: complaints.append(request.url) if not OURS.match(request.url) else None)  # fmt: skip
        page = context.new_page()
        page.goto(name if ":" in name else address + name)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def nth_cite(page: Page, number: int) -> Any:
    return page.locator(".text .cite").nth(number)


# A citation is a time ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["http", "file"])
def test_a_citation_plays_the_second_at_which_it_is_said(
    opened: Opened, folder: Path, how: str
) -> None:
    page = opened((folder / PAGE).as_uri() if how == "file" else PAGE)
    assert page.locator("video").count() == 0, "who only reads asks for no video"
    nth_cite(page, 1).click()
    expect(page.locator("#player")).to_be_visible()
    assert plays_after(page, 8.1) < 12
    expect(page.locator(".now-playing")).to_have_text("0:08 Slow compressor")
    expect(page.locator(".passage").nth(1)).to_have_class(re.compile("now"))
    assert page.url.endswith("mud.html"), "nobody has left the page"


def test_the_player_goes_from_passage_to_passage_and_away(opened: Opened) -> None:
    page = opened()
    page.locator("a.time").first.click()
    plays_after(page, 4)
    page.get_by_label("Next passage").click()
    plays_after(page, 8)
    page.get_by_label("Close the player").click()
    expect(page.locator("#player")).to_be_hidden()
    assert page.evaluate("document.querySelector('#player video').paused")


def test_a_file_that_no_browser_plays_is_said_to_be_one(
    browser: Browser, address: str, folder: Path
) -> None:
    page = browser.new_page()
    page.route("**/media/*", lambda route: route.fulfill(body="no video", content_type="video/webm"))  # fmt: skip
    page.goto(address + PAGE)
    nth_cite(page, 0).click()
    expect(page.locator("#player .failed")).to_contain_text("cannot play the file")
    page.close()


def test_a_video_on_youtube_opens_there_and_what_is_nowhere_leads_to_its_words(
    opened: Opened, browser: Browser, address: str
) -> None:
    page = opened(ON_YOUTUBE)
    link = nth_cite(page, 0)
    assert link.get_attribute("href") == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4s"
    assert link.get_attribute("target") == "_blank"
    assert page.locator("#player").count() == 0
    page.goto(address + NOWHERE)
    nth_cite(page, 1).click()
    assert page.url.endswith("#moment-2")
    expect(page.locator("#moment-2")).to_be_in_viewport()


def test_the_words_are_shown_to_a_pointer_that_rests_on_a_number(opened: Opened) -> None:
    page = opened()
    spoken = page.locator("#spoken")
    expect(spoken).to_be_hidden()
    nth_cite(page, 1).hover()
    expect(spoken).to_contain_text("Then, um, a slow compressor after the saturation.")
    expect(spoken).to_contain_text("Perhaps misheard")
    spoken.hover()
    page.wait_for_timeout(400)
    expect(spoken).to_be_visible()
    page.mouse.move(5, 300)
    expect(spoken).to_be_hidden()


def test_the_words_are_shown_to_who_has_no_pointer(opened: Opened) -> None:
    page = opened()
    nth_cite(page, 0).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    spoken = page.locator("#spoken")
    expect(spoken).to_contain_text("I cut 3 dB at 300 hertz, because that is where the mud is.")
    expect(nth_cite(page, 0)).to_have_attribute("aria-describedby", "spoken")
    page.keyboard.press("Escape")
    expect(spoken).to_be_hidden()
    expect(nth_cite(page, 0)).to_be_focused()
    page.keyboard.press("Enter")
    plays_after(page, 4)


@pytest.mark.parametrize("name", [PAGE, ON_YOUTUBE, NOWHERE])
def test_a_finger_sees_the_words_first(opened: Opened, name: str) -> None:
    page = opened(name, has_touch=True, viewport={"width": 390, "height": 800})
    nth_cite(page, 0).tap()
    expect(page.locator("#spoken")).to_contain_text("I cut 3 dB at 300 hertz")
    expect(page.locator("#spoken")).to_be_in_viewport(ratio=1)
    assert page.url.endswith("mud.html")
    if name == PAGE:
        plays_after(page, 4)
    page.locator("h1").tap()
    expect(page.locator("#spoken")).to_be_hidden()


def test_without_scripts_all_can_be_read_and_played(opened: Opened) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator("#q")).to_be_hidden()
    assert nth_cite(page, 1).get_attribute("href") == "../media/kick%201.webm#t=8"
    words = page.locator(".words").nth(1)
    expect(words).to_be_hidden()
    page.locator("summary").nth(1).click()
    expect(words).to_have_text("Then, um, a slow compressor after the saturation.")
    page.locator(".toc a").nth(2).click()
    expect(page.locator("#s-order")).to_be_in_viewport()


# Look --------------------------------------------------------------------------------------------


def test_light_and_dark_are_chosen_and_remembered(opened: Opened, address: str) -> None:
    page = opened(color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(251, 250, 247)"
    page.locator("#theme").click()
    assert page.evaluate(background) == "rgb(22, 24, 27)"
    page.goto(address + "index.html")
    assert page.evaluate(background) == "rgb(22, 24, 27)"
    page.locator("#theme").click()
    assert page.evaluate(background) == "rgb(251, 250, 247)"
    assert opened(color_scheme="dark").evaluate(background) == "rgb(22, 24, 27)"


def test_from_a_file_the_theme_can_be_changed(opened: Opened, folder: Path) -> None:
    page = opened((folder / PAGE).as_uri(), color_scheme="light")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"


def test_nothing_scrolls_sideways(opened: Opened, address: str) -> None:
    page = opened()
    for name in (*KINDS, *BESIDE):
        page.goto(address + name)
        for width in (1400, 800, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


def test_every_page_is_accessible_and_every_text_can_be_read(opened: Opened, address: str) -> None:
    page = opened(reduced_motion="reduce")
    for name in (*KINDS, *BESIDE):
        page.goto(address + name)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(CONTRAST) == [], (name, scheme)
        if name in (*OF_A_KIND, *BESIDE):
            assert violations(page) == [], name


def test_what_opens_is_accessible_too(opened: Opened) -> None:
    page = opened(reduced_motion="reduce")
    nth_cite(page, 1).click()
    plays_after(page, 8)
    page.mouse.move(5, 300)
    nth_cite(page, 1).hover()
    expect(page.locator("#spoken")).to_be_visible()
    assert violations(page) == [] == page.evaluate(CONTRAST)
    search(page, "compressor")
    assert violations(page) == [] == page.evaluate(CONTRAST)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:150]}" for one in found for node in one["nodes"]]


def test_on_paper_it_is_light_whole_and_without_menus(opened: Opened, address: str) -> None:
    page = opened(color_scheme="light", viewport={"width": A4_PX, "height": 1000})
    page.locator("#theme").click()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
    expect(page.locator(".top")).to_be_hidden()
    assert page.locator(".words").first.evaluate("e => e.checkVisibility({contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 10")  # fmt: skip
    for name in KINDS:
        page.goto(address + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= A4_PX, name
        assert page.evaluate(CONTRAST) == [], name


def test_the_table_of_contents_stays_and_says_where_one_is(opened: Opened) -> None:
    page = opened(viewport={"width": 1280, "height": 420}, reduced_motion="reduce")
    page.locator("#passages").evaluate("e => e.scrollIntoView()")
    expect(page.locator(".toc [aria-current]")).to_have_text("Where it is said")
    expect(page.locator(".toc h2")).to_be_in_viewport()


def test_the_first_step_leads_to_the_content(opened: Opened) -> None:
    page = opened("index.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


# Search ------------------------------------------------------------------------------------------


def search(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator("#found .said")).to_contain_text(re.compile("page|Nothing"))


def test_who_does_not_search_asks_for_no_index(browser: Browser, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + PAGE)
    page.wait_for_load_state("networkidle")
    assert not any("pagefind" in url for url in asked)
    search(page, "mud")
    assert any("pagefind" in url for url in asked)
    page.close()


def test_a_search_leads_to_the_section_and_back(opened: Opened) -> None:
    page = opened("index.html")
    search(page, "saturation")
    expect(page.locator("#found .said")).to_have_text("3 pages")
    first = page.locator(".results > li").first
    expect(first).to_contain_text("Clean kicks")
    expect(first.locator("mark").first).to_contain_text("aturation")
    part = first.locator("li a", has_text="0:08 Slow compressor")
    assert part.get_attribute("href").endswith("mud.html#moment-2")
    part.click()
    expect(page.locator("#moment-2")).to_be_in_viewport()
    page.go_back()
    expect(page.locator("#q")).to_have_value("saturation")
    expect(page.locator("#found .said")).to_have_text("3 pages")
    page.go_back()
    expect(page.locator("#found")).to_be_hidden()
    assert "?" not in page.url


def test_a_search_is_done_with_keys_alone(opened: Opened) -> None:
    page = opened()
    search(page, "kicks")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".results a").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".results a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    assert page.url.endswith("mud.html")
    assert page.evaluate("history.state") is None, "the search is nothing to go back through"
    search(page, "boosts decibels")
    page.keyboard.press("Enter")
    page.wait_for_url("**/*--top.html")


def test_escape_puts_away_one_thing_after_the_other_wherever_the_focus_is(opened: Opened) -> None:
    page = opened("index.html")
    search(page, "saturation")
    page.locator("#found .results li li a").last.click()
    page.wait_for_url("**/*#moment-2")
    page.go_back()
    expect(page.locator("#found .said")).to_have_text("3 pages")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    assert "?" not in page.url
    page.goto(page.url.replace("index.html", PAGE))
    nth_cite(page, 1).click()
    expect(page.locator("#player")).to_be_visible()
    page.mouse.move(5, 300)  # not on a number, whose words would be shown again
    search(page, "mud")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    expect(page.locator("#player")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#player")).to_be_hidden()


def test_a_site_that_is_open_while_it_is_written_anew_finds_what_is_new(
    browser: Browser, tmp_path: Path
) -> None:
    folder = write_site(tmp_path, all_files())
    with serving(folder) as address:
        page = browser.new_page()
        page.goto(address)
        search(page, "saturation")
        expect(page.locator("#found .said")).to_have_text("3 pages")
        text = (folder / PAGE).read_text()
        write_site(folder, {PAGE: text.replace("slow compressor", "slow zyzzyva compressor")})
        page.locator("#q").fill("zyzzyva")
        expect(page.locator("#found .said")).to_have_text("1 page", timeout=20_000)
        page.locator("#q").fill("saturation")
        expect(page.locator("#found .said")).to_have_text("3 pages")
        page.close()


def test_filters_leave_what_is_wanted(opened: Opened, address: str) -> None:
    page = opened("index.html")
    search(page, "kicks")
    page.get_by_label("Only this creator").select_option("Bo")
    expect(page.locator("#found .said")).to_have_text("1 page", timeout=20_000)
    expect(page.locator(".results > li")).to_contain_text("Bo")
    assert "creator=Bo" in page.url
    page.get_by_label("Only this creator").select_option("")
    page.get_by_label("Only this tag").select_option("Drum Mixing")
    expect(page.locator("#found .said")).to_have_text("3 pages")
    page.goto(f"{address}index.html?tag=Drum+Mixing&creator=Ann+%C3%96%27Brien")
    expect(page.locator("#found .said")).to_have_text("1 page", timeout=20_000)
    expect(page.get_by_label("Only this tag")).to_have_value("Drum Mixing")


def test_what_is_not_there_is_said_not_to_be(opened: Opened) -> None:
    page = opened("index.html")
    search(page, "zzyzx")
    expect(page.locator("#found .said")).to_have_text("Nothing was found for “zzyzx”.")


def test_a_search_from_a_file_says_what_it_needs(opened: Opened, folder: Path) -> None:
    page = opened((folder / PAGE).as_uri())
    page.keyboard.press("/")
    page.keyboard.type("kick")
    expect(page.locator("#found")).to_contain_text("chrysopedia site serve")


def test_a_site_without_an_index_says_so(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.route("**/pagefind/**", lambda route: route.abort())
    page.goto(address + "index.html")
    page.keyboard.press("/")
    expect(page.locator("#found")).to_contain_text("cannot be loaded")
    page.close()


# Hostile content ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    payloads = [*PLANTED, *naughty()]
    media = [Media("file", "x.webm"), Media("youtube", "dQw4w9WgXcQ"), None]
    videos = [hostile(payload, media[n % 3], f"bad--{n}") for n, payload in enumerate(payloads)]
    folder = write_site(tmp_path_factory.mktemp("hostile"), static_files() | site(*videos))
    make_video(folder / "media" / "x.webm", 1)
    with serving(folder) as address:
        yield address


def test_nothing_hostile_comes_alive(opened: Opened, hostile_address: str) -> None:
    """`opened` fails the test for whatever is asked of others, and for what the browser refuses by the site's own policy."""
    page = opened("about:blank", viewport={"width": 390, "height": 800})
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(hostile_address + "videos.html")
    names = page.evaluate("[...document.querySelectorAll('main a')].map(a => a.href)")
    videos = {name for name in names if "/videos/" in name}
    assert len(videos) == len(PLANTED) + len(naughty())
    for name in [*sorted(videos), *(name.replace("/videos/", "/pages/").replace(".html", "--mud.html") for name in sorted(videos))]:  # fmt: skip
        page.goto(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert page.evaluate("document.querySelectorAll('iframe, img, object, style, [onerror], [onload]').length") == 0  # fmt: skip
        if "/pages/" in name:
            page.locator(".cite").first.hover()
            expect(page.locator("#spoken")).to_be_visible()
    for words in ("script", "alert", "onerror"):
        page.goto(f"{hostile_address}index.html?q={words}")
        expect(page.locator("#found .said")).to_contain_text("page")
        expect(page.locator("#found mark").first).to_be_visible()
    page.goto(
        f"{hostile_address}index.html?q=%3Cimg%20src=x%20onerror=alert(1)%3E&creator=%22%3E%3Cscript%3E"
    )
    expect(page.locator("#found .said")).to_contain_text(re.compile("page|Nothing"))
    assert dialogs == []


# All files ---------------------------------------------------------------------------------------


def test_an_address_without_a_page_says_so_in_the_same_look(opened: Opened, address: str) -> None:
    page = opened("index.html")
    answer = page.request.get(f"{address}pages/nothing.html")
    assert answer.status == 404 and "There is no page here" in answer.text()


def test_an_address_whose_page_has_moved_leads_there_by_itself(
    opened: Opened, address: str
) -> None:
    expect(opened("pages/ann--kick--was.html")).to_have_url(f"{address}pages/ann--kick--mud.html")


def test_every_link_is_answered(opened: Opened, address: str) -> None:
    page = opened("index.html")
    to_see, seen = ["index.html"], set[str]()
    while to_see:
        name = to_see.pop()
        seen.add(name)
        answer = page.request.get(address + name)
        assert answer.ok, name
        if name.endswith(".html"):
            page.goto(address + name)
            found = page.evaluate("[...document.querySelectorAll('[href],[src]')].map(e => e.href?.baseVal ?? e.href ?? e.src)")  # fmt: skip
            names = {url.removeprefix(address).partition("#")[0] for url in found if url.startswith(address)}  # fmt: skip
            to_see += sorted(name for name in names if name and name not in seen)
            seen |= names
    assert {*KINDS, "media/kick%201.webm"} - {"404.html"} <= seen


def test_every_file_is_valid_html() -> None:
    for name, content in (all_files() | history_files()).items():
        if name.endswith(".html"):
            parser = html5lib.HTMLParser(strict=True)
            parser.parse(content)
            assert parser.errors == [], name
