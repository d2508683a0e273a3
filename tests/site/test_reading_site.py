"""The files of the reading site: what stands on each kind of page, that all of it is text, and that links lead somewhere."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import Media, ReadingVideo
from chrysopedia_assets.site.layout import static_files
from chrysopedia_assets.site.library import BRIEF, list_files
from chrysopedia_assets.site.speech import MOST_WORDS, Speech
from tests.site.html_checks import Html
from tests.site.reading_world import (
    PLANTED,
    SPEECH,
    TAXONOMY,
    a_video,
    cards,
    hostile,
    library,
    naughty,
    reading_video,
    site,
    stored,
    whole_site,
)

PAGE = "pages/ann--kick--mud.html"
VIDEO = "videos/ann--kick.html"
FILE = Media("file", "kick 1.webm")


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return whole_site()


def page(video: ReadingVideo | None = None) -> str:
    return site(video or reading_video(media=FILE))[PAGE]


# What is on a page -------------------------------------------------------------------------------


def test_a_page_shows_all_that_there_is_of_it() -> None:
    text = " ".join(Html(page()).text.split())
    for shown in (
        *(
            "Clean kicks",
            "Ann Ö'Brien",
            "Kick <&> clean",
            "Mixing",
            "EQ",
            "Drum Mixing",
            "Ann cuts where the mud is",
        ),
        *("Cut the mud", "Order", "Saturation", "Pro-Q 3", "taught step by step", "0:04", "0:08"),
        *(
            "Written by extractive 1",
            "1 March 2026, 09:30 UTC",
            "a4f09c11d2e37b60",
            "8f65ba31",
            "up to date",
        ),
        "All that is said here",
    ):
        assert shown.replace("Written by ", "") in text, shown


def test_a_page_says_why_it_is_out_of_date() -> None:
    stale = Html(site(reading_video())["pages/ann--kick--top.html"]).text
    assert "It would come out different now" in stale
    assert stale.count("prompt synthesis has changed") == 2


def test_a_page_leads_to_its_video_creator_category_tags_and_neighbours() -> None:
    first, second = page(), site(reading_video())["pages/ann--kick--top.html"]
    to = Html(first).values("href")
    assert {
        "../videos/ann--kick.html",
        "../creators/ann.html",
        "../categories/mixing.html",
        "../tags/eq.html",
    } <= set(to)
    assert 'rel="next" href="../pages/ann--kick--top.html"' in first and 'rel="prev"' not in first
    assert 'rel="prev" href="../pages/ann--kick--mud.html"' in second and 'rel="next"' not in second


def test_only_a_page_that_was_written_twice_has_a_history() -> None:
    video = reading_video()
    again = replace(video.pages[0], making=replace(video.pages[0].making, version=2))
    assert "../history/" not in page(video)
    shown = page(replace(video, pages=(again, *video.pages[1:])))
    assert '<a href="../history/ann--kick--mud.html">see what has changed</a>' in shown


def test_a_citation_is_a_link_to_its_second() -> None:
    def cites(media: Media | None) -> list[dict[str, str]]:
        found = Html(page(reading_video(media=media))).elements
        return [a for name, a in found if name == "a" and a.get("class", "").startswith("cite")]

    assert {a["href"] for a in cites(FILE)} == {
        "../media/kick%201.webm#t=4",
        "../media/kick%201.webm#t=8",
    }
    youtube = cites(Media("youtube", "dQw4w9WgXcQ"))
    assert youtube[0]["href"] == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4s"
    assert youtube[0]["rel"] == "noopener noreferrer" and youtube[0]["target"] == "_blank"
    assert {a["href"] for a in cites(None)} == {"#moment-1", "#moment-2"}
    for wrong in (Media("youtube", '"><script>'), Media("file", "../../etc/passwd")):
        assert {a["href"] for a in cites(wrong)} == {"#moment-1", "#moment-2"}
    assert "Passage 2, at 0:08, perhaps misheard" in {a["aria-label"] for a in cites(FILE)}


def test_a_passage_that_may_be_misheard_is_marked_and_no_other() -> None:
    passages = page().split('<li class="passage">')[1:]
    assert ["Perhaps misheard: the same words again" in one for one in passages] == [False, True]


def test_quotations_are_counted_and_what_is_not_found_is_marked() -> None:
    shown = page()
    assert shown.count('class="unsaid-mark"') == 1 and "“boost 10 dB”</span>" in shown
    text = " ".join(Html(shown).text.split())
    assert "2 word for word in the transcript, 1 shortened" in text and "1 not found in it." in text


def test_the_words_of_a_passage_are_those_between_its_times() -> None:
    speech = Speech(stored())
    assert speech.between(4.0, 8.0) == SPEECH[1][2]
    assert speech.between(5.0, 9.0) == f"{SPEECH[1][2]} {SPEECH[2][2]}"
    assert speech.between(12.1, 12.2) == ""
    assert speech.between(8.0, 8.0) == SPEECH[2][2]
    transcript = stored().transcripts
    assert transcript
    long = transcript.segments[1].model_copy(update={"text": "word " * 100})
    many = replace(stored(), transcripts=transcript.model_copy(update={"segments": (long,)}))
    assert Speech(many).between(4.0, 8.0).split() == ["word"] * MOST_WORDS + ["…"]


def test_without_a_transcript_the_moments_are_what_is_known() -> None:
    speech = Speech(replace(stored(), transcripts=None))
    assert speech.verdict("I cut 3 dB at 300 hertz") == "said"
    assert speech.verdict("So today") == "unsaid"
    assert "All that is said here" not in page(reading_video(replace(stored(), transcripts=None)))


def test_a_sum_of_titles_that_are_alike_has_an_anchor_each(files: dict[str, str]) -> None:
    assert {"s-cut-the-mud", "s-cut-the-mud-2", "s-order"} <= set(Html(files[PAGE]).ids)


def test_what_the_search_index_may_see() -> None:
    """Of the site it sees technique pages alone, and of these no menus, numbers and notes on how they were made."""
    files = whole_site()
    assert [name for name, text in files.items() if "data-pagefind-body" in text] == [
        name for name in files if name.startswith("pages/")
    ]
    found = Html(files[PAGE])
    assert set(found.values("data-pagefind-filter")) == {"creator", "category", "tag"}
    assert {"title", "creator", "category", "video", "tags"} == set(
        found.values("data-pagefind-meta")
    )
    for name, attributes in found.elements:
        if name in {"nav", "footer"} or attributes.get("class") in {"cite", "about", "when"}:
            assert (
                "data-pagefind-ignore" in attributes
                or "pagefind" not in files[PAGE].split(f"<{name}")[0]
            )


# Videos and lists --------------------------------------------------------------------------------


def test_a_video_shows_its_topics_and_moments_and_what_became_of_them(
    files: dict[str, str],
) -> None:
    shown = Html(files[VIDEO])
    text = " ".join(shown.text.split())
    for part in (
        "The kick",
        "The top",
        "Cut the mud",
        "Goodbye",
        "On no page: nothing is taught",
        "Start",
        "chrysopedia inspect ann--kick",
    ):
        assert part in text, part
    assert {"topic-1", "topic-2", "moment-1", "moment-4"} <= set(shown.ids)
    assert {
        "../pages/ann--kick--mud.html#moment-1",
        "../pages/ann--kick--top.html#moment-1",
    } <= set(shown.values("href"))
    assert "https://example.com/ann--kick" in shown.values("href")


def test_a_timeline_is_to_scale(files: dict[str, str]) -> None:
    chunks = re.findall(
        r'<svg class="chunk c0" x="([\d.]+)%" y="2" width="([\d.]+)%"', files[VIDEO]
    )
    assert chunks == [("0.0", "60.0"), ("62.5", "37.5")]


@pytest.mark.parametrize(
    "stage", ["transcripts", "topic_chunks", "key_moments", "classifications", "technique_pages"]
)
def test_a_video_that_is_half_made_shows_what_there_is(stage: str) -> None:
    of = replace(stored(), **{stage: None})
    shown = Html(site(reading_video(of))[VIDEO])
    assert shown.amiss == [] and "Not made yet" in shown.text
    nothing = Html(site(reading_video(Stored(a_video())))[VIDEO])
    assert nothing.amiss == [] and nothing.ids


def test_lists_show_every_page_where_it_belongs(files: dict[str, str]) -> None:
    both = {"ann--kick--mud", "ann--kick--top"}

    def listed(name: str, creator: str = "ann") -> set[str]:
        to = Html(files[name]).values("href")
        return {posixpath.basename(one)[:-5] for one in to if f"pages/{creator}-" in one}

    assert (
        listed("creators/ann.html")
        == listed("categories/mixing.html")
        == listed("tags/eq.html")
        == both
    )
    assert listed("tags/drum_mixing.html") == {"ann--kick--mud"}
    assert listed("creators/ann.html", "bo") == listed("categories/synthesis.html") == set()
    assert "No page is filed here yet" in files["categories/synthesis.html"]
    index = Html(files["index.html"])
    assert "6 techniques from 3 videos by 3 creators" in index.text
    assert {
        "categories/mixing.html",
        "creators/bo.html",
        "tags/eq.html",
        "videos/cy--pad.html",
    } <= set(index.values("href"))


def test_an_empty_library_says_so() -> None:
    index = Html(site()["index.html"])
    assert "There is no page yet" in index.text and index.amiss == []


def test_a_long_list_has_titles_alone() -> None:
    video = reading_video()
    [card, _] = cards(video)
    many = tuple(replace(card, address=f"p{n}", title=f"Page {n}") for n in range(BRIEF + 1))
    shown = list_files(replace(library(video), pages=many))["categories/mixing.html"].html()
    assert f"Page {BRIEF}" in shown and 'class="gist"' not in shown


def test_what_the_taxonomy_does_not_hold_any_more_keeps_its_page() -> None:
    files = site(
        reading_video(),
        taxonomy=TAXONOMY.model_copy(update={"categories": TAXONOMY.categories[1:]}),
    )
    assert "mixing" in Html(files["categories/mixing.html"]).text
    assert "drum_mixing" in Html(files["tags/drum_mixing.html"]).text


# All files ---------------------------------------------------------------------------------------


def test_every_file_is_sound(files: dict[str, str]) -> None:
    assert {name: found for name, text in files.items() if (found := Html(text).amiss)} == {}


def test_every_link_leads_to_a_file_and_a_place_in_it(files: dict[str, str]) -> None:
    there = {name: set(Html(text).ids) for name, text in files.items()}
    there |= {name: set() for name in static_files()}
    broken = [
        (name, link) for name, text in files.items() for link in _broken(name, Html(text), there)
    ]
    assert broken == []


def _broken(name: str, html: Html, there: dict[str, set[str]]) -> Iterator[str]:
    for link in [*html.values("href"), *html.values("src")]:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https" and parts.hostname in {"www.youtube.com", "example.com"}
            continue
        to = (
            posixpath.normpath(posixpath.join("/", posixpath.dirname(name), unquote(parts.path)))[
                1:
            ]
            if parts.path
            else name
        )
        if to == "media/kick 1.webm":
            assert parts.fragment.startswith("t=")
        elif to not in there or (parts.fragment and parts.fragment not in there[to]):
            yield link


def test_the_same_content_gives_the_same_bytes(files: dict[str, str]) -> None:
    assert whole_site() == files
    assert static_files() == static_files()


def test_no_file_has_style_or_script_of_its_own(files: dict[str, str]) -> None:
    for name, text in files.items():
        found = Html(text)
        if name.startswith(
            "inspector/"
        ):  # the inspector's one file needs nothing else: its own style, and no script
            assert "default-src 'none'; style-src 'unsafe-inline'" in text
            assert not [name for name, _ in found.elements if name == "script"]
            continue
        assert "unsafe-inline" not in text and "default-src 'none'" in text
        assert not found.values("style")
        scripts = [a for name, a in found.elements if name == "script"]
        assert scripts and all(a["src"].endswith(".js") for a in scripts)
        assert not any(name.startswith("on") for _, a in found.elements for name in a)


def test_static_files_ask_for_nothing_outside() -> None:
    for name, content in static_files().items():
        text = content.decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"@import|url\(|https?:|\"//", text), name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text
        ), name
    assert len(static_files()[f"{links.STATIC}/site.css"]) < 40_000


@pytest.mark.parametrize("payload", PLANTED)
def test_whatever_is_planted_stays_text(payload: str) -> None:
    known = _shape(site(reading_video(media=FILE)))
    for name, text in site(hostile(payload, FILE)).items():
        found = Html(text)
        assert found.amiss == [], name
        assert {tag for tag, _ in found.elements} <= known[0]
        assert {attribute for _, a in found.elements for attribute in a} <= known[1]
        assert len([tag for tag, _ in found.elements if tag == "script"]) in (0, 3), "our own"
        for to in [*found.values("href"), *found.values("src"), *found.values("data-src")]:
            assert (
                re.match(r"(?:\.\./|[a-z0-9]|/|#|https://example\.com/)", to)
                and "javascript:" not in to
            ), to
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def _shape(files: dict[str, str]) -> tuple[set[str], set[str]]:
    """All elements and attributes that the product itself writes."""
    found = [element for text in files.values() for element in Html(text).elements]
    return {name for name, _ in found}, {attribute for _, a in found for attribute in a} | {"start"}


def test_naughty_strings_stay_text() -> None:
    """A known list of strings that break programs; in groups, so that the test stays quick."""
    known = _shape(site(reading_video(media=FILE)))[0] | {
        "em",
        "strong",
        "code",
        "ul",
        "ol",
        "li",
        "blockquote",
        "s",
        "br",
    }
    for payload in naughty():
        for name, text in site(hostile(payload)).items():
            found = Html(text)
            assert found.amiss == [], name
            assert {tag for tag, _ in found.elements} <= known


def test_an_address_that_is_no_name_of_a_file_is_refused() -> None:
    video = reading_video()
    bad = replace(video.pages[0], address="../../x")
    with pytest.raises(ConfigurationError):
        site(replace(video, pages=(bad,)))


def test_a_page_that_changes_touches_the_lists_that_show_it_and_no_other() -> None:
    """And what a list shows is all that decides how it looks: equal there, equal files."""
    other = reading_video(stored(a_video("bo--mix", "Bo", "Mix")))
    before = library(reading_video(), other)
    first, *rest = before.pages
    after = replace(before, pages=(replace(first, title="Cleaner kicks"), *rest))
    old, new = list_files(before), list_files(after)
    changed = {name for name in old if old[name].shown != new[name].shown}
    assert changed == {
        *("index.html", "creators/ann.html", "categories/mixing.html"),
        *("tags/eq.html", "tags/drum_mixing.html"),
    }
    assert changed == {name for name in old if old[name].html() != new[name].html()}
    gone = list_files(replace(before, pages=tuple(rest)))
    assert {name for name in gone if old[name].shown != gone[name].shown} >= {"creators.html", "videos.html", "tags.html"}  # fmt: skip
