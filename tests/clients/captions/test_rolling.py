"""Captions that scroll come out as running text; captions that repeat themselves stay as they are."""

from pathlib import Path

from resources.clients.captions.read import read_transcript
from tests.clients.captions.caption_files import BADINPUTS, given, read_text, spoken

YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:01.000 --> 00:00:03.000 align:start position:0%
 
turn<00:00:01.400><c> the</c><00:00:01.800><c> filter</c>

00:00:03.000 --> 00:00:03.010 align:start position:0%
turn the filter
 

00:00:03.010 --> 00:00:05.000 align:start position:0%
turn the filter
down<00:00:03.500><c> the</c><00:00:04.000><c> filter</c>

00:00:05.000 --> 00:00:05.010 align:start position:0%
down the filter
 

00:00:05.010 --> 00:00:08.000 align:start position:0%
down the filter
filter<00:00:06.000><c> it</c>
"""


def test_youtube_s_scrolling_captions_say_everything_once(tmp_path: Path) -> None:
    source = read_text(tmp_path, "a.vtt", YOUTUBE)
    assert spoken(source) == [
        (1.0, 3.0, "turn the filter"),
        (3.01, 5.0, "down the filter"),
        (5.01, 8.0, "filter it"),
    ]
    words = [(word.start_s, word.end_s, word.text) for word in source.segments[1].words]
    assert words == [(3.01, 3.5, "down"), (3.5, 4.0, "the"), (4.0, 5.0, "filter")]
    assert source.repairs == (
        "Words that rolling captions repeat were taken out: 4 (first at line 9)",
    )


def test_scrolling_survives_the_conversion_to_subrip(tmp_path: Path) -> None:
    cues = [("a b", ""), ("a b", "c d"), ("c d", ""), ("c d", "e f"), ("e f", "")]
    text = "".join(
        f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{first}\n{second}\n\n"
        for n, (first, second) in enumerate(cues, start=1)
    )
    assert [one.text for one in read_text(tmp_path, "a.srt", text).segments] == [
        "a b",
        "c d",
        "e f",
    ]


def test_captions_that_grow_word_by_word_say_everything_once(tmp_path: Path) -> None:
    grown = ["so", "so we", "so we cut", "so we cut here", "then", "then listen"]
    text = "WEBVTT\n\n" + "".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n{said}\n\n" for n, said in enumerate(grown)
    )
    source = read_text(tmp_path, "a.vtt", text)
    assert " ".join(one.text for one in source.segments) == "so we cut here then listen"


def test_people_may_say_the_same_thing_twice(tmp_path: Path) -> None:
    said = ["yeah", "yeah", "yeah", "yeah", "and the", "the kick", "yeah"]
    text = "WEBVTT\n\n" + "".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n{words}\n\n" for n, words in enumerate(said)
    )
    source = read_text(tmp_path, "a.vtt", text)
    assert ([one.text for one in source.segments], source.repairs) == (said, ())


def test_in_scrolling_captions_words_after_a_pause_are_new(tmp_path: Path) -> None:
    again = YOUTUBE + "\n00:00:20.000 --> 00:00:21.000\nfilter it\n"
    assert read_text(tmp_path, "a.vtt", again).segments[-1].text == "filter it"


def test_a_file_of_youtube_dl_says_everything_once() -> None:
    source = read_transcript(given(BADINPUTS / "webvtt-py/youtube_dl.vtt"))
    assert [one.text for one in source.segments] == [
        "yeah",
        "what",
        "this will happen is I'm telling",
    ]
    assert [word.text for word in source.segments[2].words][-1] == "telling"
