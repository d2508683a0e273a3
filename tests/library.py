"""Small transcript files for tests, written as a curator's tools would write them."""

import json
from pathlib import Path

LINES = (
    "okay so the first thing I do on a kick is cut everything below 30 hertz with Pro-Q 3",
    "because there is nothing down there that a speaker could play and it eats your headroom",
    "then I set the compressor to a ratio of 4 to 1 with an attack of 10 milliseconds",
    "and the release at 80 milliseconds so that it breathes with the tempo of the track",
    "never boost at 200 hertz to make it bigger that is where it turns into mud",
    "instead add a little saturation with Saturn 2 at about 20 percent drive",
    "and then check it in mono because that is where it has to work in a club",
    "bounce it and name the file with the note and the tempo so you find it again",
)


def put_vtt(path: Path, *lines: str, seconds_each: float = 8.0) -> Path:
    """A WebVTT file with one cue per line."""
    cues = [
        f"{_clock(number * seconds_each)} --> {_clock((number + 1) * seconds_each)}\n{line}\n"
        for number, line in enumerate(lines or LINES)
    ]
    return _write(path, "WEBVTT\n\n" + "\n".join(cues))


def put_whisper(path: Path, *lines: str, seconds_each: float = 8.0, **wrapper: str) -> Path:
    """A Whisper JSON file with one segment per line, wrapped when there is anything to wrap it with."""
    segments = [
        {"id": number, "start": number * seconds_each, "end": (number + 1) * seconds_each, "text": f" {line}"}
        for number, line in enumerate(lines or LINES)
    ]  # fmt: skip
    transcript: dict[str, object] = {"language": "en", "segments": segments}
    return _write(
        path, json.dumps({**wrapper, "transcript": transcript} if wrapper else transcript)
    )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _clock(seconds: float) -> str:
    minutes, second = divmod(seconds, 60)
    return f"{int(minutes):02}:{second:06.3f}"
