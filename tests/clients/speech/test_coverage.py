"""Speech against words: a recogniser cannot hide a gap by stretching words over it."""

from chrysopedia_assets.models.transcripts import Segment, Word
from resources.clients.speech.coverage import minutes, unheard
from resources.clients.speech.port import Span


def spoken(start_s: float, end_s: float, step_s: float = 0.5) -> Segment:
    """A word every half second."""
    count = round((end_s - start_s) / step_s)
    starts = [start_s + n * step_s for n in range(count)]
    words = tuple(Word(at, at + step_s * 0.8, "word") for at in starts)
    return Segment(start_s=start_s, end_s=end_s, text=" ".join(["word"] * count), words=words)


def test_speech_with_words_is_heard() -> None:
    assert unheard([Span(0, 10), Span(12, 20)], [spoken(0, 10), spoken(12, 20)]) == []


def test_a_passage_without_words_is_found_with_its_times() -> None:
    [missed] = unheard([Span(0, 30)], [spoken(0, 10), spoken(20, 30)])
    assert 9.9 < missed.start_s < 10.5
    assert 19.5 < missed.end_s < 20.1


def test_a_word_stretched_over_a_passage_does_not_hide_it() -> None:
    stretched = Segment(
        start_s=0, end_s=20, text="one two", words=(Word(0, 15, "one"), Word(15, 20, "two"))
    )
    first, second = unheard([Span(0, 20)], [stretched])
    assert (round(first.start_s), round(first.end_s)) == (2, 15)
    assert second.end_s == 20


def test_a_long_segment_with_few_words_and_no_times_does_not_hide_speech() -> None:
    short = Segment(start_s=0, end_s=25, text="one two three")
    [missed] = unheard([Span(0, 25)], [short])
    assert missed.start_s < 3
    full = Segment(start_s=0, end_s=25, text=" ".join(["word"] * 60))
    assert unheard([Span(0, 25)], [full]) == []


def test_a_script_without_spaces_counts_its_characters() -> None:
    japanese = Segment(start_s=0, end_s=10, text="キックのローをハイパスで少しだけ削ってください")
    assert unheard([Span(0, 8)], [japanese]) == []


def test_a_breath_is_no_unheard_speech() -> None:
    assert unheard([Span(0, 10), Span(11, 11.9)], [spoken(0, 10)]) == []


def test_minutes_add_up_to_the_speech() -> None:
    speech = [Span(10, 30), Span(50, 70), Span(190, 200)]
    found = minutes(speech, [spoken(10, 30), spoken(50, 60)])
    assert [one.minute for one in found] == [0, 1, 3]
    assert [one.speech_s for one in found] == [30, 10, 10]
    assert found[0].heard_s == 30
    assert 0 < found[1].heard_s < 1
    assert found[2].heard_s == 0
