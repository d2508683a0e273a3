"""Embeddings of what is searched, by what a text says and by model: kept, found missing, compared with a query's.

What belongs here: the table and arithmetic on it. What does not: asking a model (`resources/semantics.py`).

All vectors are compared in memory, which is quick up to some 100,000 passages.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.search import Filters
from resources.store import tables as t
from resources.store.database import insert_into
from resources.store.search_query import conditions

_documents, _held = t.search_documents.c, t.embeddings.c
BYTES = 4
"""Of a number."""


class OtherLength(Exception):
    """A query's vector has another length than those that are stored: another model goes by the name."""

    def __init__(self, asked: int, stored: int) -> None:
        super().__init__(asked, stored)
        self.asked, self.stored = asked, stored


def count_missing(connection: Connection, model: str) -> int:
    """How many texts have no embedding by the model yet."""
    missing = _missing(model).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(missing)) or 0


def missing_texts(connection: Connection, model: str, most: int) -> dict[str, str]:
    """By hash, some of the texts that have no embedding yet."""
    found = {}
    for row in connection.execute(_missing(model).limit(most)):
        parts = (row.title, row.heading, row.body)
        found[row.meaning_hash] = "\n".join(part for part in parts if part)
    return found


def put_embeddings(
    connection: Connection, model: str, hashes: Sequence[str], vectors: Sequence[Sequence[float]]
) -> None:
    rows = [
        {"meaning_hash": key, "model": model, "vector": _unit(vector).tobytes()}
        for key, vector in zip(hashes, vectors, strict=True)
    ]
    connection.execute(insert_into(connection, t.embeddings).on_conflict_do_nothing(), rows)


def forget_embeddings(connection: Connection, model: str) -> None:
    connection.execute(sa.delete(t.embeddings).where(_held.model == model))


def nearest(
    connection: Connection, model: str, query: Sequence[float], filters: Filters, limit: int
) -> list[int]:
    """Documents by the cosine of their vectors with the query's, the best first. Raises OtherLength."""
    same = sa.and_(_held.meaning_hash == _documents.meaning_hash, _held.model == model)
    rows = connection.execute(
        sa.select(_documents.document_id, _held.vector)
        .join(t.embeddings, same)
        .where(*conditions(filters))
        .order_by(_documents.document_id)
    ).all()
    if not rows:
        return []
    for _, vector in rows:
        if len(vector) != BYTES * len(query):
            raise OtherLength(len(query), len(vector) // BYTES)
    stored = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4")
    alike = stored.reshape(len(rows), len(query)) @ _unit(query)
    best = np.argsort(-alike, kind="stable")[:limit]
    return [rows[int(at)].document_id for at in best]


def _missing(model: str) -> sa.Select[tuple[str, str, str, str]]:
    """One document for each text."""
    same = sa.and_(_held.meaning_hash == _documents.meaning_hash, _held.model == model)
    first = (
        sa.select(sa.func.min(_documents.document_id))
        .where(_documents.meaning_hash.is_not(None))
        .group_by(_documents.meaning_hash)
    )
    return (
        sa.select(_documents.meaning_hash, _documents.title, _documents.heading, _documents.body)
        .outerjoin(t.embeddings, same)
        .where(_held.model.is_(None), _documents.document_id.in_(first))
        .order_by(_documents.document_id)
    )


def _unit(vector: Sequence[float]) -> "np.ndarray[Any, np.dtype[np.float32]]":
    """Of length 1; one without a direction stays as it is."""
    found = np.asarray(vector, dtype="<f4")
    length = np.linalg.norm(found)
    return np.asarray(found / length if length > 0 else found, dtype="<f4")
