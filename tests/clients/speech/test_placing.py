"""A word begins and ends where speech does."""

from chrysopedia_assets.models.transcripts import Segment, Word
from resources.clients.speech.placing import placed
from resources.clients.speech.port import Span

SPEECH = [Span(1.0, 3.0), Span(5.0, 8.0)]


def segment(*words: tuple[float, float]) -> Segment:
    timed = tuple(Word(start_s, end_s, "word") for start_s, end_s in words)
    return Segment(start_s=words[0][0], end_s=words[-1][1], text="word " * len(words), words=timed)


def times(found: Segment) -> list[tuple[float, float]]:
    return [(round(word.start_s, 2), round(word.end_s, 2)) for word in found.words]


def test_a_word_does_not_begin_in_the_pause_before_it() -> None:
    found = placed(segment((3.6, 5.4), (5.4, 6.0)), SPEECH)
    assert times(found) == [(4.95, 5.4), (5.4, 6.0)]
    assert found.start_s == 4.95


def test_a_word_does_not_last_through_the_pause_after_it() -> None:
    found = placed(segment((2.0, 2.5), (2.5, 4.4)), SPEECH)
    assert times(found) == [(2.0, 2.5), (2.5, 3.05)]
    assert round(found.end_s, 2) == 3.05


def test_a_word_in_a_pause_stays_there() -> None:
    assert times(placed(segment((3.5, 4.2)), SPEECH)) == [(3.5, 4.2)]


def test_words_inside_speech_stay_and_so_does_the_text() -> None:
    before = segment((5.1, 5.5), (5.5, 6.0), (6.0, 7.5))
    assert placed(before, SPEECH) == before


def test_without_words_or_speech_nothing_moves() -> None:
    bare = Segment(start_s=3.5, end_s=6.0, text="bare")
    assert placed(bare, SPEECH) == bare
    assert placed(segment((3.6, 5.4)), []) == segment((3.6, 5.4))
