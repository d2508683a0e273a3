"""What is missing or doubtful is asked for once more, in another way; what was right stays."""

import itertools
from dataclasses import replace

import numpy as np

from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.coverage import unheard
from resources.clients.speech.listening import listen
from resources.clients.speech.port import SAMPLE_HZ, Ask, HeardClip, HeardSegment, Hints, Span
from resources.clients.speech.windows import Window
from tests.clients.speech.scripted import Scripted, all_heard, drops, segment

SPEECH = (Span(1.0, 25.0), Span(26.0, 50.0))
HINTS = Hints("Drums.", "Serum, Vital")


def window(speech: tuple[Span, ...] = SPEECH, seconds: float = 60.0) -> Window:
    return Window(0, np.zeros(round(seconds * SAMPLE_HZ), np.float32), speech)


def heard(recogniser: Scripted, ask: Ask | None = None, fixed: bool = False) -> list[HeardClip]:
    return listen(window(), recogniser, ask or Ask(hints=HINTS), fixed)


def segments(clips: list[HeardClip]) -> list[Segment]:
    return [one.segment for clip in clips for one in clip.segments]


def test_a_window_without_speech_costs_nothing() -> None:
    recogniser = Scripted(all_heard)
    assert listen(window(()), recogniser, Ask(), fixed_language=False) == []
    assert recogniser.asked == []


def test_what_was_heard_is_asked_for_once() -> None:
    recogniser = Scripted(all_heard)
    found = heard(recogniser)
    assert len(recogniser.asked) == 1
    assert unheard(SPEECH, segments(found)) == []


def test_a_passage_that_was_dropped_is_asked_for_by_itself_and_differently() -> None:
    recogniser = Scripted(drops(Span(10.0, 18.0)))
    found = heard(recogniser)
    [(clips, ask)] = recogniser.again
    assert ask == Ask("en", Hints(), again=True)
    [clip] = clips
    assert 9.5 < clip.start_s < 11
    assert 17 < clip.end_s < 18.5
    assert unheard(SPEECH, segments(found)) == []


def test_words_that_were_there_are_not_doubled_by_the_second_try() -> None:
    def answer(clip: Span, ask: Ask) -> HeardClip:
        if not ask.again:
            return drops(Span(10.0, 18.0))(clip, ask)
        wide = segment(clip.start_s - 6, clip.start_s - 1), segment(*clip)
        return HeardClip(clip, wide, "en", "en", 0.9)

    found = segments(heard(Scripted(answer)))
    in_order = sorted(found, key=lambda one: one.start_s)
    assert len(found) == 4
    assert all(a.end_s <= b.start_s + 1 for a, b in itertools.pairwise(in_order))


def test_what_stays_missing_is_asked_for_only_once() -> None:
    def deaf(clip: Span, ask: Ask) -> HeardClip:
        return HeardClip(clip, (), "en")

    recogniser = Scripted(deaf)
    assert segments(heard(recogniser)) == []
    assert len(recogniser.again) == len(SPEECH)


def test_doubtful_text_is_replaced_by_a_better_second_try() -> None:
    def loops(clip: Span, ask: Ask) -> HeardClip:
        if ask.again or clip.start_s > 20:
            return all_heard(clip, ask)
        loop = Segment(start_s=clip.start_s, end_s=clip.end_s, text="thank you " * 20)
        return HeardClip(clip, (HeardSegment(loop, -0.2, 9.0),), "en", "en", 0.9)

    recogniser = Scripted(loops)
    found = segments(heard(recogniser))
    assert [ask.hints for _, ask in recogniser.again] == [Hints()]
    assert not any("thank you" in one.text for one in found)


def test_doubtful_text_stays_where_the_second_try_is_no_better() -> None:
    def mumbles(clip: Span, ask: Ask) -> HeardClip:
        text = "second" if ask.again else "first"
        one = segment(*clip, log_probability=-2.0)
        return HeardClip(
            clip, (replace(one, segment=one.segment.model_copy(update={"text": text})),)
        )

    assert {one.text for one in segments(heard(Scripted(mumbles)))} == {"first"}


def german(surety: float):  # type: ignore[no-untyped-def]
    """The second half is German; written as English it makes little sense."""

    def answer(clip: Span, ask: Ask) -> HeardClip:
        if clip.start_s < 20:
            return all_heard(clip, ask)
        one = segment(*clip, log_probability=-0.2 if ask.language == "de" else -0.9)
        return HeardClip(clip, (one,), ask.language or "en", "de", surety)

    return answer


def test_a_clip_in_another_language_is_heard_in_it() -> None:
    recogniser = Scripted(german(0.95))
    found = heard(recogniser)
    assert [clip.language for clip in found] == ["en", "de"]
    assert [ask.language for _, ask in recogniser.asked] == [None, "de"]
    assert recogniser.asked[1][1].hints == HINTS


def test_a_guess_of_another_language_is_not_followed() -> None:
    recogniser = Scripted(german(0.5))
    assert [clip.language for clip in heard(recogniser)] == ["en", "en"]
    assert len(recogniser.asked) == 1


def test_another_language_is_kept_only_where_it_makes_more_sense() -> None:
    def answer(clip: Span, ask: Ask) -> HeardClip:
        one = segment(*clip, log_probability=-0.9 if ask.language == "cy" else -0.3)
        return HeardClip(clip, (one,), ask.language or "en", "cy", 0.9)

    assert [clip.language for clip in heard(Scripted(answer))] == ["en", "en"]


def test_a_language_that_somebody_chose_stays() -> None:
    recogniser = Scripted(german(0.95))
    found = heard(recogniser, Ask("en"), fixed=True)
    assert [clip.language for clip in found] == ["en", "en"]
    assert len(recogniser.asked) == 1


def test_words_do_not_begin_in_a_pause() -> None:
    found = segments(heard(Scripted(all_heard)))
    assert found[0].start_s == 0.95
