"""Where a video can be played."""

from pathlib import Path

import pytest

from chrysopedia_assets.site.media import link_media, youtube_id

ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"https://youtube.com/watch?list=PL1&v={ID}&t=17s",
        f"http://m.youtube.com/watch?v={ID}",
        f"https://youtu.be/{ID}?si=abc",
        f"https://www.youtube.com/shorts/{ID}",
        f"https://www.youtube.com/live/{ID}?feature=share",
        f"https://music.youtube.com/watch?v={ID}",
    ],
)
def test_youtube_knows_it_by_eleven_characters(url: str) -> None:
    assert youtube_id(url) == ID


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        f"https://example.org/watch?v={ID}",
        f"https://youtube.com.example.org/watch?v={ID}",
        f"javascript://youtube.com/watch?v={ID}",
        f'https://www.youtube.com/watch?v={ID}"onclick="x',
        "https://www.youtube.com/@somebody",
        "https://youtu.be/",
        "https://[youtu.be/x",
    ],
)
def test_any_other_address_is_none_of_its(url: str | None) -> None:
    assert youtube_id(url) is None


def test_links_follow_their_files_and_nothing_else_is_touched(tmp_path: Path) -> None:
    out = tmp_path / "site"
    out.mkdir()
    for name in ("one.mp4", "two.mp4"):
        (tmp_path / name).write_text(name)
    link_media(out, {"kick.mp4": tmp_path / "one.mp4", "bass.mp4": tmp_path / "one.mp4"})
    (out / "media" / "copied.mp4").write_text("by hand")
    link_media(out, {"kick.mp4": tmp_path / "two.mp4", "copied.mp4": tmp_path / "one.mp4"})
    found = {path.name: path.read_text() for path in (out / "media").iterdir()}
    assert found == {"kick.mp4": "two.mp4", "copied.mp4": "by hand"}
