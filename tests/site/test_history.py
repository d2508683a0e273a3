"""The history of a page and what stands where one was: all of it text, and every link leads on."""

import re

import pytest

from chrysopedia_assets.inspection.page_history import PageHistory
from chrysopedia_assets.models.technique_pages import TechniquePage
from chrysopedia_assets.site.content import Moved
from chrysopedia_assets.site.history import history_html, moved_html
from tests.site.history_world import FIRST, OTHER, SECOND, history
from tests.site.html_checks import Html
from tests.site.reading_world import PLANTED, a_video, spoilt


def shown(of: PageHistory | None = None) -> Html:
    return Html(history_html(of or history(), "ann-o-brien"))


def test_versions_are_told_newest_first_with_what_made_them_and_what_changed() -> None:
    text = " ".join(shown().text.split())
    told = ["Version 2", "3 March 2026, 09:30 UTC", "maker 2", "p2", "run-2", "title was", "Version 1", "maker 1", "The first."]  # fmt: skip
    places = [text.index(one, text.index("newest first")) for one in told]
    assert places == sorted(places)
    assert "p1" not in text.split("Version 1")[-1], "an engine reads no prompt"


def test_differences_are_marked_within_the_line_and_the_rest_is_left_out() -> None:
    text = history_html(history(), "ann-o-brien")
    assert "<ins> Really.</ins>" in text
    assert re.search(r'<p class="(?:gone|changed)">.*<del>.*Mud', text) or "<del>" in text
    assert "…" in text and text.count(FIRST.citations[0].quote) == 0


def test_the_change_of_the_prompt_is_folded_away_below_what_it_caused() -> None:
    text = history_html(history((FIRST, SECOND, FIRST)), "ann-o-brien")
    assert "Version 1 was written without a prompt, by maker 1." in text
    assert "From prompt p2 to p3, as they were installed." in text
    assert "<del> 2.</del><ins> 3.</ins>" in text
    assert text.count("What changed in the prompt") == 2


def test_it_leads_back_to_the_page_or_on_to_what_took_its_place() -> None:
    assert "../pages/ann--kick--mud.html" in shown().values("href")
    moved = shown(history(stands=False, leads_to="ann--kick--top")).values("href")
    assert "../pages/ann--kick--top.html" in moved and "../pages/ann--kick--mud.html" not in moved
    gone = shown(history(stands=False))
    assert "No page stands here any more" in gone.text
    assert {"../videos/ann--kick.html", "../creators/ann-o-brien.html"} <= set(gone.values("href"))


def test_an_address_that_moved_leads_on_by_itself() -> None:
    to = ("ann--kick--top", "Top <&> end")
    html = Html(moved_html(Moved("ann--kick--mud", "Mud", a_video(), to)))
    assert "0; url=../pages/ann--kick--top.html" in html.values("content")
    assert html.values("href").count("../pages/ann--kick--top.html") == 2, "canonical, and a link"
    assert "“Mud” has moved" in html.text and to[1] in html.text
    assert html.amiss == []


def test_an_address_without_heir_says_what_was_there_and_leads_to_the_video() -> None:
    html = Html(moved_html(Moved("ann--kick--mud", "Mud", a_video(), None)))
    assert not [one for one in html.values("http-equiv") if one == "refresh"]
    assert "“Mud” is gone" in html.text and "../videos/ann--kick.html" in html.values("href")
    assert html.amiss == []


@pytest.mark.parametrize("payload", PLANTED)
def test_whatever_is_planted_stays_text(payload: str) -> None:
    def spoil(page: TechniquePage) -> TechniquePage:
        return TechniquePage.model_validate(spoilt(page.model_dump(mode="json"), payload))

    bad = [spoil(FIRST), spoil(SECOND), spoil(OTHER)]
    of = history(bad, more=payload)
    video = a_video(creator=payload[:300], title=payload[:300])
    of = PageHistory(of.address, video, of.editions)
    moved = [
        Moved("ann--kick--mud", payload, video, to) for to in (None, ("ann--kick--top", payload))
    ]
    known = {*_elements(history_html(history((FIRST, SECOND, OTHER)), "c")), "meta", "link"}
    for text in (history_html(of, "c"), *map(moved_html, moved)):
        found = Html(text)
        assert found.amiss == []
        assert {name for name, _ in found.elements} <= known
        assert not {name for _, a in found.elements for name in a if name.startswith("on") or name == "style"}  # fmt: skip
        assert all(re.match(r"\.\./|#", to) for to in [*found.values("href"), *found.values("src")])
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def _elements(text: str) -> set[str]:
    return {name for name, _ in Html(text).elements}
