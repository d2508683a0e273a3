"""Other projects' collections of files that broke somebody: each is read or refused, none crashes or hangs."""

from pathlib import Path

import pytest

from chrysopedia_assets.errors import InputRefused
from resources.clients.captions.read import read_transcript
from tests.clients.captions.caption_files import given, shared_files

JSON_TESTS = "badinputs/JSONTestSuite/test_parsing"


def refusal_of(path: Path) -> str:
    with pytest.raises(InputRefused) as caught:
        read_transcript(path)
    return str(caught.value)


@pytest.mark.parametrize("path", shared_files(JSON_TESTS, "n_*.json"), ids=lambda path: path.stem)
def test_broken_json_is_called_broken(path: Path) -> None:
    message = refusal_of(given(path))
    assert "it is not valid JSON" in message or "the file is empty" in message


@pytest.mark.parametrize("path", shared_files(JSON_TESTS, "y_*.json"), ids=lambda path: path.stem)
def test_sound_json_is_called_no_transcript(path: Path) -> None:
    assert "valid JSON but no transcript" in refusal_of(given(path))


@pytest.mark.parametrize(
    "path",
    shared_files(JSON_TESTS, "i_*.json")
    + shared_files("badinputs/JSONTestSuite/test_transform", "*.json"),
    ids=lambda path: path.stem,
)
def test_doubtful_json_is_refused_one_way_or_the_other(path: Path) -> None:
    message = refusal_of(given(path))
    assert "it is not valid JSON" in message or "valid JSON but no transcript" in message


@pytest.mark.parametrize("path", shared_files("badinputs", "**/*.vtt"), ids=lambda path: path.stem)
def test_a_webvtt_file_is_read_or_refused_for_a_reason_that_is_its_own(path: Path) -> None:
    try:
        source = read_transcript(given(path))
    except InputRefused as refusal:
        reasons = ("has to begin with", "no speech in it", "the file is empty", "beyond 48 hours")
        assert any(reason in refusal.what for reason in reasons), refusal
    else:
        assert source.format == "webvtt"


@pytest.mark.parametrize("path", shared_files("badinputs", "**/*.srt"), ids=lambda path: path.stem)
def test_a_subrip_file_is_read_unless_it_has_no_times_or_no_text(path: Path) -> None:
    try:
        source = read_transcript(given(path))
    except InputRefused as refusal:
        assert path.stem.startswith("invalid_format"), refusal
    else:
        assert source.format == "srt"


@pytest.mark.parametrize(
    "path",
    shared_files("badinputs", "**/*.sbv")
    + shared_files("badinputs", "**/*.html*")
    + shared_files("badinputs", "**/*.static")
    + shared_files("badinputs/blns", "blns.*"),
    ids=lambda path: path.stem,
)
def test_other_formats_are_refused(path: Path) -> None:
    assert refusal_of(given(path))


@pytest.mark.parametrize(
    "path", shared_files("pythonbytes/transcripts", "*.vtt"), ids=lambda path: path.stem
)
def test_real_podcasts_are_read_without_a_repair(path: Path) -> None:
    source = read_transcript(given(path))
    assert len(source.segments) > 200 and source.repairs == ()
