"""Asking the index: which documents answer a query, and what they say.

What belongs here: SQL that is the same on both databases. What does not: matching and ranking (`search_text.py`), what is
made of the documents (`resources/searching.py`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import starmap
from typing import Any

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.search import Filters, Kind
from chrysopedia_assets.search.hits import Indexed
from chrysopedia_assets.search.query import QueryWord
from resources.store import tables as t
from resources.store.database import batches
from resources.store.search_text import Match, full_text

MOST_PARTIAL = 5_000
"""Documents that are looked at for partial matches: those with the rarest words. The others have only what many have."""
_documents = t.search_documents.c
_SHOWN = [_documents[one.name] for one in fields(Indexed)]


@dataclass(frozen=True)
class Size:
    """Of the index: how many documents, and of how many words on average."""

    documents: int
    mean_words: float


def size(connection: Connection) -> Size:
    held = t.search_videos.c
    sums = sa.select(sa.func.sum(held.documents), sa.func.sum(held.words))
    documents, words = connection.execute(sums).one()
    return Size(documents or 0, (words or 0) / documents if documents else 1.0)


def counted(connection: Connection) -> dict[str, int]:
    """How many documents of each kind are searched."""
    kind = t.search_documents.c.kind
    query = sa.select(kind, sa.func.count()).group_by(kind)
    return {name: count for name, count in connection.execute(query)}


def documents_with(connection: Connection, terms: Collection[str]) -> dict[str, int]:
    """In how many documents each term is; without those that are in none."""
    vocabulary = t.search_terms.c
    found: dict[str, int] = {}
    for some in batches(sorted(terms)):
        query = sa.select(vocabulary.term, vocabulary.documents).where(vocabulary.term.in_(some))
        found |= {term: count for term, count in connection.execute(query)}
    return found


def with_all(
    connection: Connection, words: tuple[QueryWord, ...], of: Size, filters: Filters, limit: int
) -> list[int]:
    """Documents that have every word, the best first."""
    if not all(word.documents for word in words):
        return []
    match = Match(words, None, of.documents, of.mean_words)
    return full_text(connection).best(connection, match, conditions(filters), limit)


def with_some(
    connection: Connection, words: tuple[QueryWord, ...], of: Size, filters: Filters, limit: int
) -> list[int]:
    """Documents that have one of the rarer words at least, ranked by all of them."""
    there = tuple(word for word in words if word.documents)
    if not there:
        return []
    match = Match(there, _rare(there), of.documents, of.mean_words)
    return full_text(connection).best(connection, match, conditions(filters), limit)


def _rare(words: Iterable[QueryWord]) -> tuple[QueryWord, ...]:
    """The rarest, and further ones as long as there are not too many documents; in order."""
    by_rarity = sorted(words, key=lambda word: word.documents)
    rare: list[QueryWord] = []
    documents = 0
    for word in by_rarity:
        documents += word.documents
        if rare and documents > MOST_PARTIAL:
            break
        rare.append(word)
    return tuple(rare)


def read_documents(connection: Connection, document_ids: Collection[int]) -> dict[int, Indexed]:
    found: dict[int, Indexed] = {}
    for some in batches(sorted(document_ids)):
        query = sa.select(*_SHOWN).where(_documents.document_id.in_(some))
        found |= {one.document_id: one for one in _indexed(connection, query)}
    return found


def read_pages(
    connection: Connection, pages: Collection[str], kinds: Collection[Kind]
) -> dict[str, list[Indexed]]:
    """By address, documents of those kinds, in order."""
    query = (
        sa.select(*_SHOWN)
        .where(_documents.page.in_(sorted(pages)), _documents.kind.in_(sorted(kinds)))
        .order_by(_documents.document_id)
    )
    found: dict[str, list[Indexed]] = {}
    for one in _indexed(connection, query):
        found.setdefault(one.page or "", []).append(one)
    return found


def _indexed(connection: Connection, query: sa.Select[Any]) -> Iterator[Indexed]:
    return starmap(Indexed, connection.execute(query))


def words_like(connection: Connection, word: str) -> Sequence[str]:
    """Words of the index that are about as long, as somebody wrote them; the most usual first."""
    known = t.search_terms.c
    long = sa.func.length(known.word)
    query = sa.select(known.word).where(long.between(len(word) - 2, len(word) + 2))
    return connection.scalars(query.order_by(known.documents.desc(), known.term)).all()


def filter_values(connection: Connection, name: str) -> list[str]:
    """All that a filter may ask for."""
    if name == "creator":
        return _each(connection, t.stage_outputs.c.creator)
    if name == "video_id":
        return _each(connection, t.search_videos.c.video_id)
    pages, classes = t.technique_pages.c, t.classifications.c
    if name == "category":
        return _each(connection, pages.category, classes.category)
    lists = _each(connection, sa.cast(pages.tags, sa.Text), sa.cast(classes.tags, sa.Text))
    return sorted({tag for tags in lists for tag in from_json(tags)})


def _each(connection: Connection, *columns: sa.ColumnElement[str]) -> list[str]:
    found = {value for column in columns for value in connection.scalars(sa.select(column).distinct())}  # fmt: skip
    return sorted(found)


def conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    """On `search_documents`."""
    only: list[sa.ColumnElement[bool]] = []
    if filters.creator is not None:
        only.append(_documents.creator == filters.creator)
    if filters.category is not None:
        only.append(_documents.category == filters.category)
    if filters.tag is not None:
        written = to_json(filters.tag).decode()
        only.append(sa.cast(_documents.tags, sa.Text).contains(written, autoescape=True))
    if filters.video_id is not None:
        only.append(_documents.video_id == filters.video_id)
    if filters.kind is not None:
        only.append(_documents.kind == filters.kind)
    return only
