"""Chapters of the source: found in every spelling, and never the reason why a transcript is refused."""

import json
from pathlib import Path

import pytest

from resources.clients.captions.chapters import (
    MAX_CHAPTERS,
    chapters_of_info,
    info_beside,
    sound_chapters,
)
from resources.clients.captions.read import parse_transcript
from tests.library import put_vtt

SEGMENTS = [{"start": 0.0, "end": 30.0, "text": "one"}, {"start": 30.0, "end": 60.0, "text": "two"}]


def starts(found: object, end_s: float = 60.0) -> list[tuple[float, str]]:
    return [(c.start_s, c.title) for c in sound_chapters(found, end_s)[0]]


@pytest.mark.parametrize(
    "found",
    [
        [{"start_time": 0.0, "end_time": 30.0, "title": "A"}, {"start_time": 30.5, "title": "B"}],
        [{"start": 0, "end": 30, "title": "A"}, {"start": 30.5, "end": 60, "title": "B"}],
        [{"startTime": 0, "title": "A", "img": "x"}, {"startTime": 30.5, "title": "B"}],
        [{"start": 30.5, "title": "B"}, {"start": 0, "title": "A"}],
    ],
)
def test_every_spelling_is_read_and_put_in_order(found: object) -> None:
    assert starts(found) == [(0.0, "A"), (30.5, "B")]


@pytest.mark.parametrize("wrapped", [True, False])
def test_they_stand_beside_the_segments_or_beside_the_transcript(wrapped: bool) -> None:
    chapters = [{"start": 30, "title": "B"}]
    body = {"segments": SEGMENTS}
    root = {"transcript": body, "chapters": chapters} if wrapped else {**body, "chapters": chapters}
    source = parse_transcript(json.dumps(root).encode(), Path("a.json"))
    assert [(c.start_s, c.title) for c in source.chapters] == [(30.0, "B")]
    assert source.chapters_left_out == source.repairs == ()


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"start": 60.0, "title": "late"}, "after the end"),
        ({"start": -1, "title": "early"}, "without a time that can be"),
        ({"start": "12", "title": "text"}, "without a time that can be"),
        ({"start": True, "title": "bool"}, "without a time that can be"),
        ({"start": 10**400, "title": "huge"}, "without a time that can be"),
        ({"title": "no time"}, "without a time that can be"),
        ({"start": 3}, "without a title"),
        ({"start": 3, "title": " \u200b\x00 "}, "without a title"),
        ({"start": 3, "title": 7}, "without a title"),
        ("3", "without a title"),
        (None, "without a title"),
        ({"start": 10, "title": "again"}, "where another does"),
    ],
)
def test_what_is_not_sound_is_left_out_and_told_and_the_rest_stays(bad: object, told: str) -> None:
    root = {"segments": SEGMENTS, "chapters": [{"start": 10, "title": "Sound"}, bad]}
    source = parse_transcript(json.dumps(root).encode(), Path("a.json"))
    assert [(c.start_s, c.title) for c in source.chapters] == [(10.0, "Sound")]
    [sentence] = source.chapters_left_out
    assert told in sentence
    assert source.repairs == (), "a transcript's content does not follow its chapters"


@pytest.mark.parametrize("found", ["no list", 7, {"start": 1}])
def test_chapters_that_are_no_list_are_told(found: object) -> None:
    assert sound_chapters(found, 60.0) == ((), ("Its chapters are no list",))


def test_a_title_cannot_command_a_terminal_and_is_bounded() -> None:
    [(_, title)] = starts([{"start": 1, "title": "\x1b[2J\u202eEvil\ud800 " + "x" * 900}])
    assert title.startswith("Evil x")
    assert len(title) == 300


def test_no_more_are_read_than_a_video_can_have() -> None:
    many = [{"start": n / 100, "title": f"{n}"} for n in range(MAX_CHAPTERS + 5)]
    chapters, told = sound_chapters(many, 60.0)
    assert len(chapters) == MAX_CHAPTERS
    assert told == ("Only the first 1,000 of 1,005 chapters were read",)


@pytest.mark.parametrize(
    ("transcript", "info", "found"),
    [
        ("Kick.vtt", "Kick.info.json", True),
        ("Kick.en.vtt", "Kick.info.json", True),
        ("Kick.en-US.json3", "Kick.info.json", True),
        ("Kick.json", "Kick.info.json", True),
        ("Kick.part two.vtt", "Kick.info.json", False),
        ("Kick.vtt", "Snare.info.json", False),
    ],
)
def test_the_file_of_yt_dlp_is_found_by_its_name(
    tmp_path: Path, transcript: str, info: str, found: bool
) -> None:
    (tmp_path / info).write_text("{}")
    path = put_vtt(tmp_path / transcript)
    assert (info_beside(path) == tmp_path / info) is found


def test_a_name_that_is_too_long_has_nothing_beside_it(tmp_path: Path) -> None:
    assert info_beside(tmp_path / ("x" * 250 + ".vtt")) is None


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"chapters": null}', ()),
        (b"{}", ()),
        (b"[]", ()),
        (b'{"chapters": [', ("It is not valid JSON",)),
        (b"\xff\xfe", ("It is not valid JSON",)),
        (b'{"chapters": 3}', ("Its chapters are no list",)),
    ],
)
def test_a_file_of_yt_dlp_that_says_nothing_or_nonsense_is_no_failure(
    raw: bytes, told: tuple[str, ...]
) -> None:
    assert chapters_of_info(raw, 60.0) == ((), told)
