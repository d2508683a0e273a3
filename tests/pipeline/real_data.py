"""Real recordings as the files a curator would have: four collections, none of which is part of the project.

What belongs here: finding them, and turning two of them into Whisper JSON and WebVTT. What does not: expectations.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import SHARED_DATA, shared

LAST_TURN_S = 30.0
"""A talk states when each turn starts, so nobody knows when the last one ends."""


def recordings(collection: str, folder: Path) -> list[Path]:
    """The collection's files, converted into `folder` where they are no transcript files yet."""
    source = SHARED_DATA / collection
    shared(source)
    return sorted(_FILES[collection](source, folder))


def _whisper_music(source: Path, _folder: Path) -> Iterator[Path]:
    return (path for path in source.glob("*.json") if path.name != "chapters.json")


def _pythonbytes(source: Path, _folder: Path) -> Iterator[Path]:
    return source.glob("transcripts/*.vtt")


def _tinyrec(source: Path, folder: Path) -> Iterator[Path]:
    """Whisper JSON of the utterances. Two people may speak at once there, which no recogniser reports: ends are cut."""
    for path in source.glob("raw/*/*.json"):
        if path.stem.endswith("_anno"):
            continue
        [session] = json.loads(path.read_text()).values()
        spoken = [entry for entry in session["entries"] if "doc" in entry]
        nexts = [entry["start"] for entry in spoken[1:]] + [math.inf]
        segments = [
            {"start": entry["start"], "end": min(entry["end"], later), "text": f" {entry['doc']}"}
            for entry, later in zip(spoken, nexts, strict=True)
        ]
        wrapped = {"title": f"Session {path.stem[:8]}", "transcript": {"segments": segments}}
        yield _written(folder / f"{path.stem}.json", json.dumps(wrapped))


def _btc_chapters(source: Path, folder: Path) -> Iterator[Path]:
    """WebVTT of the turns, each a cue that lasts until the next turn begins."""
    for number, line in enumerate((source / "chapters.jsonl").read_text().splitlines()):
        talk = json.loads(line)
        turns = sorted(talk["turns"], key=lambda turn: turn["start"])
        ends = [turn["start"] for turn in turns[1:]] + [turns[-1]["start"] + LAST_TURN_S]
        cues = (
            f"{_clock(turn['start'])} --> {_clock(end_s)}\n<v {turn['speaker']}>{' '.join(turn['paras'])}\n"
            for turn, end_s in zip(turns, ends, strict=True)
        )
        name = f"{number:02} {Path(talk['id']).stem}.vtt"
        yield _written(folder / name, "\n".join(["WEBVTT\n", *cues]))


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}.000"


_FILES = {
    "whisper_music": _whisper_music,
    "tinyrec": _tinyrec,
    "btc_chapters": _btc_chapters,
    "pythonbytes": _pythonbytes,
}
