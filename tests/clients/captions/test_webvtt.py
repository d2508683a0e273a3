"""WebVTT: our own small files, and the parser tests of the W3C (web-platform-tests), whose expectations are read
out of their JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest

from chrysopedia_assets.errors import InputRefused
from resources.clients.captions.cue_text import webvtt_pieces
from resources.clients.captions.decode import decode
from resources.clients.captions.raw import Notes
from resources.clients.captions.webvtt import Cue, webvtt_cues
from tests.clients.captions.caption_files import (
    BADINPUTS,
    given,
    read_text,
    shared_files,
    spoken,
)

PARSING = "badinputs/wpt-expect/parsing"
SUPPORT = BADINPUTS / "wpt/parsing/file-parsing/tests/support"


def cues_of(text: str) -> list[Cue]:
    return list(webvtt_cues(text, Notes()))


def plain(cue_text: str) -> str:
    return "".join(piece.text for piece in webvtt_pieces(cue_text))


def test_a_small_file_gives_its_cues_with_times_and_text(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.vtt",
        "WEBVTT\nKind: captions\nLanguage: en-GB\n\nNOTE by hand\n\nSTYLE\n::cue { color: red }\n\n"
        "1\n00:01.000 --> 00:02.500 align:start\n<v Ann>Turn it <i>up</i>,\nnot down &amp; out\n\n"
        "00:00:03.000 --> 01:00:00.000\nand wait\n",
    )
    assert spoken(source) == [(1.0, 2.5, "Turn it up, not down & out"), (3.0, 3600.0, "and wait")]
    assert (source.format, source.language, source.repairs) == ("webvtt", "en-GB", ())


def test_a_cue_knows_the_line_of_its_times() -> None:
    cues = cues_of(
        "WEBVTT\r\n\r\n\r\nfirst\r\n00:00.000 --> 00:01.000\r\na\r\n\r\n00:01.000 --> 00:02.000\r\nb"
    )
    assert [(cue.line, cue.cue_id) for cue in cues] == [(5, "first"), (8, "")]


def test_what_a_player_would_skip_is_counted_in_the_repairs(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\n00:00.000 --> 00:01.000\nheard\n\n00:0x.000 --> 00:02.000\nlost\n\nlost too\n",
    )
    assert source.repairs == (
        "Blocks whose timing line cannot be read were left out: 1 (first at line 6)",
        "Blocks without a timing line were left out: 1 (first at line 9)",
    )


def test_without_the_signature_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"a\.vtt, line 1: .*WEBVTT"):
        read_text(tmp_path, "a.vtt", "00:00.000 --> 00:01.000\nheard\n")


def test_a_cue_that_ends_before_it_starts_is_left_out_with_its_line(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\n00:05.000 --> 00:01.000\nbackwards\n\n00:06.000 --> 00:07.000\nok\n",
    )
    assert spoken(source) == [(6.0, 7.0, "ok")]
    assert source.repairs == (
        "Segments that end before they start were left out: 1 (first at line 3)",
    )


def test_cues_out_of_order_are_sorted_and_overlaps_are_normal(tmp_path: Path) -> None:
    source = read_text(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\n00:05.000 --> 00:09.000\nb\n\n00:01.000 --> 00:30.000\na\n\n00:06.000 --> 00:07.000\nc\n",
    )
    assert [one.text for one in source.segments] == ["a", "b", "c"]
    assert source.repairs == (
        "Segments that stood out of order were sorted by their start: 1 (first at line 6)",
    )


def test_a_reading_over_the_characters_stands_in_brackets() -> None:
    assert plain("<ruby>漢<rt>かん</rt>字<rt>じ</ruby>。") == "漢(かん)字(じ)。"
    assert plain("<rt>no ruby") == "no ruby"


def test_an_end_tag_without_its_start_is_no_trouble() -> None:
    assert plain("a</>b</c>c</ruby>d</rt>e") == "abcde"


@pytest.mark.parametrize("length", [10, 5_000, 50_000])
def test_endless_character_references_are_no_trouble(length: int) -> None:
    assert plain("&#" + "9" * length + ";") == "\ufffd"
    assert plain("&#" + "0" * length + "65;") == "A"


class Expected(NamedTuple):
    index: int
    attribute: str
    value: str


ATTRIBUTES = {"text": "text", "id": "cue_id", "startTime": "start_s", "endTime": "end_s"}
COUNT = re.compile(r"assert_equals\((?:track\.)?cues\.length, (\d+)")
STATED = re.compile(
    r"assert_equals\(cues\[(\d+)\]\.(text|id|startTime|endTime), ('[^']*'|\"[^\"]*\"|[\d.]+)[,)]"
)
IN_A_LOOP = re.compile(r"assert_equals\(cues\[i\]\.(text|id), '(\w*)'( \+ i)?,")


def unquoted(literal: str) -> str:
    """A JavaScript string literal as the tests write them: \\uFFFD, \\n and nothing else."""
    text = literal[1:-1] if literal[0] in "'\"" else literal
    return text.replace("\\uFFFD", "\ufffd").replace("\\n", "\n")


def stated(html: str, count: int) -> Iterator[Expected]:
    for index, attribute, literal in STATED.findall(html):
        yield Expected(int(index), attribute, unquoted(literal))
    for attribute, text, with_index in IN_A_LOOP.findall(html):
        for index in range(count):
            yield Expected(index, attribute, f"{text}{index}" if with_index else text)


@pytest.mark.parametrize(
    "page", shared_files(f"{PARSING}/file-parsing/tests", "*.html"), ids=lambda p: p.stem
)
def test_the_cues_are_those_the_w3c_expects(page: Path) -> None:
    html = given(page).read_text()
    cues = cues_of(decode((SUPPORT / f"{page.stem}.vtt").read_bytes(), Notes()))
    count = COUNT.search(html)
    if page.stem == "stylesheets":  # says only that the page got no style; the file has two cues
        assert [cue.cue_id for cue in cues] == ["foo", "bar"]
        return
    assert count is not None and len(cues) == int(count[1])
    for index, attribute, value in stated(html, len(cues)):
        got = getattr(cues[index], ATTRIBUTES[attribute])
        assert got == (type(got)(value)), (index, attribute)


def test_most_of_what_the_w3c_states_about_times_and_text_is_compared() -> None:
    folder = given(BADINPUTS / "wpt-expect/parsing/file-parsing/tests")
    pages = [page.read_text() for page in folder.glob("*.html")]
    assert sum(len(list(stated(html, 1))) for html in pages) > 60


NOT_WEBVTT = [path for path in shared_files("badinputs/wpt/parsing/file-parsing/support", "*.vtt")]


@pytest.mark.parametrize("path", NOT_WEBVTT, ids=lambda path: path.stem)
def test_what_the_w3c_calls_no_webvtt_is_refused(path: Path) -> None:
    text = decode(given(path).read_bytes(), Notes())
    with pytest.raises(InputRefused, match="WEBVTT"):
        cues_of(text)


CUE_TEXT = re.compile(r"input:'([^']*)', expected:'([^']*)'")
TEXT_NODE = re.compile(r'^\| +"(.*?)"$', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "page", shared_files(f"{PARSING}/cue-text-parsing/tests", "*.html"), ids=lambda page: page.stem
)
def test_the_plain_text_of_a_cue_is_the_text_of_the_tree_the_w3c_expects(page: Path) -> None:
    cases = CUE_TEXT.findall(given(page).read_text())
    assert cases
    for quoted_input, quoted_tree in cases:
        cue_text, tree = unquote(quoted_input), unquote(quoted_tree)
        cues = cues_of(f"WEBVTT\n\n00:00.000 --> 00:01.000\n{cue_text}")
        expected = "".join(TEXT_NODE.findall(tree))
        # The brackets around a reading are ours; the tree has an element there.
        assert plain(cues[0].text).replace("(", "").replace(")", "") == expected, cue_text
