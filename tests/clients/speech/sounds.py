"""Sound and media files made on the spot: speech by espeak-ng, containers by PyAV."""

import io
import random
import shutil
import subprocess
import wave
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from resources.settings import PROJECT
from tests.conftest import need

HZ = 16_000
MODEL = PROJECT / "tests" / "speech" / "tiny_model"
"""Made by `tests.speech.make`; it knows the words of `tests.speech.grammar`, in English, and no others."""

Sound = NDArray[np.float32]

SENTENCES = (
    "Route the vocal to the drum bus.",
    "Boost the snare by six decibels.",
    "High pass the piano at forty hertz.",
    "Add a limiter after the compressor.",
    "Pan the guitar thirty percent to the left.",
    "Remember to mute the bass track.",
)


@cache
def say(text: str, voice: str = "en-us") -> Sound:
    """Speech without silence around it, as samples at 16 kHz. By the command, a process each: one that goes on does not
    say the same twice, and then a test would depend on those before."""
    need(shutil.which("espeak-ng") is not None, "espeak-ng")
    told = ["espeak-ng", "-v", voice, "-s", "160", "--stdout", text]
    spoken = subprocess.run(told, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        rate, raw = file.getframerate(), file.readframes(file.getnframes())
    sound = _resampled(np.frombuffer(raw, "<i2").astype(np.float32) / 32768, rate)
    [loud] = np.nonzero(np.abs(sound) > 0.004)
    return sound[loud[0] : loud[-1] + 300] * np.float32(0.7)


def silence(seconds: float) -> Sound:
    """With the noise of a microphone."""
    noise = np.random.default_rng(0).standard_normal(round(seconds * HZ))
    return (1e-4 * noise).astype(np.float32)


def music(seconds: float) -> Sound:
    """Chords that change, and a beat."""
    at_s = np.arange(round(seconds * HZ)) / HZ
    roots_hz = 110 * 2 ** (np.array([0, 5, 7, 3])[(at_s // 2).astype(int) % 4] / 12)
    phase = 2 * np.pi * np.cumsum(roots_hz) / HZ
    chord = sum(np.sin(phase * ratio) for ratio in (1, 1.25, 1.5, 2))
    beat = np.sin(2 * np.pi * 60 * at_s) * np.exp(-20 * (at_s % 0.5))
    return (0.08 * chord + 0.4 * beat).astype(np.float32)


def talk(
    sentences: Sequence[str] = SENTENCES, pause_s: float = 0.7, voice: str = "en-us"
) -> tuple[Sound, list[float]]:
    """One after the other, and the second at which each begins."""
    parts, begins_s, at_s = [silence(0.5)], [], 0.5
    for sentence in sentences:
        spoken = say(sentence, voice)
        begins_s.append(at_s)
        parts += [spoken, silence(pause_s)]
        at_s += len(spoken) / HZ + pause_s
    sound = np.concatenate(parts)
    return sound + silence(len(sound) / HZ), begins_s


def many_sentences(count: int) -> list[str]:
    return random.Random(7).choices(SENTENCES, k=count)


def write_media(
    path: Path,
    *tracks: Sound,
    codec: str = "aac",
    rate: int = HZ,
    layout: str = "mono",
    video: str | None = None,
    starts_s: float = 0.0,
    container: str | None = None,
) -> Path:
    """A file of the kind that its name says. `video` is "steady" or "variable": how its frames follow each other."""
    with av.open(str(path), "w", format=container) as file:
        streams = [file.add_stream(codec, rate=rate, layout=layout) for _ in tracks]
        if video:
            seconds = max(len(track) for track in tracks) / HZ if tracks else 2.0
            _write_video(file, seconds + starts_s, video)
        for stream, sound in zip(streams, tracks, strict=True):
            for frame in _frames(_resampled(sound, HZ, rate), stream, rate, layout, starts_s):
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return path


def _frames(sound: Sound, stream, rate: int, layout: str, starts_s: float):  # type: ignore[no-untyped-def]
    channels = av.AudioLayout(layout).nb_channels
    size = stream.codec_context.frame_size or 1024
    convert = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
    for at in range(0, len(sound), size):
        packed = np.repeat(sound[at : at + size], channels)[None]
        frame = av.AudioFrame.from_ndarray(packed, "flt", layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = at + round(starts_s * rate)
        yield from convert.resample(frame)


def _write_video(file, seconds: float, kind: str) -> None:  # type: ignore[no-untyped-def]
    stream = file.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    stream.codec_context.time_base = Fraction(1, 1000)
    picture = np.zeros((48, 64, 3), np.uint8)
    at_ms = 0
    while at_ms < seconds * 1000:
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
        file.mux(stream.encode(frame))
        at_ms += 100 if kind == "steady" else 20 + (at_ms * 7) % 400
    file.mux(stream.encode(None))


def _resampled(sound: Sound, rate: int, to: int = HZ) -> Sound:
    if rate == to or not len(sound):
        return sound
    frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler("fltp", "mono", to)
    made = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([one.to_ndarray()[0] for one in made])


def damaged(path: Path, share: tuple[float, float]) -> Path:
    """The same file with nonsense in it from one share of its length to another."""
    raw = bytearray(path.read_bytes())
    start, end = (round(part * len(raw)) for part in share)
    raw[start:end] = random.Random(1).randbytes(end - start)
    path.write_bytes(raw)
    return path


def cut(path: Path, share: float) -> Path:
    raw = path.read_bytes()
    path.write_bytes(raw[: round(share * len(raw))])
    return path
