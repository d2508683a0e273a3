"""Files of a site: written where they differ, left alone where they do not, removed where nobody wants them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.site.build import REMEMBERED, SiteFile, Written, building, write_files


class Site:
    """A folder, and how often each file was made for it."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.made: list[str] = []

    def build(self, **texts: str) -> Written:
        """`pages__kick="1 text"`: the key and the text of pages/kick."""
        with building(self.out):
            return write_files(self._files(texts), self.out)

    def _files(self, texts: dict[str, str]) -> Iterator[SiteFile]:
        for name, text in texts.items():
            key, _, content = text.partition(" ")
            path = name.replace("__", "/")
            yield SiteFile(path, key, lambda path=path, content=content: self._make(path, content))

    def _make(self, path: str, content: str) -> str | None:
        self.made.append(path)
        return content or None

    def read(self) -> dict[str, str]:
        files = (path for path in self.out.rglob("*") if path.is_file())
        return {
            path.relative_to(self.out).as_posix(): path.read_text()
            for path in files
            if not path.name.startswith(".chrysopedia-")
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def test_only_what_has_another_key_is_made_again(site: Site) -> None:
    site.build(pages__kick="1 boom", pages__bass="1 wub", index="1 both")
    site.made.clear()
    done = site.build(pages__kick="1 boom", pages__bass="2 wow", index="1 both")
    assert site.made == ["pages/bass"]
    assert done == Written(("pages/bass",), (), 1, 3)
    assert site.read() == {"pages/kick": "boom", "pages/bass": "wow", "index": "both"}


def test_a_file_that_comes_out_the_same_is_not_touched(site: Site) -> None:
    site.build(pages__kick="1 boom")
    before = (site.out / "pages/kick").stat()
    done = site.build(pages__kick="2 boom")
    after = (site.out / "pages/kick").stat()
    assert (done.changed, done.looked_at) == ((), 1)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_nobody_wants_any_more_is_removed_with_what_a_killed_build_left(site: Site) -> None:
    site.build(pages__kick="1 boom", pages__bass="1 wub")
    (site.out / "pages/.new-17-abc").write_text("half")
    (site.out / "media").mkdir()
    (site.out / "media/kick.mp4").symlink_to("/somewhere/kick.mp4")
    (site.out / "pagefind").mkdir()
    (site.out / "pagefind/pagefind.js").write_text("search")
    done = site.build(pages__kick="1 boom")
    assert done.removed == ("pages/.new-17-abc", "pages/bass")
    assert site.read() == {"pages/kick": "boom", "pagefind/pagefind.js": "search"}
    assert (site.out / "media/kick.mp4").is_symlink()


def test_what_somebody_put_beside_the_site_stays(site: Site) -> None:
    site.build(pages__kick="1 boom", index="1 all")
    for name in ("CNAME", ".git/objects/ab", "mine/notes"):
        (site.out / name).parent.mkdir(parents=True, exist_ok=True)
        (site.out / name).write_text("mine")
    (site.out / ".new-17-abc").write_text("half")
    assert site.build(index="2 none").removed == (".new-17-abc", "pages/kick")
    assert site.read() == {
        "index": "none", "CNAME": "mine", ".git/objects/ab": "mine", "mine/notes": "mine"
    }  # fmt: skip


def test_a_lost_file_comes_back(site: Site) -> None:
    site.build(pages__kick="1 boom")
    (site.out / "pages/kick").unlink()
    assert site.build(pages__kick="1 boom").changed == ("pages/kick",)
    assert site.read() == {"pages/kick": "boom"}


def test_what_is_gone_since_the_look_is_left_out_until_the_next(site: Site) -> None:
    site.build(pages__kick="1 boom")
    assert site.build(pages__kick="2 ").removed == ("pages/kick",)
    assert site.build(pages__kick="2 back").changed == ("pages/kick",)


def test_a_build_that_dies_half_way_is_finished_by_the_next(site: Site) -> None:
    site.build(pages__bass="1 wub", pages__kick="1 boom")

    def dies() -> str:
        raise KeyboardInterrupt

    halves = [
        SiteFile("pages/bass", "2", lambda: "wow"),
        SiteFile("pages/kick", "2", dies),
    ]
    with pytest.raises(KeyboardInterrupt), building(site.out):
        write_files(halves, site.out)
    assert site.read() == {"pages/bass": "wow", "pages/kick": "boom"}
    site.build(pages__bass="2 wow", pages__kick="2 bam")
    assert site.read() == {"pages/bass": "wow", "pages/kick": "bam"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pages/kick": 1}'])
def test_what_was_remembered_may_be_nonsense(site: Site, text: str) -> None:
    site.build(pages__kick="1 boom")
    (site.out / REMEMBERED).write_text(text)
    assert site.build(pages__kick="1 boom").looked_at == 1
    assert json.loads((site.out / REMEMBERED).read_text()) == {"pages/kick": "1"}


def test_a_folder_of_something_else_is_refused_and_left_alone(site: Site) -> None:
    site.out.mkdir()
    (site.out / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match=r"not empty, and no site of ours: thesis\.txt"):
        site.build(index="1 x")
    assert site.read() == {"thesis.txt": "years of work"}


def test_a_folder_that_cannot_be_written_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"file/site: the site cannot be written"):
        Site(tmp_path / "file" / "site").build(index="1 x")
