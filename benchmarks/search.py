"""How well and how fast the library's search finds: Cranfield and QMSum beside `bm25s` on the same texts; 10,000 pages.

All goes through the one search that users have. `bm25s` gets the same texts, its own list of stop words, and a stemmer too.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from benchmarks.freshness import DATABASES, new_cluster
from benchmarks.report import Figure, arguments, print_figures
from benchmarks.search_collections import (
    Question,
    read_cranfield,
    scores,
    store_cranfield,
    store_library,
    store_meetings,
)
from chrysopedia_assets.models.search import Filters
from chrysopedia_assets.search.documents import Spoken, windows
from chrysopedia_assets.search.stems import stem
from resources.searching import search, update_index
from resources.settings import PROJECT
from resources.store.database import Database
from resources.store.search_index import spoken_of

DATA = PROJECT.parent / "shared" / "data"
PAGES, QUERIES = 10_000, 400
DEEP = 100
"""Hits that are looked at, of us and of others."""

Ranked = Callable[[str], Sequence[int]]


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--pages", type=int, default=PAGES, help="for the latency; 0 leaves it out")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--data", type=Path, default=DATA, help="with retrieval/cranfield and qmsum")  # fmt: skip
    given = parser.parse_args()
    wanted = DATABASES if given.database == "both" else (given.database,)
    print_figures(dict(_figures(wanted, given)), given.json)


def _figures(wanted: Sequence[str], given: argparse.Namespace) -> Iterator[tuple[str, Figure]]:
    """The first database's under the plain names."""
    for position, name in enumerate(wanted):
        before = f"{name}_" if position else ""
        for measured in (_cranfield, _qmsum):
            with new_database(name) as database:
                for figure, value in measured(database, given.data).items():
                    yield f"{before}{figure}", value
        if given.pages:
            with new_database(name) as database:
                for figure, value in _latency(database, given.pages).items():
                    yield f"{before}{figure}", value


@contextmanager
def new_database(name: str) -> Iterator[Database]:
    with ExitStack() as stack:
        if name == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = URL.create("sqlite", database=str(Path(folder) / "search.sqlite"))
        else:
            cluster = stack.enter_context(new_cluster())
            if cluster is None:
                raise SystemExit("no PostgreSQL server programs here: --database sqlite")
            url = cluster.new_database().set(drivername="postgresql+psycopg")
        yield stack.enter_context(closing(Database(url)))


def _cranfield(database: Database, data: Path) -> Mapping[str, Figure]:
    collection = read_cranfield(data / "retrieval" / "cranfield")
    store_cranfield(database, collection)
    update_index(database)
    questions = collection.questions
    ours = [[hit.page or "" for hit in search(database, q.text, limit=DEEP).hits] for q in questions]  # fmt: skip
    numbers = list(collection.texts)
    ranked = bm25s_ranking([" ".join(text) for text in collection.texts.values()])
    theirs = [[numbers[at] for at in ranked(question.text)] for question in questions]
    mine, others = scores(ours, questions), scores(theirs, questions)
    beside = {name: f"{len(questions)} queries; bm25s {others[name]:.4f}" for name in mine}
    figures = {name: Figure(value, "", beside[name]) for name, value in mine.items()}
    return figures | {
        "ndcg10_over_bm25s": Figure(mine["ndcg10"] / others["ndcg10"], "ratio", "on the same texts, in this run")
    }  # fmt: skip


def _qmsum(database: Database, data: Path) -> Mapping[str, Figure]:
    """Each question in its own meeting: whether the first passage, and how many of ten, are of what answers it."""
    questions = store_meetings(database, data / "qmsum" / "val.jsonl")
    update_index(database)
    ours = [_passages(database, question) for question in questions]
    theirs = list(_passages_of_bm25s(database, questions))
    figures = {}
    for name, of in (("qmsum_first", _first), ("qmsum_precision10", _precision)):
        mine, others = (statistics.mean(map(of, ranking, questions)) for ranking in (ours, theirs))
        figures[name] = Figure(mine, "", f"{len(questions)} queries; bm25s {others:.4f}")
    return figures


Span = tuple[float, float]


def _passages(database: Database, question: Question) -> list[Span]:
    filters = Filters(video_id=question.video_id, kind="transcript")
    found = search(database, question.text, filters, limit=10)
    return [(hit.start_s, hit.end_s) for hit in found.hits]


def _passages_of_bm25s(database: Database, questions: Sequence[Question]) -> Iterator[list[Span]]:
    meetings: dict[str, tuple[list[Spoken], Ranked]] = {}
    for question in questions:
        video_id = str(question.video_id)
        if video_id not in meetings:
            with database.reading() as connection:
                parts = list(windows(spoken_of(connection, video_id)))
            meetings[video_id] = parts, bm25s_ranking([part.text for part in parts])
        parts, ranked = meetings[video_id]
        yield [(parts[at].start_s, parts[at].end_s) for at in ranked(question.text)[:10]]


def _first(passages: Sequence[Span], question: Question) -> float:
    return float(bool(passages) and _answers(passages[0], question))


def _precision(passages: Sequence[Span], question: Question) -> float:
    return sum(_answers(passage, question) for passage in passages) / 10


def _answers(passage: Span, question: Question) -> bool:
    """Whether half of the passage, or more, is in a part of the meeting that answers."""
    start, end = passage
    inside = sum(max(0.0, min(end, b) - max(start, a)) for a, b in question.relevant)
    return bool(inside >= (end - start) / 2)


def bm25s_ranking(texts: Sequence[str]) -> Ranked:
    import bm25s

    def cut(words: Sequence[str]) -> list[str]:
        return list(map(stem, words))

    how: dict[str, Any] = {"stopwords": "en", "stemmer": cut, "show_progress": False}
    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(texts), **how), show_progress=False)

    def ranked(query: str) -> Sequence[int]:
        asked = bm25s.tokenize([query], **how)
        found, worth = index.retrieve(asked, k=min(DEEP, len(texts)), show_progress=False)
        return [int(at) for at, score in zip(found[0], worth[0], strict=True) if score > 0]

    return ranked


def _latency(database: Database, pages: int) -> Mapping[str, Figure]:
    queries = store_library(database, pages)
    started = time.monotonic()
    updated = update_index(database)
    indexing_s = time.monotonic() - started
    step = max(1, len(queries) // QUERIES)
    asked = queries[::step] if step % 4 else queries[:: step + 1]
    for query in asked[:20]:
        search(database, query)
    times = []
    for query in asked:
        started = time.monotonic()
        search(database, query)
        times.append(1000 * (time.monotonic() - started))
    cuts = statistics.quantiles(times, n=100)
    return {
        "latency_p95_ms": Figure(cuts[94], "ms", f"{pages} pages, {len(times)} queries, in this process"),
        "latency_median_ms": Figure(cuts[49], "ms"),
        "latency_most_ms": Figure(max(times), "ms"),
        "index_ms_per_video": Figure(1000 * indexing_s / max(1, updated.videos), "ms", f"{updated.videos} videos"),
    }  # fmt: skip


if __name__ == "__main__":
    main()
