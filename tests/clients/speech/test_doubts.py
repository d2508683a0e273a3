"""What a recogniser makes up has marks, and plain speech has none."""

import pytest

from chrysopedia_assets.models.transcripts import Segment, Word
from resources.clients.speech.doubts import doubts, repeated_phrase
from resources.clients.speech.port import HeardSegment, Span

SPEECH = [Span(0, 100)]


def said(
    text: str, start_s: float = 0.0, end_s: float = 10.0, *, words: bool = False, **more: float
) -> HeardSegment:
    spoken = text.split()
    step_s = (end_s - start_s) / len(spoken)
    timed = [
        Word(start_s + n * step_s, start_s + (n + 1) * step_s, word)
        for n, word in enumerate(spoken)
    ]
    segment = Segment(start_s=start_s, end_s=end_s, text=text, words=tuple(timed) if words else ())
    return HeardSegment(segment, **more)


def kinds(*heard: HeardSegment, speech: list[Span] = SPEECH) -> list[str]:
    return [doubt.kind for doubt in doubts(heard, speech)]


def test_plain_speech_has_no_doubts() -> None:
    one = said("Cut everything below thirty hertz.", log_probability=-0.3, compression_ratio=1.2)
    assert kinds(one) == []


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("kick kick kick kick", "kick"),
        ("so thank you. Thank you, thank you! Thank you", "thank you"),
        (
            "we turn it up and we turn it up and we turn it up and we turn it up and",
            "we turn it up and",
        ),
        ("one two three four one two three four", None),
        ("very very very loud", None),
        ("", None),
    ],
)
def test_a_phrase_that_comes_again_and_again_is_found(text: str, phrase: str | None) -> None:
    assert repeated_phrase(text) == phrase


def test_repetition_within_and_across_segments_is_told_with_its_times() -> None:
    assert kinds(said("again and again and again and again and again and")) == ["repeated"]
    same = [said("Thanks for watching.", n, n + 1) for n in range(3)]
    [doubt] = doubts(same, SPEECH)
    assert (doubt.kind, doubt.start_s, doubt.end_s) == ("repeated", 0, 3)
    assert kinds(*same[:2]) == []


def test_text_that_compresses_too_well_is_doubtful() -> None:
    assert kinds(said("la di da", compression_ratio=2.5)) == ["repeated"]


def test_what_the_recogniser_is_not_sure_of_is_told() -> None:
    assert kinds(said("hertz", log_probability=-1.2)) == ["improbable"]


def test_more_words_than_anybody_can_say_are_improbable() -> None:
    assert kinds(said("set the attack to ten", 5.0, 5.3)) == ["improbable"]


@pytest.mark.parametrize("words", [True, False])
def test_text_over_silence_is_told(words: bool) -> None:
    speech = [Span(0, 5), Span(30, 40)]
    assert kinds(said("Thanks for watching.", 15, 18, words=words), speech=speech) == [
        "over_silence"
    ]
    assert kinds(said("Thanks for watching.", 31, 34, words=words), speech=speech) == []


def test_a_segment_without_length_can_be_judged() -> None:
    assert kinds(said("hm", 15, 15), speech=[Span(0, 5)]) == ["over_silence"]
