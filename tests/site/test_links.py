"""Names of files: none leaves its folder, none is lost on another file system, and no two things share one."""

import re

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.site import links

UNSAFE = (
    *(
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "C:x",
        "a\0b",
        "a b",
        "ä",
        "-x",
        ".x",
        "x.",
        "a..b",
    ),
    *("con", "NUL", "aux.1", "a?b", "a#b", "a%2fb", "<x>", '"', "a\n", "x" * 201, "\u202ex"),
)


@pytest.mark.parametrize("name", UNSAFE)
@pytest.mark.parametrize("lies", [links.page, links.history, links.video, links.creator])
def test_what_is_no_name_of_a_file_is_refused(lies: object, name: str) -> None:
    assert callable(lies)
    with pytest.raises(ConfigurationError, match="cannot be the name of a file"):
        lies(name)


def test_the_names_that_the_product_makes_are_taken() -> None:
    assert links.page("ann-lee--kick--cut-the-mud") == "pages/ann-lee--kick--cut-the-mud.html"
    assert links.video("a--1.5-db") == "videos/a--1.5-db.html"
    assert links.root_of("pages/x.html") == "../" and links.root_of("index.html") == ""


@pytest.mark.parametrize("lies", [links.category, links.tag])
def test_any_key_of_a_taxonomy_has_a_file_of_its_own(lies: object) -> None:
    assert callable(lies)
    assert lies("vocal_mixing").endswith("/vocal_mixing.html")
    keys = [
        *UNSAFE,
        "eq",
        "EQ",
        "e q",
        "é",
        "e",
        "vocal mixing",
        "vocal-mixing",
        "vocal_mixing",
        "x" * 500,
    ]
    names = [lies(key) for key in keys]
    assert len(set(map(str.lower, names))) == len(keys)
    assert all(re.fullmatch(r"[a-z]+/[a-z0-9][a-z0-9_-]{0,99}\.html", name) for name in names)
    assert not {"tags/con.html", "categories/con.html"} & set(names)


def test_a_video_is_played_where_it_lies() -> None:
    assert links.youtube("dQw4w9WgXcQ", 12.9) == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=12s"
    assert links.media("a b#1?.mp4") == "media/a%20b%231%3F.mp4"
    for wrong in ("", "..", "../x.mp4", "a/b.mp4", "a\\b.mp4", ".x", "a\nb", "a\0"):
        assert links.media(wrong) is None
    for wrong in ("", "x", "dQw4w9WgXc&", "dQw4w9WgXcQ&x=1", '"><script>a'):
        assert links.youtube(wrong, 0) is None


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//x.example",
            "/x",
            "x",
            "",
            None,
        ),
        *(
            "https://a:b@x.example/",
            "https://",
            "http://[x",
            "https://x.example/a b",
            "https://x.example/\n",
        ),
        *("JaVaScRiPt:x", " javascript:x", "\x01javascript:x", "ftp://x.example"),
    ],
)
def test_no_browser_is_sent_where_it_should_not_go(url: str | None) -> None:
    assert links.source(url) is None


def test_a_source_on_the_web_is_shown() -> None:
    assert links.source("https://example.com/watch?v=1") == "https://example.com/watch?v=1"
