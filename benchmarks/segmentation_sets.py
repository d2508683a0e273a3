"""What segmentation is measured on: transcripts with the topics that people gave them, read from the folder `--data`.

What belongs here: reading the sets. What does not: cutting (`segmentation_baselines.py`), measuring (`segmentation.py`).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

from chrysopedia_assets.models.transcripts import Segment

LAST_CHARS_PER_S = 15.0
"""How fast the last turn of a talk is taken to be spoken: only its beginning is written down."""
SENTENCE_S = 5.0
"""Documents that were never spoken have no times: each sentence takes as long."""


@dataclass(frozen=True)
class Document:
    """`topics` are the segments that open a topic, never the first; `topics_s` the seconds that people gave, if any."""

    name: str
    segments: tuple[Segment, ...]
    topics: tuple[int, ...]
    topics_s: tuple[float, ...] | None

    @property
    def minutes(self) -> float:
        return max(segment.end_s for segment in self.segments) / 60


def read_set(name: str, data: Path) -> list[Document]:
    return list(READERS[name](data))


def _whisper_music(folder: Path) -> Iterator[Document]:
    """Whisper's own segments and the creators' chapters; a list of one chapter says nothing."""
    chapters = json.loads((folder / "chapters.json").read_text())
    for file in sorted(folder.glob("*.json")):
        read = json.loads(file.read_text())
        if "transcript" not in read or len(listed := chapters[read["video_id"]]["chapters"]) < 2:
            continue
        rows = [(s["start"], s["end"], s["text"]) for s in read["transcript"]["segments"]]
        segments = _segments(rows)
        topics_s = [float(chapter["start"]) for chapter in listed[1:]]
        starts = [segment.start_s for segment in segments]
        topics = {_nearest(starts, at) for at in topics_s} - {0}
        yield Document(file.stem, segments, tuple(sorted(topics)), tuple(topics_s))


def _nearest(starts: list[float], at: float) -> int:
    return min(range(len(starts)), key=lambda number: abs(starts[number] - at))


def _tinyrec(folder: Path, level: str) -> Iterator[Document]:
    """Only what is said: annotated entries also hold the windows that were shared."""
    for file in sorted(folder.glob("*_anno.json")):
        [annotated] = json.loads(file.read_text()).values()
        [read] = json.loads(file.with_name(file.name.replace("_anno", "")).read_text()).values()
        spoken = [entry.get("doc", "").strip() for entry in read["entries"]]
        position = list(accumulate((text != "" for text in spoken), initial=0))
        segments = _segments(
            (entry["start"], entry["end"], text)
            for entry, text in zip(read["entries"], spoken, strict=True)
        )
        topics = sorted({position[first] for first, *_ in annotated[level]})
        yield _timed(file.stem, segments, topics)


def _btc_chapters(file: Path) -> Iterator[Document]:
    """Paragraphs as segments, timed within their turn by their length; headings of the first two levels."""
    for line in file.read_text().splitlines():
        read = json.loads(line)
        turns: list[dict[str, Any]] = read["turns"]
        starts = list(accumulate((float(turn["start"]) for turn in turns), max))
        last_s = sum(map(len, turns[-1]["paras"])) / LAST_CHARS_PER_S
        ends = [*starts[1:], starts[-1] + last_s]
        rows: list[tuple[float, float, str]] = []
        first_of_turn = []
        for turn, start_s, end_s in zip(turns, starts, ends, strict=True):
            first_of_turn.append(len(rows))
            chars = list(accumulate(map(len, turn["paras"]), initial=0))
            at = [start_s + (end_s - start_s) * c / max(chars[-1], 1) for c in chars]
            rows += [(a, b, p) for (a, b), p in zip(pairwise(at), turn["paras"], strict=True)]
        topics = {_heading(h, turns, first_of_turn) for h in read["headings"] if h["level"] <= 2}
        yield _timed(read["id"], _segments(rows), sorted(topics))


def _heading(heading: Mapping[str, int], turns: list[dict[str, Any]], firsts: list[int]) -> int:
    """The paragraph that it stands before: inside the turn before, or at the head of its own."""
    turn, paragraph = heading["turn"], heading["para"]
    if turn and paragraph < len(turns[turn - 1]["paras"]):
        return firsts[turn - 1] + paragraph
    return firsts[turn] if turn < len(firsts) else firsts[-1] + len(turns[-1]["paras"])


def _choi(folder: Path, kind: str) -> Iterator[Document]:
    """Ten pieces of other documents each, parted by a row of equals signs."""
    for file in sorted(folder.glob(f"[123]/{kind}/*.ref")):
        parts = [part.strip().splitlines() for part in file.read_text(errors="replace").split("==========")]  # fmt: skip
        lines = [[line for line in part if line.strip()] for part in parts]
        kept = [part for part in lines if part]
        firsts = list(accumulate(map(len, kept)))[:-1]
        rows = [
            (n * SENTENCE_S, (n + 1) * SENTENCE_S, text)
            for n, text in enumerate(chain.from_iterable(kept))
        ]
        yield Document(f"{file.parent.parent.name}/{file.stem}", _segments(rows), tuple(firsts), None)  # fmt: skip


def _timed(name: str, segments: tuple[Segment, ...], topics: list[int]) -> Document:
    inside = tuple(topic for topic in topics if 0 < topic < len(segments))
    return Document(name, segments, inside, tuple(segments[t].start_s for t in inside))


def _segments(rows: Any) -> tuple[Segment, ...]:
    """In order of their start; empty ones left out, ends mended, as the importers do."""
    said = sorted((row for row in rows if row[2].strip()), key=lambda row: row[0])
    return tuple(
        Segment(start_s=max(a, 0.0), end_s=max(a, b, 0.0), text=text.strip()) for a, b, text in said
    )


READERS: dict[str, Callable[[Path], Iterator[Document]]] = {
    "whisper_music": lambda data: _whisper_music(data / "whisper_music"),
    "tinyrec_coarse": lambda data: _tinyrec(data / "tinyrec" / "raw" / "test", "coarse"),
    "tinyrec_fine": lambda data: _tinyrec(data / "tinyrec" / "raw" / "test", "fine"),
    "btc_chapters": lambda data: _btc_chapters(data / "btc_chapters" / "chapters.jsonl"),
    "choi_3_11": lambda data: _choi(data / "choi", "3-11"),
    "choi_3_5": lambda data: _choi(data / "choi", "3-5"),
    "choi_6_8": lambda data: _choi(data / "choi", "6-8"),
    "choi_9_11": lambda data: _choi(data / "choi", "9-11"),
}
