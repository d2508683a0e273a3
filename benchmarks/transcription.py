"""What hearing a file costs: the recogniser's own time, ours beside it, memory, and how many words come out wrong.

Models have the true size of Whisper tiny and base and random weights; words are counted with the tests' own small model, on
sentences and in a voice that its training never heard. Speech is made by espeak-ng. Every measurement is a process of its own. Costs of two
ways are compared by the processor's seconds, in turns, so that a busy machine does not decide.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.random_whisper import SIZES, write_random_whisper
from benchmarks.report import Figure, arguments, print_figures
from chrysopedia_assets.models.transcripts import Segment
from resources.clients.speech.port import Ask, HeardClip, HeardSegment, Recogniser, Samples, Span

TURNS = 3
LONG_MINUTES = (10, 240)
TALK_SENTENCES = 60
HELD_OUT_SENTENCES = 100
FLUENT_PAUSE_S = 0.25
"""Between sentences; with longer ones the library hears less sound than we do, and both do less."""


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no four hours, no base model")
    parser.add_argument(
        "--measure", nargs=2, help=SUPPRESS
    )  # what, and the folder, in this process
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(_measure(given.measure[0], Path(given.measure[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = _figures(Path(folder), given.quick)
    print_figures(figures, given.json)


def _figures(folder: Path, quick: bool) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for name in ("tiny",) if quick else ("tiny", "base"):
        write_random_whisper(folder / name, SIZES[name])
        for batch, way in ((1, "sequential"), (8, "batched")):
            found = _in_own_process(f"speed-{name}-{batch}", folder)
            figures[f"realtime_factor_{name}_{way}"] = Figure(
                found["wall"], "ratio", f"{found['cpu']:.3f} processor seconds a second of sound"
            )
    found = _in_own_process("overhead-tiny-8", folder)
    figures["overhead_pct"] = Figure(
        found["overhead_pct"],
        "%",
        f"over bare faster-whisper, tiny; clips of 30 s: {found['clips']:.0f}, there {found['clips_bare']:.0f}",
    )
    figures["peak_mb_tiny"] = Figure(found["peak_mb"], "MB", "ours, with the model")
    figures |= _memory(folder, LONG_MINUTES[:1] if quick else LONG_MINUTES)
    return figures | _word_figures(_in_own_process("words", folder))


def _word_figures(found: dict[str, float]) -> dict[str, Figure]:
    notes = {
        "word_error_rate": ("ratio", f"{HELD_OUT_SENTENCES} sentences held out of training"),
        "word_error_rate_unheard_voice": ("ratio", "of as many, in a voice held out too"),
        "start_error_s": ("s", "median, of sentences"),
        "heard_again_pct": ("%", "of the sound, a second time"),
    }
    return {name: Figure(found[name], unit, note) for name, (unit, note) in notes.items()}


def _memory(folder: Path, minutes: Sequence[int]) -> dict[str, Figure]:
    """Of all but the model: a recogniser that answers at once."""
    figures = {}
    for length in minutes:
        found = _in_own_process(f"memory-{length}", folder)
        note = f"{found['cpu_s']:.0f} processor seconds for decoding, finding speech, records"
        figures[f"peak_mb_{length}min"] = Figure(found["peak_mb"], "MB", note)
    return figures


def _in_own_process(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.transcription", "--measure", what, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(what: str, folder: Path) -> dict[str, float]:
    kind, *rest = what.split("-")
    if kind == "memory":
        return _peak(folder, int(rest[0]))
    if kind == "words":
        return _words(folder)
    if kind == "speed":
        return _speed(folder, rest[0], int(rest[1]))
    return _overhead(folder, rest[0], int(rest[1]))


def _talk_file(folder: Path) -> tuple[Path, float]:
    from tests.clients.speech.sounds import HZ, many_sentences, talk, write_media

    sound, _ = talk(many_sentences(TALK_SENTENCES), pause_s=FLUENT_PAUSE_S)
    path = folder / "talk.mp4"
    return write_media(path, sound, rate=48_000, video="steady"), len(sound) / HZ


def _speed(folder: Path, name: str, batch: int) -> dict[str, float]:
    recogniser = _whisper(folder / name, batch)
    path, seconds = _talk_file(folder)
    wall, cpu = time.perf_counter(), time.process_time()
    _ours(path, recogniser)
    return {
        "wall": (time.perf_counter() - wall) / seconds,
        "cpu": (time.process_time() - cpu) / seconds,
    }


def _overhead(folder: Path, name: str, batch: int) -> dict[str, float]:
    recogniser = _whisper(folder / name, batch)
    path, _ = _talk_file(folder)
    _ours(path, recogniser)
    clips = list(recogniser.clips)
    bare_clips = _bare(path, recogniser, batch)
    ways: tuple[Callable[[], object], ...] = (
        lambda: _ours(path, recogniser),
        lambda: _bare(path, recogniser, batch),
    )
    spent = [[_cpu_s(way) for way in ways] for _ in range(TURNS)]
    ours, bare = (min(turn[way] for turn in spent) for way in (0, 1))
    return {
        "overhead_pct": 100 * (ours / bare - 1),
        "clips": len(clips),
        "clips_bare": bare_clips,
        "peak_mb": _peak_mb(),
    }


def _cpu_s(way: Callable[[], object]) -> float:
    began = time.process_time()
    way()
    return time.process_time() - began


class _Sound:
    """Passes everything to a recogniser, and takes what it says for words at all speech: random words, and seconds, would
    all be asked for again. What is asked for again is counted with a trained model."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.inner = recogniser
        self.made_by, self.notes = recogniser.made_by, recogniser.notes
        self.clips: list[Span] = []

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        self.clips += clips
        heard = self.inner.recognise(audio, clips, ask)
        return [
            replace(clip, segments=(_spoken(clip.span),), sounds_like=clip.language)
            for clip in heard
        ]


class _AtOnce:
    """Says words for all speech, in no time."""

    made_by = "at once"
    notes = ()

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        return [HeardClip(clip, (_spoken(clip),), "en", "en", 1.0) for clip in clips]


def _spoken(clip: Span) -> HeardSegment:
    count = max(1, round(clip.length_s * 2))
    step_s = clip.length_s / count
    times_s = [clip.start_s + number * step_s for number in range(count)]
    words = [
        {"start_s": at_s, "end_s": at_s + step_s, "text": f"w{number}"}
        for number, at_s in enumerate(times_s)
    ]
    fields = {
        "start_s": clip.start_s,
        "end_s": clip.end_s,
        "text": " ".join(str(word["text"]) for word in words),
        "words": words,
    }
    return HeardSegment(Segment.model_validate(fields), -0.1, 1.2)


def _whisper(folder: Path, batch: int) -> Any:
    from resources.clients.speech.whisper_loading import WhisperSettings, load_whisper

    return _Sound(load_whisper(WhisperSettings(model=str(folder), batch=batch)))


def _ours(path: Path, recogniser: Any) -> object:
    from resources.clients.speech.transcribe import Job, transcribe

    return transcribe(path, recogniser, Job("benchmark"), content="benchmark")


def _bare(path: Path, recogniser: Any, batch: int) -> int:
    """The library by itself, as we ask it, on the path. Says how many clips it made."""
    whisper = recogniser.inner
    told = whisper._told(Ask())
    found, _ = whisper._pipeline.transcribe(str(path), batch_size=batch, **told)
    return len({segment.seek for segment in found})


def _peak(folder: Path, minutes: int) -> dict[str, float]:
    path = _long_file(folder, minutes)
    began = time.process_time()
    _ours(path, _AtOnce())
    return {"peak_mb": _peak_mb(), "cpu_s": time.process_time() - began}


def _long_file(folder: Path, minutes: int) -> Path:
    """Ten minutes' packets again and again: nothing is encoded twice, and memory is not ours to spend here."""
    import av

    source, _ = _talk_file(folder)
    path = folder / f"{minutes} minutes.m4a"
    with av.open(str(source)) as read, av.open(str(path), "w") as written:
        packets = [packet for packet in read.demux(audio=0) if packet.size]
        stream = written.add_stream_from_template(read.streams.audio[0])
        lasts = packets[-1].pts + packets[-1].duration - packets[0].pts  # type: ignore[operator]
        times = round(minutes * 60 / float(lasts * packets[0].time_base))
        raw = [(bytes(packet), packet.pts, packet.duration) for packet in packets]
        for turn in range(times):
            for content, pts, duration in raw:
                packet = av.Packet(content)
                packet.pts = packet.dts = (pts or 0) + turn * lasts
                packet.duration, packet.stream = duration, stream
                packet.time_base = packets[0].time_base
                written.mux(packet)
    return path


def _words(folder: Path) -> dict[str, float]:
    from resources.clients.speech.whisper_loading import WhisperSettings, load_whisper
    from tests.clients.speech.sounds import MODEL
    from tests.speech.synthesis import UNHEARD_VOICE

    counted = _Counted(load_whisper(WhisperSettings(model=str(MODEL))))
    wrong, away_s = _wrong_words(folder, counted, "en-us")
    wrong_unheard, away_unheard_s = _wrong_words(folder, counted, UNHEARD_VOICE)
    return {
        "word_error_rate": wrong,
        "word_error_rate_unheard_voice": wrong_unheard,
        "start_error_s": median([*away_s, *away_unheard_s]),
        "heard_again_pct": 100 * counted.again_s / counted.first_s,
    }


def _wrong_words(folder: Path, recogniser: Recogniser, voice: str) -> tuple[float, list[float]]:
    """The share of words, and for each sentence how far from its beginning a segment begins, in seconds."""
    from rapidfuzz.distance import Levenshtein

    from resources.clients.speech.transcribe import Job, transcribe
    from tests.clients.speech.sounds import talk, write_media
    from tests.speech.grammar import sentences

    said = sentences(HELD_OUT_SENTENCES, seed=7, never_trained_on=True)
    sound, begins_s = talk(said, voice=voice)
    path = write_media(folder / "words.mp4", sound, rate=44_100)
    hearing = transcribe(path, recogniser, Job("benchmark"), content=voice)
    spoken = _plain(" ".join(said))
    heard = _plain(" ".join(segment.text for segment in hearing.segments))
    starts_s = [segment.start_s for segment in hearing.segments]
    away_s = [min(abs(begin - start) for start in starts_s) for begin in begins_s]
    return Levenshtein.distance(spoken, heard) / len(spoken), away_s


class _Counted:
    """Counts the seconds that a recogniser is asked for the first time, and again."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.inner, self.made_by, self.notes = recogniser, recogniser.made_by, recogniser.notes
        self.first_s = self.again_s = 0.0

    def recognise(self, audio: Samples, clips: Sequence[Span], ask: Ask) -> list[HeardClip]:
        seconds = sum(clip.length_s for clip in clips)
        if ask.again:
            self.again_s += seconds
        else:
            self.first_s += seconds
        return self.inner.recognise(audio, clips, ask)


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
