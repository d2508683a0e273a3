"""The full-text index of each database: SQLite's FTS5 and PostgreSQL's tsvector, behind one port.

Both get terms, never text, and queries made of terms, so that they find the same. What belongs here: how terms are
stored, matched and ranked. What does not: cutting text (`chrysopedia_assets/search`), what a document is.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.engine import Connection

from chrysopedia_assets.search.query import Phrase, QueryWord
from resources.store import tables as t
from resources.store.database import batches


class Terms(NamedTuple):
    """A document as the index has it, by field: in order, and with repetitions."""

    document_id: int
    title: Sequence[str]
    heading: Sequence[str]
    about: Sequence[str]
    body: Sequence[str]

    @property
    def fields(self) -> tuple[Sequence[str], ...]:
        return self.title, self.heading, self.about, self.body


@dataclass(frozen=True)
class Match:
    """What to look for: documents with every one of `words`, or with any of `rare`, ranked by all of `words`.

    `documents` and `mean_words` are those of the whole index.
    """

    words: tuple[QueryWord, ...]
    rare: tuple[QueryWord, ...] | None
    documents: int
    mean_words: float


class FullText(Protocol):
    def put(self, connection: Connection, documents: Iterable[Terms]) -> None: ...

    def drop(self, connection: Connection, document_ids: Collection[int]) -> None: ...

    def best(
        self,
        connection: Connection,
        match: Match,
        only: Sequence[sa.ColumnElement[bool]],
        limit: int,
    ) -> list[int]:
        """Document ids, the best first; `only` are conditions on `search_documents`."""
        ...  # fmt: skip


def full_text(connection: Connection) -> FullText:
    return _FULL_TEXT[connection.dialect.name]


class _Fts5:
    """BM25 with k1 = 1.2 and b = 0.75, as FTS5 has it. Measured: benchmarks/search.py."""

    WEIGHTS = (4.0, 2.0, 1.0, 1.0)
    _TABLE = sa.table("search_text", *map(sa.column, ("rowid", "title", "heading", "about", "body")))  # fmt: skip

    def put(self, connection: Connection, documents: Iterable[Terms]) -> None:
        rows = [
            {
                "rowid": one.document_id,
                "title": " ".join(one.title),
                "heading": " ".join(one.heading),
                "about": " ".join(one.about),
                "body": " ".join(one.body),
            }
            for one in documents
        ]
        if rows:
            connection.execute(sa.insert(self._TABLE), rows)

    def drop(self, connection: Connection, document_ids: Collection[int]) -> None:
        for some in batches(sorted(document_ids)):
            connection.execute(sa.delete(self._TABLE).where(self._TABLE.c.rowid.in_(some)))

    def best(
        self, connection: Connection, match: Match, only: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:  # fmt: skip
        table: sa.ColumnElement[Any] = sa.literal_column("search_text")
        score = sa.func.bm25(table, *(sa.literal_column(str(weight)) for weight in self.WEIGHTS))
        rowid = self._TABLE.c.rowid
        query = sa.select(rowid, score.label("score")).select_from(self._TABLE)
        query = query.where(table.op("MATCH")(self._expression(match)))
        if only:
            documents = t.search_documents
            query = query.join(documents, documents.c.document_id == rowid).where(*only)
        found = connection.execute(query.order_by("score", rowid).limit(limit))
        return [document_id for document_id, _ in found]

    def _expression(self, match: Match) -> str:
        if match.rare is None:
            return " AND ".join(map(self._written, match.words))
        any_rare = " OR ".join(map(self._written, match.rare))
        parts = {term for word in match.words for phrase in word.phrases for term in phrase}
        every_part = " OR ".join(f'"{part}"' for part in sorted(parts))
        return f"({any_rare}) AND ({every_part})"

    @staticmethod
    def _written(word: QueryWord) -> str:
        return "(" + " OR ".join(f'"{" ".join(phrase)}"' for phrase in word.phrases) + ")"


class _Tsvector:
    """BM25 with k1 = 1.2 and b = 0.75 over the fields together, as FTS5 has it, of the `LOOKED_AT` documents that a cheaper
    score puts first: each word's `ts_rank`, times how rare the word is.

    PostgreSQL's own ranking knows nothing of how rare words are, and finds far worse (docs/search.md).
    """

    TITLE, HEADING = 4, 2
    """Times that a word there counts. In C (what is said about it) and D (the body) it counts once."""
    LOOKED_AT = 200
    CHEAP_WEIGHTS = "{0.5, 0.5, 0.7, 1.0}"
    """Of D, C, B (heading), A (title)."""
    CHEAP_LENGTH = 0.25
    K1, B = 1.2, 0.75
    MAX_POSITION, MAX_POSITIONS = 16_383, 255
    """Of a tsvector, and of a term in it."""
    _LABELS = "ABCD"
    _TABLE = sa.table(
        "search_text", *map(sa.column, ("document_id", "words")), sa.column("vector", TSVECTOR)
    )

    def put(self, connection: Connection, documents: Iterable[Terms]) -> None:
        rows = [
            {
                "document_id": one.document_id,
                "words": sum(map(len, one.fields)),
                "cut": self._vector(one),
            }
            for one in documents
        ]
        if rows:
            vector = sa.cast(sa.bindparam("cut", type_=sa.Text), TSVECTOR)
            connection.execute(sa.insert(self._TABLE).values(vector=vector), rows)

    def drop(self, connection: Connection, document_ids: Collection[int]) -> None:
        for some in batches(sorted(document_ids)):
            connection.execute(sa.delete(self._TABLE).where(self._TABLE.c.document_id.in_(some)))

    def best(
        self, connection: Connection, match: Match, only: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:  # fmt: skip
        first = self._cheap(match, only).limit(max(limit, self.LOOKED_AT)).cte("first")
        cut = sa.func.unnest(first.c.vector).table_valued("lexeme", "positions", "weights", name="cut")  # fmt: skip
        known = t.search_terms.c
        times = (
            self._times(cut.c.weights)
            + (self.TITLE - 1) * self._times(sa.func.array_positions(cut.c.weights, "A"))
            + (self.HEADING - 1) * self._times(sa.func.array_positions(cut.c.weights, "B"))
        )
        length = self.K1 * (1 - self.B + self.B * first.c.words / match.mean_words)
        rare = sa.func.ln(1 + (match.documents - known.documents + 0.5) / (known.documents + 0.5))
        score = sa.func.sum(rare * times * (self.K1 + 1) / (times + length)).label("score")
        terms = {term for word in match.words for phrase in word.phrases for term in phrase}
        query = (
            sa.select(first.c.document_id, score)
            .select_from(
                first.join(cut, sa.true()).join(t.search_terms, known.term == cut.c.lexeme)
            )
            .where(known.term.in_(sorted(terms)))
            .group_by(first.c.document_id)
            .order_by(sa.desc("score"), first.c.document_id)
            .limit(limit)
        )
        return [document_id for document_id, _ in connection.execute(query)]

    @staticmethod
    def _times(array: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        found: sa.ColumnElement[int] = sa.func.coalesce(sa.func.cardinality(array), 0)
        return found

    def _cheap(
        self, match: Match, only: Sequence[sa.ColumnElement[bool]]
    ) -> sa.Select[tuple[int, Any, int]]:
        columns = self._TABLE.c
        length = 1 - self.CHEAP_LENGTH + self.CHEAP_LENGTH * columns.words / match.mean_words
        ranks = (self._rank(word, match.documents) for word in match.words)
        score = sum(ranks, sa.literal(0.0)) / length
        query = sa.select(columns.document_id, columns.vector, columns.words)
        query = query.where(columns.vector.op("@@")(self._expression(match)))
        if only:
            documents = t.search_documents
            joined = documents.c.document_id == columns.document_id
            query = query.join(documents, joined).where(*only)
        return query.order_by(score.desc(), columns.document_id)

    def _rank(self, word: QueryWord, documents: int) -> sa.ColumnElement[float]:
        rare = math.log1p((documents - min(word.documents, documents) + 0.5) / (word.documents + 0.5))  # fmt: skip
        weights: sa.ColumnElement[Any] = sa.literal_column(f"'{self.CHEAP_WEIGHTS}'::real[]")
        query = sa.cast(self._written(word), TSQUERY)
        ranked: sa.ColumnElement[float] = rare * sa.func.ts_rank(weights, self._TABLE.c.vector, query)  # fmt: skip
        return ranked

    def _expression(self, match: Match) -> sa.ColumnElement[object]:
        words, how = (match.words, " & ") if match.rare is None else (match.rare, " | ")
        return sa.cast(how.join(map(self._written, words)), TSQUERY)

    @staticmethod
    def _written(word: QueryWord) -> str:
        def phrase(terms: Phrase) -> str:
            return " <-> ".join(f"'{term}'" for term in terms)

        return "(" + " | ".join(f"({phrase(terms)})" for terms in word.phrases) + ")"

    def _vector(self, one: Terms) -> str:
        """With positions, so that phrases are found; between two fields one is left out."""
        places: dict[str, list[str]] = {}
        at = 0
        for label, terms in zip(self._LABELS, (one.title, one.heading, one.about, one.body), strict=True):  # fmt: skip
            for term in terms:
                at = min(at + 1, self.MAX_POSITION)
                places.setdefault(term, []).append(f"{at}{label}")
            at += 1
        return " ".join(
            f"'{term}':{','.join(found[: self.MAX_POSITIONS])}" for term, found in places.items()
        )


_FULL_TEXT: Mapping[str, FullText] = {"sqlite": _Fts5(), "postgresql": _Tsvector()}
