"""The library's search, for whoever asks: the command, the server for assistants, the graph. `search` is the one way in.

What belongs here: bringing the index up to date, asking it, putting the answer together. What does not: SQL
(`resources/store/search_*.py`), what words and hits are (`chrysopedia_assets/search`), embeddings (`semantics.py`).
"""

import difflib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import Connection

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.search import Answer, Filters, Hit, Path, PathReport, Updated
from chrysopedia_assets.search.hits import Group, Indexed, grouped, hit_of
from chrysopedia_assets.search.query import QueryWord, read_query
from resources.embedding_settings import embedding_settings
from resources.store.database import Database
from resources.store.search_query import (
    counted,
    documents_with,
    filter_values,
    read_documents,
    read_pages,
    size,
    with_all,
    with_some,
    words_like,
)
from resources.store.search_versions import behind, cut_otherwise

if TYPE_CHECKING:
    from resources.semantics import Near

LEAST_DOCUMENTS, DOCUMENTS_PER_HIT = 60, 6
"""Looked at for hits: several of them are of one page."""
MOST_DOCUMENTS = 2_000
NO_FILTERS = Filters()
TYPO_SCORE = 75.0
"""Of rapidfuzz, 0 to 100: what is less alike is another word."""


def update_index(database: Database) -> Updated:
    """Index exactly the videos whose stored versions are others than those indexed; killed anywhere, the next call goes on."""
    started = time.monotonic()
    with database.reading() as connection:
        changed, gone = behind(connection)
        otherwise = bool(changed) and cut_otherwise(connection)
    if not (changed or gone):
        return Updated()
    from resources.store.search_index import (  # only here: it loads every record's class
        clear,
        index_video,
    )

    if otherwise:
        clear(database)
        with database.reading() as connection:
            changed, gone = behind(connection)
    for video_id in (*changed, *gone):
        index_video(database, video_id)
    return Updated(len(changed), len(gone), time.monotonic() - started)


def update_embeddings(database: Database) -> int:
    """Embed all that has no embedding yet, where they are set up; gives how many that were. Raises ChrysopediaError."""
    chosen = embedding_settings()
    if chosen is None:
        return 0
    from resources.semantics import embed_missing

    return embed_missing(database, chosen)


def count_documents(database: Database) -> dict[str, int]:
    """How many documents of each kind are searched."""
    with database.reading() as connection:
        return counted(connection)


def search(
    database: Database,
    text: str,
    filters: Filters = NO_FILTERS,
    limit: int = 10,
    *,
    wait: bool = False,
) -> Answer:
    """Documents with all words of `text` first, then those with most of what is rare in it; a page once. Where embeddings are
    set up, that and the nearest passages by meaning, fused by reciprocal rank.

    The index is brought up to date first; embeddings too, if few are missing or `wait` says so. Raises ConfigurationError
    where the database does not answer, or where nothing has what a filter asks for; not where a server of embeddings fails.
    """
    updated = update_index(database)
    started = time.monotonic()
    with database.reading() as connection:
        filters = _known(connection, filters)
    near = _by_meaning(database, text, filters, wait=wait)
    with database.reading() as connection:
        words = read_query(text, lambda terms: documents_with(connection, terms))
        hits = _hits(connection, words, filters, limit, near.document_ids if near else ())
        meant = _meant(connection, words)
    return Answer(
        query=text,
        words=tuple(word.text for word in words),
        hits=hits,
        paths=(PathReport("full text", used=bool(words)), *([near.report] if near else [])),
        meant=meant,
        updated=updated,
        seconds=time.monotonic() - started,
    )


def _by_meaning(database: Database, text: str, filters: Filters, *, wait: bool) -> "Near | None":
    """None where no embeddings are set up, or nothing is asked."""
    chosen = embedding_settings() if text.strip() else None
    if chosen is None:
        return None
    from resources.semantics import search_by_meaning  # only here: it loads numpy and `openai`

    return search_by_meaning(database, chosen, text, filters, wait=wait)


def _known(connection: Connection, filters: Filters) -> Filters:
    """The creator as it is written there. Raises ConfigurationError where nothing has what a filter asks for."""
    found: dict[str, Any] = {}
    for name, asked in vars(filters).items():
        if asked is None or name == "kind":
            continue
        values = filter_values(connection, name)
        same = [value for value in values if value.casefold() == asked.casefold()]
        if not same:
            close = difflib.get_close_matches(asked, values, n=1)
            meant = f"Did you mean {close[0]}? " if close else ""
            raise ConfigurationError(
                f"nothing that can be searched has the {name.removesuffix('_id')} {asked!r}",
                cure=f"{meant}Search without it to see what there is.",
            )
        found[name] = asked if asked in same else same[0]
    return replace(filters, **found)


def _hits(
    connection: Connection,
    words: tuple[QueryWord, ...],
    filters: Filters,
    limit: int,
    near: Sequence[int],
) -> tuple[Hit, ...]:
    read: dict[int, Indexed] = {}
    rankings: dict[Path, Sequence[int]] = {
        "full text": _full_text(connection, words, filters, limit, read)
    }
    if near:
        rankings["semantic"] = near
    groups = _grouped(connection, rankings, read)[:limit]
    pages = read_pages(connection, {g.page for g in groups if g.page}, {"page"})
    whole = {group.page for group in groups if group.page and not group.passages}
    parts = read_pages(connection, whole, {"section", "moment"}) if whole else {}
    hits = [
        hit_of(group, words, [*pages.get(group.page or "", ()), *parts.get(group.page or "", ())])
        for group in groups
    ]
    # A page may have every word though none of its parts has; where two rankings are fused, theirs is the order.
    return tuple(hits if near else sorted(hits, key=lambda hit: bool(hit.missed)))


def _full_text(
    connection: Connection,
    words: tuple[QueryWord, ...],
    filters: Filters,
    limit: int,
    read: dict[int, Indexed],
) -> list[int]:
    """Enough documents for all hits, as long as there are any: the best may all be of one page."""
    if not words:
        return []
    of, many = size(connection), max(LEAST_DOCUMENTS, limit * DOCUMENTS_PER_HIT)
    while True:
        found = with_all(connection, words, of, filters, many)
        more = len(found) == many
        if len(words) > 1 and not more and not _enough(connection, found, limit, read):
            some = with_some(connection, words, of, filters, many)
            more = len(some) == many
            found = list(dict.fromkeys([*found, *some]))
        if not more or many >= MOST_DOCUMENTS or _enough(connection, found, limit, read):
            return found
        many *= 4


def _enough(
    connection: Connection, found: Sequence[int], limit: int, read: dict[int, Indexed]
) -> bool:
    return len(found) >= limit and len(_grouped(connection, {"full text": found}, read)) >= limit


def _grouped(
    connection: Connection, rankings: Mapping[Path, Sequence[int]], read: dict[int, Indexed]
) -> list[Group]:
    """`read` are documents that need not be read again; the others are added."""
    ids = {document_id for ranking in rankings.values() for document_id in ranking}
    read |= read_documents(connection, ids - read.keys())
    return grouped(rankings, read)


def _meant(connection: Connection, words: Sequence[QueryWord]) -> str | None:
    """The query with words that are nowhere put right, where the index has one that is much like each."""
    right = [
        _like(connection, word.text.casefold())
        if word.text.isalpha() and not word.documents
        else None
        for word in words
    ]
    if not any(right):
        return None
    return " ".join(found or word.text for found, word in zip(right, words, strict=True))


def _like(connection: Connection, typed: str) -> str | None:
    known = words_like(connection, typed)
    if not known:
        return None
    from rapidfuzz import fuzz, process

    close = process.extractOne(typed, known, scorer=fuzz.ratio, score_cutoff=TYPO_SCORE)
    return close[0] if close else None
