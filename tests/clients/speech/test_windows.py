"""Windows and clips are cut where nobody speaks, and lose nothing."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from resources.clients.speech.port import LONGEST_CLIP_S, SAMPLE_HZ, Span
from resources.clients.speech.windows import clips, windows

LENGTHS = st.lists(st.tuples(st.floats(0.05, 12.0), st.floats(0.2, 29.0)), min_size=0, max_size=12)


def spans(pauses_and_speech: list[tuple[float, float]]) -> tuple[list[Span], float]:
    """Speech after pauses, and where all ends."""
    found, at_s = [], 0.0
    for pause_s, speech_s in pauses_and_speech:
        found.append(Span(at_s + pause_s, at_s + pause_s + speech_s))
        at_s += pause_s + speech_s
    return found, at_s + 0.1


def blocks(seconds: float, block_s: float = 1.7) -> list[np.ndarray]:
    """Samples whose value is their number, so that nobody can swap or lose any."""
    samples = np.arange(round(seconds * SAMPLE_HZ)) % 30_000
    cuts = range(0, len(samples), round(block_s * SAMPLE_HZ))
    return [samples[at : at + round(block_s * SAMPLE_HZ)].astype(np.int16) for at in cuts]


def voice(speech: list[Span], first_of: list[int]):  # type: ignore[no-untyped-def]
    """A detector that knows where speech is: of the window that the next call is about."""

    def find(audio: np.ndarray) -> list[Span]:
        start_s = first_of[-1] / SAMPLE_HZ
        end_s = start_s + len(audio) / SAMPLE_HZ
        inside = [
            Span(max(a, start_s), min(b, end_s)) for a, b in speech if a < end_s and b > start_s
        ]
        return [span.later(-start_s) for span in inside]

    return find


def cut_up(speech: list[Span], seconds: float, longest_s: float, first: int = 0):  # type: ignore[no-untyped-def]
    first_of = [first]
    found = []
    for window in windows(blocks(seconds), voice(speech, first_of), first, longest_s):
        found.append(window)
        first_of.append(window.first + len(window.audio))
    return found


def test_windows_follow_one_another_and_are_the_whole_file() -> None:
    speech = [Span(at, at + 3.0) for at in np.arange(1.0, 70.0, 4.0)]
    found = cut_up(speech, 75.0, 20.0)
    assert [window.first for window in found[1:]] == [
        window.first + len(window.audio) for window in found[:-1]
    ]
    joined = np.concatenate([window.audio for window in found])
    assert np.array_equal(np.round(joined * 32768), np.concatenate(blocks(75.0)))
    assert all(len(window.audio) <= 20 * SAMPLE_HZ for window in found)


def test_windows_end_in_pauses() -> None:
    speech = [Span(at, at + 3.0) for at in np.arange(1.0, 70.0, 4.0)]
    for window in cut_up(speech, 75.0, 20.0)[:-1]:
        end_s = window.span.end_s
        assert not any(start_s < end_s < stop_s for start_s, stop_s in speech)
        assert window.span.length_s > 10


def test_speech_without_a_good_pause_is_cut_in_its_longest_one() -> None:
    speech = [Span(0.0, 12.0), Span(12.1, 15.0), Span(15.3, 19.0), Span(19.1, 60.0)]
    assert cut_up(speech, 60.0, 20.0)[0].span.end_s == 15.15


def test_speech_without_any_pause_is_cut_all_the_same() -> None:
    assert [window.span.end_s for window in cut_up([Span(0.0, 50.0)], 50.0, 20.0)] == [20, 40, 50]


def test_a_run_that_goes_on_gives_the_same_windows() -> None:
    speech = [Span(at, at + 2.0) for at in np.arange(0.5, 70.0, 3.1)]
    whole = cut_up(speech, 75.0, 20.0)
    rest = cut_up(speech, 75.0, 20.0, first=whole[2].first)
    assert [window.first for window in rest] == [window.first for window in whole[2:]]
    assert [window.speech for window in rest] == [window.speech for window in whole[2:]]
    assert all(np.array_equal(a.audio, b.audio) for a, b in zip(rest, whole[2:], strict=True))


def test_nothing_is_held_of_a_window_that_is_done() -> None:
    import tracemalloc

    def endless():  # type: ignore[no-untyped-def]
        for _ in range(400):
            yield np.zeros(SAMPLE_HZ, np.int16)

    tracemalloc.start()
    for window in windows(endless(), lambda audio: [], longest_s=20.0):
        assert len(window.audio)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * SAMPLE_HZ * 4 * 6


@given(LENGTHS)
def test_clips_hold_all_speech_and_are_no_longer_than_a_recogniser_hears(
    lengths: list[tuple[float, float]],
) -> None:
    speech, end_s = spans(lengths)
    found = clips(speech, end_s)
    assert all(clip.length_s <= LONGEST_CLIP_S for clip in found)
    assert all(0 <= clip.start_s <= clip.end_s <= end_s for clip in found)
    assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(found))
    for span in speech:
        assert sum(clip.overlap_s(span) for clip in found) > span.length_s - 1e-6


def test_short_pauses_stay_in_a_clip_and_long_ones_end_it() -> None:
    speech = [Span(1.0, 3.0), Span(5.0, 7.0), Span(20.0, 22.0)]
    assert clips(speech, 30.0) == [Span(0.6, 7.4), Span(19.6, 22.4)]


def test_clips_share_a_short_pause() -> None:
    [first, second] = clips([Span(0.0, 20.0), Span(20.2, 40.0)], 40.0)
    assert (first.end_s, second.start_s) == (20.1, 20.1)
