"""What search is measured on: Cranfield and QMSum as records of a library, a generated library, and how rankings are scored.

What belongs here: reading collections, putting them into a database, scores. What does not: running and timing (`search.py`).
"""

import json
import math
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import StageName, StageRecord, Video
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    TechniquePage,
    TechniquePages,
    as_markdown,
)
from chrysopedia_assets.models.transcripts import Segment, Transcript
from resources.store.database import Database
from resources.store.records import save
from resources.store.videos import LibraryVideo, put_video

WORDS_PER_S = 2.5
"""Spoken."""
PAGES_PER_VIDEO, SECTIONS, MOMENTS, SEGMENTS, SEGMENT_WORDS = 5, 4, 15, 240, 12
"""Of the generated library: twenty minutes of speech a video."""
VOCABULARY, FLATTENED = 15_000, 30
"""Words by Zipf's law, the most frequent ones flattened as those that say something are."""
_FILLERS = [
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "that",
    "it",
    "is",
    "you",
    "this",
    "so",
    "we",
    "on",
    "with",
    "for",
    "but",
    "have",
    "what",
    "at",
]
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "re",
    "tu",
    "sa",
    "no",
    "ve",
    "pi",
    "du",
    "gra",
    "sto",
    "ble",
    "ner",
    "tam",
]


@dataclass(frozen=True)
class Question:
    """`relevant` are pages, or spans of seconds in the video."""

    text: str
    relevant: frozenset[Any]
    video_id: str | None = None


# Cranfield ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cranfield:
    texts: Mapping[str, tuple[str, str]]
    """Title and text by number."""
    questions: Sequence[Question]


def read_cranfield(folder: Path) -> Cranfield:
    """All queries; what is judged above 0 is relevant."""
    documents = (folder / "cran.all.1400.xml").read_text()
    texts = {}
    for match in re.finditer(r"<doc>(.*?)</doc>", documents, re.DOTALL):
        number, title, text = (_field(match[1], name) for name in ("docno", "title", "text"))
        texts[number] = (title, text)
    asked = re.findall(r"<title>(.*?)</title>", (folder / "cran.qry.xml").read_text(), re.DOTALL)
    relevant: dict[int, set[str]] = {}
    for line in (folder / "cranqrel.trec.txt").read_text().splitlines():
        query, _, number, judged = line.split()
        if int(judged) > 0:
            relevant.setdefault(int(query), set()).add(number)
    questions = [
        Question(_line(text), frozenset(relevant[number]))
        for number, text in enumerate(asked, start=1)
        if relevant.get(number)
    ]
    return Cranfield(texts, questions)


def store_cranfield(database: Database, found: Cranfield) -> None:
    """A page each, of one section; the two without a word are none."""
    video = Video(video_id="cranfield", title="-", creator="-")
    citation = Citation(number=1, moment_id="-", title="-", start_s=0, end_s=1, quote="-")
    pages = [
        TechniquePage(
            page_id=number,
            title=title[:300] or "-",
            summary="",
            category="-",
            source_quality="mixed",
            sections=(Section(title="-", body=as_markdown(text)),),
            citations=(citation.model_copy(update={"moment_id": number}),),
        )
        for number, (title, text) in found.texts.items()
    ]
    _store(
        database,
        video,
        {"technique_pages": TechniquePages(video=video, made_by="-", pages=tuple(pages))},
    )


def _field(text: str, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return _line(found[1]) if found else ""


def _line(text: str) -> str:
    return " ".join(text.split())


# QMSum -------------------------------------------------------------------------------------------


def store_meetings(database: Database, path: Path) -> list[Question]:
    """A video each, its turns as segments; questions about parts of a meeting, with the seconds that answer them."""
    questions = []
    for line in path.read_text().splitlines():
        meeting = json.loads(line)
        turns = [_line(turn["content"]) or "-" for turn in meeting["meeting_transcripts"]]
        ends = list(accumulate(len(turn.split()) / WORDS_PER_S for turn in turns))
        starts = [0.0, *ends[:-1]]
        segments = [
            Segment(start_s=a, end_s=b, text=t) for a, b, t in zip(starts, ends, turns, strict=True)
        ]
        video = Video(video_id=meeting["id"].lower(), title=meeting["id"], creator="-")
        record = Transcript(
            video=video, made_by="-", language="en", duration_s=ends[-1], segments=tuple(segments)
        )
        _store(database, video, {"transcripts": record})
        for asked in meeting["specific_query_list"]:
            spans = [(int(a), min(int(b), len(turns) - 1)) for a, b in asked["relevant_text_span"]]
            times = frozenset((starts[a], ends[b]) for a, b in spans if a <= b)
            questions.append(Question(asked["query"], times, video.video_id))
    return questions


# Generated ---------------------------------------------------------------------------------------


class Speech:
    """Texts with the word frequencies of speech: nearly half of them say nothing, a few are everywhere, most are rare."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        chosen = random.Random(0)
        self.words = ["".join(chosen.choices(_SYLLABLES, k=chosen.randint(2, 4))) + str(chosen.choice(("", "ing", "er", "s"))) for _ in range(VOCABULARY)]  # fmt: skip
        self._weights = list(accumulate(1 / (n + FLATTENED) for n in range(VOCABULARY)))

    def telling(self, count: int) -> list[str]:
        return self._random.choices(self.words, cum_weights=self._weights, k=count)

    def text(self, count: int) -> str:
        telling = self.telling(count)
        return " ".join(
            word if self._random.random() < 0.55 else self._random.choice(_FILLERS)
            for word in telling
        )

    def number(self, most: int) -> int:
        return self._random.randrange(most)


def store_library(database: Database, pages: int) -> list[str]:
    """Pages with sections, moments and transcripts; gives queries as people type them, of one to six words."""
    speech = Speech(seed=1)
    queries: list[str] = []
    for number in range(pages // PAGES_PER_VIDEO):
        video = Video(video_id=f"video-{number}", title=speech.text(5), creator=f"Creator {number % 50}")  # fmt: skip
        records = dict(_records(video, speech))
        _store(database, video, records)
        page = records["technique_pages"].pages[0]  # type: ignore[attr-defined]
        queries += _queries(video, page, speech)
    return queries


def _queries(video: Video, page: TechniquePage, speech: Speech) -> Iterator[str]:
    yield page.title
    yield f"{video.creator} {' '.join(page.title.split()[:2])}"
    yield " ".join(speech.telling(1 + speech.number(4)))
    yield f"how do I set the {' '.join(speech.telling(3))} at {speech.number(400)} Hz"


def _records(video: Video, speech: Speech) -> Iterator[tuple[StageName, StageRecord]]:
    segments = [
        Segment(start_s=5.0 * n, end_s=5.0 * n + 5, text=speech.text(SEGMENT_WORDS))
        for n in range(SEGMENTS)
    ]
    yield "transcripts", Transcript(video=video, made_by="-", language="en", duration_s=5.0 * SEGMENTS, segments=tuple(segments))  # fmt: skip
    moments = [_moment(video, n, segments[16 * n : 16 * n + 6], speech) for n in range(MOMENTS)]
    yield "key_moments", KeyMoments(video=video, made_by="-", moments=tuple(moments))
    classes = [Classification(moment_id=m.moment_id, category="mixing", tags=("eq",)) for m in moments]  # fmt: skip
    yield "classifications", Classifications(video=video, made_by="-", classifications=tuple(classes))  # fmt: skip
    each = MOMENTS // PAGES_PER_VIDEO
    pages = [_page(video, n, moments[each * n : each * n + each], speech) for n in range(PAGES_PER_VIDEO)]  # fmt: skip
    yield "technique_pages", TechniquePages(video=video, made_by="-", pages=tuple(pages))


def _moment(video: Video, number: int, said: Sequence[Segment], speech: Speech) -> KeyMoment:
    return KeyMoment(
        moment_id=f"{video.video_id}-m{number}",
        first_segment=16 * number,
        last_segment=16 * number + 5,
        start_s=said[0].start_s,
        end_s=said[-1].end_s,
        title=speech.text(6),
        summary=speech.text(25),
        kind="technique",
        quote=said[0].text,
        transcript=" ".join(segment.text for segment in said),
    )


def _page(video: Video, number: int, moments: Sequence[KeyMoment], speech: Speech) -> TechniquePage:
    sections = [
        Section(title=speech.text(5), body=f"{speech.text(70)} at {speech.number(400)} Hz [1].")
        for _ in range(SECTIONS)
    ]
    citations = [
        Citation(number=n, moment_id=m.moment_id, title=m.title, start_s=m.start_s, end_s=m.end_s, quote=m.quote)
        for n, m in enumerate(moments, start=1)
    ]  # fmt: skip
    return TechniquePage(
        page_id=f"{video.video_id}-p{number}",
        title=" ".join(speech.telling(4)),
        summary=speech.text(40),
        category="mixing",
        tags=("eq",),
        source_quality="mixed",
        sections=tuple(sections),
        citations=tuple(citations),
    )


def _store(database: Database, video: Video, records: Mapping[StageName, StageRecord]) -> None:
    path = f"/{video.video_id}"
    entry = LibraryVideo(video, path, source_hash=path, source_stamp="-", chapters=tuple[Chapter]())
    with database.writing(lock="benchmark") as connection:
        put_video(connection, entry)
        for stage, record in records.items():
            save(connection, stage, record, run_id=None)


# Scores ------------------------------------------------------------------------------------------


def scores(rankings: Sequence[Sequence[str]], questions: Sequence[Question]) -> dict[str, float]:
    """Means over all questions: average precision and recall of the first 100, nDCG of the first 10 (relevant or not)."""
    pairs = [(ranking, question.relevant) for ranking, question in zip(rankings, questions, strict=True)]  # fmt: skip
    found = {
        "map": [_average_precision(ranking[:100], relevant) for ranking, relevant in pairs],
        "ndcg10": [_ndcg(ranking[:10], len(relevant), relevant) for ranking, relevant in pairs],
        "recall100": [len(relevant.intersection(ranking[:100])) / len(relevant) for ranking, relevant in pairs],
    }  # fmt: skip
    return {name: sum(values) / len(values) for name, values in found.items()}


def _average_precision(ranking: Sequence[str], relevant: Collection[str]) -> float:
    hits, total = 0, 0.0
    for rank, one in enumerate(ranking, start=1):
        if one in relevant:
            hits += 1
            total += hits / rank
    return total / len(relevant)


def _ndcg(ranking: Sequence[str], relevant_count: int, relevant: Collection[str]) -> float:
    gained = sum(1 / math.log2(rank + 1) for rank, one in enumerate(ranking, 1) if one in relevant)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(10, relevant_count) + 1))
