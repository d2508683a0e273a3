"""The entrance: files that are none, formats that are only named, and any bytes at all."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.library_files import SourceTranscript
from resources.clients.captions.read import MAX_FILE_MB, read_transcript
from tests.clients.captions.caption_files import read_text

CUE = "1\n00:00:01,000 --> 00:00:02,000\nmüde\n"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    started_s = time.process_time()
    with pytest.raises(
        InputRefused, match=rf"a\.json: it has 300 MB; a transcript may have {MAX_FILE_MB} MB"
    ):
        read_transcript(path)
    assert time.process_time() - started_s < 0.1


def test_captions_have_a_limit_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="a transcript may have 32 MB"):
        read_text(tmp_path, "a.srt", CUE.encode() + b"a" * 33 * 1024 * 1024)
    with pytest.raises(InputRefused, match="more than 1,000,000 lines"):
        read_text(tmp_path, "a.srt", CUE.encode() + b"\n" * 1_000_001)


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"gone\.vtt: it cannot be read: No such file"):
        read_transcript(tmp_path / "gone.vtt")
    with pytest.raises(InputRefused, match="it is not a file"):
        read_transcript(tmp_path)
    with pytest.raises(InputRefused, match="it cannot be read"):
        read_transcript(Path("a\0b"))
    os.mkfifo(tmp_path / "pipe.vtt")  # reading it would never end
    with pytest.raises(InputRefused, match="it is not a file"):
        read_transcript(tmp_path / "pipe.vtt")


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\0\0\0"])
@pytest.mark.parametrize("name", ["a.json", "a.vtt", "a.srt", "a.txt"])
def test_an_empty_file_is_called_empty(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(InputRefused, match=rf"{name}: the file is empty"):
        read_text(tmp_path, name, content)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_the_encoding_does_not_matter(tmp_path: Path, encoding: str) -> None:
    source = read_text(tmp_path, "a.srt", CUE.encode(encoding))
    assert [one.text for one in source.segments] == ["müde"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("0:00:00.378,0:00:11.378\nCaption\n", "SBV"),
        ("[Script Info]\nTitle: x\n", "Advanced SubStation Alpha"),
        ("[00:12.00]Line\n", "LRC"),
        ("{0}{25}Hello\n", "MicroDVD"),
        ("<!DOCTYPE html>\n<html></html>", "an HTML page"),
        ('<?xml version="1.0"?>\n<tt xmlns="http://www.w3.org/ns/ttml"/>', "TTML"),
        ('<?xml version="1.0"?><transcript><text start="0"/></transcript>', "an XML file"),
        ("%PDF-1.7 ...", "a PDF"),
    ],
)
def test_a_format_that_is_not_read_is_named(tmp_path: Path, content: str, name: str) -> None:
    with pytest.raises(
        InputRefused, match=rf"a\.txt: it is {name}.*, which is not read\. Convert it to"
    ):
        read_text(tmp_path, "a.txt", content)


def test_plain_text_is_told_why_times_are_needed_and_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"pages cite the second.*Whisper.*captions"):
        read_text(tmp_path, "a.txt", "Today we turn it up.\nAnd then we wait.\n")


def test_a_picture_is_no_text_file(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="it is no text file"):
        read_text(tmp_path, "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4)


def test_the_content_counts_before_the_ending(tmp_path: Path) -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\na\n"
    assert read_text(tmp_path, "a.json", vtt).format == "webvtt"
    assert read_text(tmp_path, "a.srt", vtt).format == "webvtt"
    assert (
        read_text(tmp_path, "a.vtt", '[{"start": 0, "end": 1, "text": "a"}]').format
        == "whisper_json"
    )


PARTS = st.sampled_from(
    """WEBVTT|\n|\n\n|\r\n|00:00:01.000 --> 00:00:02.000|00:00:03,000 --> 00:00:02,000|1|00:01|-->|<c>|</c>|<00:00:01.500>|<|>|</>
    |<ruby>|<rt>|&amp;|&#|;|NOTE|STYLE|a b|{|}|[|]|:|,|"segments"|"words"|"transcription"|"events"|"segs"|"offsets"|"from"
    |"start"|"end"|"text"|"word"|"a"|{"start": 0, "end": 1, "text": "a", "words": [{"word": "a", "start": null}]}|NaN|1e999|-1
    |{"segments": [|]}|null|true|"\\ud800"|\0|\ufeff|\x1b[|\u202e|é""".replace(
        "\n    |", "|"
    ).split("|")
)
ANY_BYTES = st.one_of(
    st.binary(max_size=300),
    st.lists(PARTS, max_size=40).map("".join).map(str.encode),
    st.lists(PARTS, max_size=40).map("".join).map(lambda text: b"WEBVTT\n\n" + text.encode()),
    st.lists(PARTS, max_size=40).map("".join).map(lambda text: text.encode("utf-16")),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "segments",
                    "transcript",
                    "transcription",
                    "events",
                    "segs",
                    "words",
                    "start",
                    "end",
                    "text",
                    "word",
                    "offsets",
                    "from",
                    "to",
                    "tStartMs",
                    "dDurationMs",
                    "utf8",
                    "tOffsetMs",
                    "title",
                    "url",
                    "language",
                    "duration",
                    "result",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


def assert_read_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        source = read_transcript(path)
    except InputRefused as refusal:
        assert refusal.what and refusal.cure and refusal.where.startswith(str(path))
        return
    assert isinstance(source, SourceTranscript)
    starts = [one.start_s for one in source.segments]
    assert starts == sorted(starts)
    assert SourceTranscript.model_validate_json(source.model_dump_json()) == source


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=ANY_BYTES, suffix=st.sampled_from([".json", ".vtt", ".srt", ".txt"]))
@example(content=b"WEBVTT\n\n00:00.000 --> 00:01.000\n</>", suffix=".vtt")
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    assert_read_or_refused(tmp_path / f"a{suffix}", content)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=JSON_VALUES)
def test_any_json_is_read_or_refused(tmp_path: Path, value: object) -> None:
    assert_read_or_refused(tmp_path / "a.json", json.dumps(value).encode())
