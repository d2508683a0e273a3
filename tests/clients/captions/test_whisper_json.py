"""Every kind of JSON that is read, and what is said about JSON that is not."""

import json
from pathlib import Path

import pytest

from chrysopedia_assets.errors import InputRefused
from chrysopedia_assets.models.library_files import SourceTranscript
from resources.clients.captions.read import read_transcript
from tests.clients.captions.caption_files import given, read_text, shared_files, spoken

SAID = [(0.0, 2.0, "Turn it up."), (2.0, 4.0, "And wait.")]
SEGMENTS = [
    {"id": 0, "start": 0.0, "end": 2.0, "text": " Turn it up.", "tokens": [1, 2]},
    {"id": 1, "start": 2.0, "end": 4.0, "text": " And wait.", "tokens": [3]},
]
WORDS = [
    {"word": " Turn", "start": 0.0, "end": 0.5, "probability": 0.9},
    {"word": " it", "start": 0.5, "end": 1.0},
    {"word": " up.", "start": 1.0, "end": 2.0},
    {"word": " And", "start": 2.0, "end": 2.0},
    {"word": " wait.", "start": 2.5, "end": 4.0},
]


def read(tmp_path: Path, content: object) -> SourceTranscript:
    return read_text(tmp_path, "a.json", json.dumps(content))


def words_of(source: SourceTranscript) -> list[list[str]]:
    return [[word.text for word in segment.words] for segment in source.segments]


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Turn it up. And wait.", "segments": SEGMENTS, "language": "en"},  # openai-whisper
        {
            "task": "transcribe",
            "language": "en",
            "duration": 4.5,
            "segments": SEGMENTS,
            "words": None,
        },
        SEGMENTS,  # faster-whisper, dumped
        {
            "segments": [{**SEGMENTS[0], "speaker": "A"}, SEGMENTS[1]],
            "word_segments": [],
        },  # WhisperX
    ],
)
def test_every_whisper_gives_the_same_segments(tmp_path: Path, content: object) -> None:
    source = read(tmp_path, content)
    assert (spoken(source), source.format, source.repairs) == (SAID, "whisper_json", ())


def test_title_and_address_come_from_around_the_transcript(tmp_path: Path) -> None:
    wrapped = {
        "video_id": "x",
        "title": " Loud\u202e\n kicks ",
        "url": "https://example.com/v?x=1",
        "duration": 9,
    }
    source = read(tmp_path, wrapped | {"transcript": {"segments": SEGMENTS, "language": "english"}})
    assert (source.title, source.url) == ("Loud kicks", "https://example.com/v?x=1")
    assert (source.language, source.duration_s) == ("english", 9.0)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "https://a b",
        "http://[",
        "",
        7,
        None,
        "https://a/\nb",
    ],
)
def test_only_a_web_address_becomes_one(tmp_path: Path, url: object) -> None:
    assert read(tmp_path, {"url": url, "segments": SEGMENTS}).url is None


@pytest.mark.parametrize("value", [7, None, [], "", "  ", "\x00"])
def test_a_title_or_language_that_is_none_is_left_out(tmp_path: Path, value: object) -> None:
    source = read(
        tmp_path, {"title": value, "segments": SEGMENTS, "language": value, "duration": "long"}
    )
    assert (source.title, source.language, source.duration_s) == (None, None, None)


def test_words_inside_segments_are_kept_and_those_without_times_only_in_the_text(
    tmp_path: Path,
) -> None:
    first = SEGMENTS[0] | {
        "words": [WORDS[0], {"word": "it"}, {"word": "up.", "start": 1.9, "end": 2.3}]
    }
    source = read(tmp_path, [first, SEGMENTS[1]])
    assert [(w.start_s, w.end_s, w.text) for w in source.segments[0].words] == [
        (0.0, 0.5, "Turn"),
        (1.9, 2.0, "up."),
    ]
    assert source.segments[0].text == "Turn it up."
    assert source.repairs == (
        "Words without times were kept in the text only: 1 (first at segment 1)",
    )


def test_words_at_the_top_level_go_to_their_segments(tmp_path: Path) -> None:
    source = read(tmp_path, {"segments": SEGMENTS, "words": WORDS})
    assert words_of(source) == [["Turn", "it", "up."], ["And", "wait."]]


def test_words_of_no_length_on_a_border_go_to_the_segment_that_lacks_them(tmp_path: Path) -> None:
    words = [WORDS[0], WORDS[1], {"word": "up.", "start": 2.0, "end": 2.0}, WORDS[3], WORDS[4]]
    source = read(tmp_path, {"segments": SEGMENTS, "words": words})
    assert words_of(source) == [["Turn", "it", "up."], ["And", "wait."]]


def test_a_word_far_from_every_segment_belongs_to_none(tmp_path: Path) -> None:
    far = [
        {"word": "ghost", "start": 60.0, "end": 61.0},
        {"word": "no time"},
        "no word",
        {"start": 1},
    ]
    assert words_of(read(tmp_path, {"segments": SEGMENTS, "words": far})) == [[], []]


def test_whisper_cpp_counts_in_milliseconds(tmp_path: Path) -> None:
    source = read(
        tmp_path,
        {
            "result": {"language": "en"},
            "transcription": [
                {
                    "timestamps": {"from": "00:00:00,000", "to": "00:00:02,000"},
                    "offsets": {"from": 0, "to": 2000},
                    "text": " Turn it up.",
                },
                {"offsets": {"from": 2000, "to": 4000}, "text": " And wait."},
            ],
        },
    )
    assert (spoken(source), source.format, source.language) == (SAID, "whisper_cpp_json", "en")


def test_youtube_s_json3_gives_words_and_skips_line_feeds(tmp_path: Path) -> None:
    events = [
        {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
        {
            "tStartMs": 0,
            "dDurationMs": 4000,
            "segs": [
                {"utf8": "turn"},
                {"utf8": " it", "tOffsetMs": 500},
                {"utf8": " up", "tOffsetMs": 900},
            ],
        },
        {"tStartMs": 2000, "dDurationMs": 2000, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 2100, "dDurationMs": 3000, "segs": [{"utf8": "by a person"}]},
    ]
    source = read_text(tmp_path, "a.json3", json.dumps({"wireMagic": "pb3", "events": events}))
    assert (spoken(source), source.format) == (
        [(0.0, 4.0, "turn it up"), (2.1, 5.1, "by a person")],
        "json3",
    )
    assert [(w.start_s, w.end_s, w.text) for w in source.segments[0].words] == [
        (0.0, 0.5, "turn"),
        (0.5, 0.9, "it"),
        (0.9, 4.0, "up"),
    ]
    assert (source.segments[1].words, source.repairs) == ((), ())


def test_podcast_transcripts_are_read(tmp_path: Path) -> None:
    body = [
        {"speaker": "A", "startTime": 0, "endTime": 2, "body": "Turn it up."},
        {"startTime": 2, "endTime": 4, "body": "And wait."},
    ]
    source = read(tmp_path, {"version": "1.0.0", "segments": body})
    assert (spoken(source), source.format) == (SAID, "podcast_json")


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "null",
        "7",
        '"text"',
        '{"transcript": {}}',
        "[[]]",
        '[{"text": "a"}]',
        '{"segments": {}}',
        '{"captions": []}',
    ],
)
def test_json_that_is_no_transcript_says_what_was_looked_for(tmp_path: Path, content: str) -> None:
    with pytest.raises(
        InputRefused,
        match=r"valid JSON but no transcript: looked for `segments`.*whisper\.cpp.*json3",
    ):
        read_text(tmp_path, "a.json", content)


@pytest.mark.parametrize(
    "content", [{"text": "Turn it up."}, {"transcript": "Turn it up.", "title": "x"}]
)
def test_text_without_times_says_why_times_are_needed(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputRefused, match=r"pages cite the second.*Whisper.*captions"):
        read(tmp_path, content)


def test_words_without_segments_say_what_to_ask_for(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="timestamp_granularities"):
        read(tmp_path, {"text": "Turn it up.", "words": WORDS})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("text", "segment 2: it is no object but 'text'"),
        ({"start": 2, "end": 3}, "segment 2: it has no text"),
        ({"start": 2, "text": "a"}, "segment 2: its end time is missing or not a number"),
        (
            {"start": "2", "end": 3, "text": "a"},
            "segment 2: its start time is missing or not a number",
        ),
        (
            {"start": True, "end": 3, "text": "a"},
            "segment 2: its start time is missing or not a number",
        ),
        ({"start": 2, "end": 10**400, "text": "a"}, "segment 2: its end time is not finite"),
    ],
)
def test_a_segment_that_lacks_something_is_named(
    tmp_path: Path, item: object, message: str
) -> None:
    with pytest.raises(InputRefused, match=message):
        read(tmp_path, {"segments": [SEGMENTS[0], item]})


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{"segments": [1,\n2,,]}', "line 2 column 3"),
        (b'{"segments": [{"start": 0', "line 1 column 25"),
        (b'{"segments": [NaN]}', "line 1 column 15"),
        (b'{"text": "\\ud800"}', "line 1 column 17"),
        (b"[" * 100_000, "line 1 column 202"),
        (b'{"a":' * 100_000, "line 1 column"),
        (b"[" + b"9" * 10_000 + b"]", "line 1 column"),
    ],
)
def test_a_syntax_error_is_named_with_line_and_column(
    tmp_path: Path, content: bytes, where: str
) -> None:
    with pytest.raises(InputRefused, match=rf"a\.json, {where}.*: it is not valid JSON"):
        read_text(tmp_path, "a.json", content)


def test_of_equal_keys_the_last_counts_as_everywhere(tmp_path: Path) -> None:
    content = '{"segments": [], "segments": [{"start": 0, "start": 1, "end": 2, "text": "a"}]}'
    assert spoken(read_text(tmp_path, "a.json", content)) == [(1.0, 2.0, "a")]


def test_more_objects_than_any_transcript_needs_are_refused_before_parsing(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="more than 3,000,000 lists and objects"):
        read_text(tmp_path, "a.json", b"[" + b"[]," * 3_000_000 + b"[]]")


TUTORIALS = [
    path for path in shared_files("whisper_music", "*.json") if path.name != "chapters.json"
]


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_real_tutorials_are_read_and_every_word_is_in_its_segment(path: Path) -> None:
    source = read_transcript(given(path))
    assert source.title and source.url and source.language == "english" and source.duration_s
    spelled = ["".join(word.text for word in one.words) for one in source.segments]
    for segment, words in zip(source.segments, spelled, strict=True):
        letters = [letter for letter in segment.text if letter.isalnum()]
        assert [letter for letter in words if letter.isalnum()] == letters, segment
