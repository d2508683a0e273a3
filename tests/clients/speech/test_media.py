"""What cannot be opened says why, and nothing that a file says is asked for elsewhere."""

import os
from pathlib import Path

import pytest

from chrysopedia_assets.errors import InputRefused, InputUnreadable
from resources.clients.speech.media import (
    audio_tracks,
    media_hash,
    open_media,
    refuse_changed,
    refuse_unfit,
)
from tests.clients.speech.sounds import cut, silence, write_media


def opened(path: Path) -> None:
    with open_media(path) as container:
        audio_tracks(container, path)


@pytest.mark.parametrize(
    "content",
    [
        b"Dear diary, today I made no video.\n" * 50,
        b"#EXTM3U\n#EXTINF:10,\nhttp://example.com/a.ts\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile 'http://example.com/a.mp4'\n",
        bytes(range(256)) * 100,
    ],
    ids=["text", "playlist of addresses", "playlist of files", "concat", "bytes"],
)
def test_what_is_no_media_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(InputRefused, match="no media file"):
        opened(path)


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(InputRefused, match="it is empty"):
        opened(tmp_path / "a.mp4")


def test_what_ends_in_its_own_beginning_is_refused_and_not_tried_again(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.ogg", silence(2), codec="libopus", rate=48_000)
    with pytest.raises(InputRefused, match="no media file") as caught:
        opened(cut(path, 0.02))
    assert not isinstance(caught.value, InputUnreadable)


def test_an_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    path = cut(write_media(tmp_path / "a.mp4", silence(5)), 0.5)
    with pytest.raises(InputRefused, match="index is missing"):
        opened(path)


def test_a_video_without_sound_says_what_is_in_it(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", video="steady")
    with pytest.raises(InputRefused, match="no sound that can be decoded; there is video in it"):
        opened(path)


def test_a_wrong_extension_does_not_matter(tmp_path: Path) -> None:
    opened(write_media(tmp_path / "a.mp4", silence(1)).rename(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    "name", ["a\nb.mp4", "concat:a.mp4", "http:a.mp4", "-i.mp4", "a%03d.mp4", "é😀 .mp4"]
)
def test_any_name_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_media(tmp_path / "a.mp4", silence(1)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    opened(Path(name))


def test_an_error_with_a_line_break_in_the_name_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.mp4"
    path.write_text("no media")
    with pytest.raises(InputRefused) as refused:
        opened(path)
    assert "\n" not in str(refused.value)


def test_what_is_not_there_may_be_at_the_next_look(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mp4", tmp_path / "a\0b.mp4"):
        with pytest.raises(InputUnreadable):
            opened(path)
        with pytest.raises(InputUnreadable):
            media_hash(path)


def test_folders_and_pipes_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path, tmp_path / "pipe.mp4"):
        with pytest.raises(InputRefused, match="not a file"):
            opened(path)


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", silence(1))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputUnreadable, match="Permission denied"):
        opened(path)


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", silence(1))
    before = refuse_unfit(path)
    refuse_changed(path, before)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputUnreadable, match="changed while it was read"):
        refuse_changed(path, before)
    path.unlink()
    with pytest.raises(InputUnreadable, match="No such file"):
        refuse_changed(path, before)


def test_the_hash_is_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"abc")
    (tmp_path / "b.mp4").write_bytes(b"abc")
    assert media_hash(tmp_path / "a.mp4") == media_hash(tmp_path / "b.mp4")
    assert media_hash(tmp_path / "a.mp4").startswith("ba7816bf")
