"""SubRip in the shapes it is found in."""

from pathlib import Path

import pytest

from chrysopedia_assets.errors import InputRefused
from tests.clients.captions.caption_files import read_text, spoken


def texts(tmp_path: Path, content: str | bytes) -> list[str]:
    return [one.text for one in read_text(tmp_path, "a.srt", content).segments]


def test_a_small_file_gives_its_cues_with_times_and_text(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.srt",
        "1\n00:00:01,000 --> 00:00:02,500\nturn it up,\nnot down\n\n2\n00:00:03,000 --> 01:00:00,000\nwait\n",
    )
    assert spoken(source) == [(1.0, 2.5, "turn it up, not down"), (3.0, 3600.0, "wait")]
    assert (source.format, source.repairs) == ("srt", ())


@pytest.mark.parametrize(
    "timing",
    [
        "00:00:01.000 --> 00:00:02.5",
        "0:0:1,0-->0:0:2,5",
        "00:01,000 --> 00:02,500",
        "00:00:01,000 -> 00:00:02,500 X1:40 X2:600",
    ],
)
def test_times_are_taken_in_every_common_spelling(tmp_path: Path, timing: str) -> None:
    assert spoken(read_text(tmp_path, "a.srt", f"1\n{timing}\nsaid\n")) == [(1.0, 2.5, "said")]


def test_numbers_may_lack_or_repeat_and_empty_lines_may_lack(tmp_path: Path) -> None:
    cues = "00:00:01,000 --> 00:00:02,000\na\n7\n00:00:02,000 --> 00:00:03,000\nb\n\n7\n00:00:03,000 --> 00:00:04,000\nc\n8\n00:00:04,000 --> 00:00:05,000\nd"
    assert texts(tmp_path, cues) == ["a 7", "b", "c", "d"]


def test_a_cue_may_say_a_number(tmp_path: Path) -> None:
    content = "1\n00:00:01,000 --> 00:00:02,000\n128\n\n2\n00:00:02,000 --> 00:00:03,000\n42\n00:00:03,000 --> 00:00:04,000\nbeats\n"
    assert texts(tmp_path, content) == ["128", "42", "beats"]


def test_windows_line_ends_and_text_after_an_empty_line_are_kept(tmp_path: Path) -> None:
    content = "1\r\n00:00:01,000 --> 00:00:02,000\r\na\r\n\r\nstill a\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\nb\r\n\r\n\r\n"
    assert texts(tmp_path, content) == ["a still a", "b"]


def test_markup_is_taken_off_and_what_only_looks_like_it_stays(tmp_path: Path) -> None:
    content = "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<font color=red><b>loud</b></font> &amp; I <3 it, -6 < -3, File --> Export\\Nnow\n"
    assert texts(tmp_path, content) == ["loud & I <3 it, -6 < -3, File --> Export now"]


def test_a_numbered_block_without_times_is_left_out_and_counted(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.srt",
        "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\nlost\n\n3\n00:00:03,000 --> 00:00:04,000\nc\n",
    )
    assert [one.text for one in source.segments] == ["a", "c"]
    assert source.repairs == ("Blocks without a timing line were left out: 1 (first at line 5)",)


def test_text_before_the_first_times_is_left_out_and_counted(tmp_path: Path) -> None:
    source = read_text(
        tmp_path, "a.srt", "Subtitles by nobody\n\n1\n00:00:01,000 --> 00:00:02,000\na\n"
    )
    assert source.repairs == (
        "Text before the first timing line was left out: 1 (first at line 1)",
    )


@pytest.mark.parametrize(
    "timing",
    [
        "00:00:0x,000 --> 00:00:04,000",
        "00:00:03,000 --> 00:00:1d.890",
        "00:61:03,000 --> 00:62:04,000",
        "00:00:03,000 --> 00:00:04,0001",
    ],
)
def test_times_that_cannot_be_read_are_refused_with_their_line(tmp_path: Path, timing: str) -> None:
    with pytest.raises(InputRefused, match=r"a\.srt, line 6: the timing line '00:"):
        read_text(tmp_path, "a.srt", f"1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n{timing}\nb\n")


def test_a_cue_that_ends_before_it_starts_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"line 2: it ends at 1 s, before it starts at 5 s"):
        read_text(tmp_path, "a.srt", "1\n00:00:05,000 --> 00:00:01,000\na\n")


def test_subrip_is_recognised_under_any_ending(tmp_path: Path) -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,000\na\n"
    for name in ("a.txt", "a.vtt", "a.json", "a"):
        assert read_text(tmp_path, name, cue).format == "srt"
