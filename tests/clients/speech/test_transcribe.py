"""From a file to what was heard in it: real containers, the real library, and files that nobody wishes for."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from chrysopedia_assets.errors import InputRefused, InputUnreadable
from chrysopedia_assets.models.hearing import Hearing
from resources.clients.speech.media import media_hash
from resources.clients.speech.port import Ask, HeardClip, Hints, Recogniser, Span
from resources.clients.speech.transcribe import Job, transcribe
from resources.clients.speech.whisper import WhisperRecogniser
from resources.clients.speech.window_store import WindowFolder
from tests.clients.speech.scripted import Scripted, all_heard, segment
from tests.clients.speech.sounds import (
    HZ,
    SENTENCES,
    Sound,
    cut,
    damaged,
    many_sentences,
    music,
    silence,
    talk,
    write_media,
)

JOB = Job("test model")
SHORT = Job("test model", window_s=20.0)


def heard(path: Path, recogniser: Recogniser, job: Job = JOB, **more: object) -> Hearing:
    return transcribe(path, recogniser, job, content=media_hash(path), **more)  # type: ignore[arg-type]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def share_heard(hearing: Hearing, sentences: tuple[str, ...] = SENTENCES) -> float:
    """Of the words that were said, how many were written down in this order."""
    import difflib

    said = words(" ".join(sentences))
    written = words(" ".join(one.text for one in hearing.segments))
    same = difflib.SequenceMatcher(None, said, written, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / len(said)


def begins_s(hearing: Hearing, sentence: str) -> float:
    first, second, *_ = words(sentence)
    spoken = [word for one in hearing.segments for word in one.words]
    for word, after in pairwise(spoken):
        if words(word.text) == [first] and words(after.text) == [second]:
            return word.start_s
    raise AssertionError(f"{sentence} was not heard: {[word.text for word in spoken]}")


@pytest.fixture(scope="module")
def spoken() -> Sound:
    return talk()[0]


def test_a_video_becomes_words_at_their_seconds(
    tmp_path: Path, whisper: WhisperRecogniser, spoken: Sound
) -> None:
    path = write_media(tmp_path / "a.mp4", spoken, rate=48_000, layout="stereo", video="steady")
    progress: list[tuple[float, float | None]] = []
    hearing = heard(path, whisper, progress=lambda done, of: progress.append((done, of)))
    assert share_heard(hearing) > 0.85
    sentence, at_s = SENTENCES[1], talk()[1][1]
    assert begins_s(hearing, sentence) == pytest.approx(at_s, abs=0.15)
    assert hearing.language == "en"
    assert hearing.duration_s == pytest.approx(len(spoken) / HZ, abs=0.1)
    assert hearing.heard_share > 0.95
    assert not [doubt for doubt in hearing.doubts if doubt.kind == "unheard"]
    assert hearing.made_by == whisper.made_by
    assert progress[0] == (0, progress[-1][1])
    assert progress[-1][0] == pytest.approx(progress[-1][1], abs=0.1)


@pytest.mark.parametrize(
    ("name", "rate", "layout", "codec", "video", "least"),
    [
        ("8 kHz.wav", 8_000, "mono", "pcm_s16le", None, 0.25),  # the small model never heard that
        ("seven.wav", 48_000, "7.1", "pcm_s16le", None, 0.6),
        ("variable.mkv", 44_100, "stereo", "aac", "variable", 0.6),
        ("new\nline.webm", 48_000, "mono", "libopus", None, 0.6),
    ],
)
def test_odd_files_are_heard_like_others(
    tmp_path: Path,
    whisper: WhisperRecogniser,
    spoken: Sound,
    name: str,
    rate: int,
    layout: str,
    codec: str,
    video: str | None,
    least: float,
) -> None:
    path = write_media(tmp_path / name, spoken, rate=rate, layout=layout, codec=codec, video=video)
    hearing = heard(path, whisper)
    assert share_heard(hearing) > least
    assert hearing.heard_share > 0.85  # processors multiply a little differently
    assert not [doubt for doubt in hearing.doubts if doubt.kind in ("damaged", "cut_short")]


def test_a_damaged_middle_is_told_and_what_follows_keeps_its_second(
    tmp_path: Path, whisper: WhisperRecogniser, spoken: Sound
) -> None:
    path = damaged(write_media(tmp_path / "a.mp4", spoken), (0.40, 0.55))
    hearing = heard(path, whisper)
    kinds = {doubt.kind for doubt in hearing.doubts}
    assert "damaged" in kinds
    assert begins_s(hearing, SENTENCES[5]) == pytest.approx(talk()[1][5], abs=0.2)


def test_a_file_that_was_cut_off_is_heard_as_far_as_it_goes(
    tmp_path: Path, whisper: WhisperRecogniser, spoken: Sound
) -> None:
    path = cut(write_media(tmp_path / "a.mkv", spoken), 0.5)
    hearing = heard(path, whisper)
    assert share_heard(hearing, SENTENCES[:2]) > 0.7
    [doubt] = [one for one in hearing.doubts if one.kind == "cut_short"]
    assert doubt.end_s == pytest.approx(len(spoken) / HZ, abs=0.2)


@pytest.mark.parametrize("sound", [silence(20), music(20)], ids=["silence", "music"])
def test_a_file_without_speech_is_refused_and_costs_no_recognising(
    tmp_path: Path, sound: Sound
) -> None:
    recogniser = Scripted(all_heard)
    with pytest.raises(InputRefused, match="nobody speaks in it: 20 s of silence, music or noise"):
        heard(write_media(tmp_path / "a.mp4", sound), recogniser)
    assert recogniser.asked == []


def test_speech_of_which_nothing_is_recognised_is_refused(tmp_path: Path, spoken: Sound) -> None:
    deaf = Scripted(lambda clip, ask: HeardClip(clip, ()))
    with pytest.raises(InputRefused, match="sound like speech, and no word of it was recognised"):
        heard(write_media(tmp_path / "a.mp4", spoken), deaf)


def test_what_stays_unheard_is_told_with_its_times(tmp_path: Path, spoken: Sound) -> None:
    def half_deaf(clip: Span, ask: Ask) -> HeardClip:
        return HeardClip(
            clip, () if ask.again else (segment(clip.start_s, clip.start_s + 8),), "en"
        )

    hearing = heard(write_media(tmp_path / "a.mp4", spoken), Scripted(half_deaf))
    missed = [doubt for doubt in hearing.doubts if doubt.kind == "unheard"]
    assert missed[-1].start_s > 8
    assert re.fullmatch(r"for \d+\.\d s", missed[-1].reason)
    assert 0.3 < hearing.heard_share < 0.7
    [minute] = hearing.minutes
    assert minute.heard_s < minute.speech_s


def test_two_languages_in_one_file_are_told(tmp_path: Path, spoken: Sound) -> None:
    def answer(clip: Span, ask: Ask) -> HeardClip:
        german = clip.start_s > 20 or (clip.start_s < 3 and ask.language == "de")
        one = segment(*clip, log_probability=-0.1 if ask.language == "de" else -0.5)
        return HeardClip(clip, (one,), ask.language or "en", "de" if german else "en", 0.95)

    sound = np.concatenate([spoken, silence(7), spoken])
    hearing = heard(write_media(tmp_path / "a.mp4", sound), Scripted(answer))
    assert hearing.language == "en"
    [doubt] = [one for one in hearing.doubts if one.kind == "other_language"]
    assert doubt.start_s > len(spoken) / HZ
    assert doubt.reason == "written down in de, the rest in en"


def test_text_beyond_the_end_is_told_and_put_to_the_end(tmp_path: Path, spoken: Sound) -> None:
    def late(clip: Span, ask: Ask) -> HeardClip:
        return HeardClip(clip, (segment(*clip), segment(clip.end_s + 50, clip.end_s + 52)), "en")

    hearing = heard(write_media(tmp_path / "a.mp4", spoken), Scripted(late))
    assert hearing.segments[-1].end_s == hearing.duration_s
    assert "beyond_end" in {doubt.kind for doubt in hearing.doubts}
    assert len(hearing.segments) == 2


class Killed(Exception):
    pass


def test_a_killed_run_goes_on_behind_its_last_window_and_gives_the_same(
    tmp_path: Path, whisper: WhisperRecogniser
) -> None:
    path = write_media(tmp_path / "a.mp4", talk(many_sentences(25))[0])
    store = WindowFolder(tmp_path / "kept")
    seen: list[float] = []

    def kill(done_s: float, of_s: float | None) -> None:
        seen.append(done_s)
        if len(seen) == 3:
            raise Killed

    with pytest.raises(Killed):
        heard(path, whisper, SHORT, store=store, progress=kill)
    after: list[float] = []
    resumed = heard(path, whisper, SHORT, store=store, progress=lambda done, of: after.append(done))
    assert after[0] == seen[-1], "what was done is told at once"
    assert after[1] > seen[-1]
    assert resumed == heard(path, whisper, SHORT)
    assert len(after) + len(seen) >= 4


def test_what_is_kept_is_of_one_file_model_and_prompt(tmp_path: Path, spoken: Sound) -> None:
    store = WindowFolder(tmp_path / "kept")
    path = write_media(tmp_path / "a.mp4", spoken)

    def asked(job: Job) -> int:
        recogniser = Scripted(all_heard)
        heard(path, recogniser, job, store=store)
        return len(recogniser.asked)

    assert asked(JOB) == 1
    assert asked(JOB) == 0
    for other in (
        Job("another model"),
        Job("test model", Hints(prompt="Drums.")),
        Job("test model", Hints(hotwords="Serum")),
        Job("test model", language="en"),
    ):
        assert other.version != JOB.version
        assert asked(other) == 1
    write_media(path, spoken * np.float32(0.5))
    assert asked(JOB) == 1


def test_a_kept_window_that_cannot_be_read_is_heard_again(tmp_path: Path, spoken: Sound) -> None:
    store = WindowFolder(tmp_path / "kept")
    path = write_media(tmp_path / "a.mp4", spoken)
    before = heard(path, Scripted(all_heard), store=store)
    [kept] = (tmp_path / "kept").iterdir()
    for nonsense in ('{"end": 3}', "{", kept.read_text().replace('"end":', '"end":-', 1)):
        kept.write_text(nonsense)
        assert heard(path, Scripted(all_heard), store=store) == before


@pytest.mark.parametrize("mishap", ["vanishes", "changes"])
def test_a_file_that_goes_while_it_is_read_is_told(
    tmp_path: Path, spoken: Sound, mishap: str
) -> None:
    path = write_media(tmp_path / "a.mp4", spoken)

    def meanwhile(clip: Span, ask: Ask) -> HeardClip:
        if mishap == "vanishes":
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(b"something else")
        return all_heard(clip, ask)

    with pytest.raises(InputUnreadable):
        heard(path, Scripted(meanwhile))


def test_the_language_that_was_found_is_told_to_later_windows(tmp_path: Path) -> None:
    recogniser = Scripted(all_heard)
    heard(write_media(tmp_path / "a.mp4", talk(many_sentences(12))[0]), recogniser, SHORT)
    assert [ask.language for _, ask in recogniser.asked] == [None, "en"]
