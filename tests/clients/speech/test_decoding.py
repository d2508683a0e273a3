"""Packet by packet: damage is skipped and told, and what comes after it keeps its second."""

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from chrysopedia_assets.errors import InputRefused
from resources.clients.speech.decoding import Decoder, as_float
from resources.clients.speech.port import SAMPLE_HZ
from resources.clients.speech.tracks import speech_track
from tests.clients.speech.sounds import (
    HZ,
    Sound,
    cut,
    damaged,
    music,
    silence,
    talk,
    write_media,
)


def click_track(seconds: int) -> Sound:
    """One click a second, on the second: shows where sound comes to lie."""
    sound = silence(seconds)
    for second in range(seconds):
        at = second * HZ
        sound[at : at + 400] += np.sin(np.arange(400) / 3).astype(np.float32) * 0.8
    return sound


def clicks_s(sound: Sound) -> list[float]:
    [loud] = np.nonzero(np.abs(sound) > 0.3)
    first = loud[np.insert(np.diff(loud) > HZ // 2, 0, True)]
    return [float(at) / SAMPLE_HZ for at in first]


def decoded(path: Path) -> tuple[Sound, Decoder]:
    decoder = Decoder(path)
    return as_float(decoder), decoder


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.mp4", "aac", 48_000),
        ("a.mov", "aac", 44_100),
        ("a.mkv", "aac", 32_000),
        ("a.webm", "libopus", 48_000),
        ("a.mp3", "mp3", 44_100),
        ("a.m4a", "aac", 16_000),
        ("a.ogg", "libopus", 48_000),
        ("a.flac", "flac", 96_000),
        ("a.wav", "pcm_s16le", 8_000),
        ("a.avi", "mp3", 22_050),
    ],
)
def test_every_container_gives_its_sound_at_its_seconds(
    tmp_path: Path, name: str, codec: str, rate: int
) -> None:
    path = write_media(tmp_path / name, click_track(8), codec=codec, rate=rate)
    sound, decoder = decoded(path)
    assert decoder.seconds == pytest.approx(8, abs=0.1)
    assert clicks_s(sound) == pytest.approx(range(8), abs=0.06)
    assert decoder.damage == []


def test_a_whole_file_is_what_the_library_decodes(tmp_path: Path) -> None:
    from faster_whisper.audio import decode_audio

    path = write_media(tmp_path / "a.flac", talk()[0], codec="flac", rate=44_100)
    ours, theirs = decoded(path)[0], decode_audio(str(path))
    assert len(ours) == pytest.approx(len(theirs), abs=64)
    length = min(len(ours), len(theirs))
    assert np.abs(ours[:length] - theirs[:length]).max() < 1e-3


@pytest.mark.parametrize("layout", ["stereo", "5.1", "7.1"])
def test_many_channels_become_one(tmp_path: Path, layout: str) -> None:
    path = write_media(tmp_path / "a.wav", click_track(3), codec="pcm_s16le", layout=layout)
    assert clicks_s(decoded(path)[0]) == pytest.approx(range(3), abs=0.01)


def test_sound_that_begins_later_than_the_video_keeps_its_second(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mkv", click_track(4), video="steady", starts_s=1.5)
    found = clicks_s(decoded(path)[0])
    assert found == pytest.approx([1.5, 2.5, 3.5, 4.5], abs=0.05)


def test_decoding_can_begin_in_the_middle(tmp_path: Path) -> None:
    """At the second that was asked for, not at the place of the index before it."""
    path = write_media(tmp_path / "a.mkv", click_track(20))
    sound = as_float(Decoder(path, from_s=13.5))
    assert clicks_s(sound) == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], abs=0.06)


def test_a_damaged_middle_is_silence_and_the_rest_stays_where_it_was(tmp_path: Path) -> None:
    path = damaged(write_media(tmp_path / "a.mp4", click_track(30)), (0.4, 0.5))
    sound, decoder = decoded(path)
    assert decoder.seconds == pytest.approx(30, abs=0.3)
    late = [at_s for at_s in clicks_s(sound) if at_s > 15.9]
    assert late == pytest.approx(range(16, 30), abs=0.05)
    told = decoder.damage
    assert {doubt.kind for doubt in told} == {"damaged"}
    assert any("damaged packet" in doubt.reason for doubt in told)
    assert all(11 < doubt.start_s < 16 for doubt in told)


def test_all_that_one_damaged_place_has_cost_is_in_doubt(tmp_path: Path) -> None:
    """Matroska finds its next packet only at its next cluster: of one bad packet come seconds without sound."""
    path = damaged(write_media(tmp_path / "a.mkv", click_track(30), video="steady"), (0.4, 0.5))
    sound, decoder = decoded(path)
    clicks = clicks_s(sound)
    missing_s = sorted(set(range(30)) - {round(at_s) for at_s in clicks})
    assert len(missing_s) > 1
    [doubt] = decoder.damage
    assert "damaged packet" in doubt.reason
    assert doubt.start_s < missing_s[0] and missing_s[-1] < doubt.end_s
    assert doubt.end_s < min(at_s for at_s in clicks if at_s > missing_s[-1]) + 0.1


def test_a_time_that_cannot_be_true_is_no_silence_of_days(tmp_path: Path) -> None:
    """A recording that was never finished does not say how long it is."""
    path, lost_s = tmp_path / "live.mkv", 40 * 3600
    written = write_media(tmp_path / "a.mkv", click_track(10))
    with av.open(str(written)) as file, av.open(str(path), "w", options={"live": "1"}) as live:
        [track] = file.streams.audio
        stream = live.add_stream_from_template(track)
        for packet in (one for one in file.demux(track) if one.size):
            late = round(lost_s / track.time_base) if packet.pts * track.time_base > 5 else 0
            packet.pts, packet.dts, packet.stream = packet.pts + late, packet.dts + late, stream
            live.mux(packet)
    sound, decoder = decoded(path)
    assert decoder.declared_s is None
    assert clicks_s(sound) == pytest.approx(range(10), abs=0.1)


def test_a_file_that_was_cut_off_says_how_much_is_there(tmp_path: Path) -> None:
    path = cut(write_media(tmp_path / "a.mkv", click_track(30)), 0.5)
    _, decoder = decoded(path)
    [doubt] = [one for one in decoder.damage if one.kind == "cut_short"]
    assert 13 < doubt.start_s < 17
    assert doubt.end_s == pytest.approx(30, abs=0.1)
    assert "says it lasts 30." in doubt.reason


def test_a_track_of_nonsense_is_refused(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", click_track(5))
    with av.open(str(path)) as file:
        size = sum(packet.size for packet in file.demux(audio=0))
    raw = bytearray(path.read_bytes())
    start = raw.index(b"mdat") + 4
    raw[start : start + size] = b"\xff" * size
    path.write_bytes(raw)
    with pytest.raises(InputRefused, match=r"packets can be decoded|no sound"):
        decoded(path)


def test_a_file_of_zero_seconds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HZ)
    with pytest.raises(InputRefused, match="track is empty"):
        decoded(path)


def test_the_track_with_speech_is_taken_though_another_is_louder(tmp_path: Path) -> None:
    spoken, _ = talk()
    path = write_media(tmp_path / "a.mkv", music(len(spoken) / HZ) * 2, spoken * 0.3)
    number, notes = speech_track(path)
    assert number == 1
    assert "track 2 of 2 was taken" in notes[0]


def test_of_tracks_that_both_have_speech_the_first_is_taken(tmp_path: Path) -> None:
    spoken, _ = talk()
    path = write_media(tmp_path / "a.mkv", spoken, spoken)
    assert speech_track(path)[0] == 0


def test_a_long_file_is_looked_at_in_several_places(tmp_path: Path) -> None:
    spoken, _ = talk()
    nothing = silence(110)
    late = np.concatenate([nothing, spoken])
    path = write_media(tmp_path / "a.mkv", silence(len(late) / HZ), late, codec="pcm_s16le")
    assert speech_track(path)[0] == 1
