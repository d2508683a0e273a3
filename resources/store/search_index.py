"""Keeping what is searched in step with what is stored: one transaction for each video whose stored versions are others.

What belongs here: indexing one video. What does not: which videos are behind (`search_versions.py`), the index itself
(`search_text.py`), asking it (`search_query.py`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.records import Video, content_hash
from chrysopedia_assets.search.documents import Document, Sources, Spoken, documents_of
from chrysopedia_assets.search.words import term, terms, words_of
from resources.store import tables as t
from resources.store.addresses import addresses
from resources.store.database import Database, batches, insert_into
from resources.store.records import BATCH_ROWS, load
from resources.store.search_text import Terms, full_text
from resources.store.search_versions import READ, stored_version

LOCK = "search index"


def clear(database: Database) -> None:
    """Forget everything: what another version of the program has indexed cannot be taken back piece by piece."""
    with database.writing(LOCK) as connection:
        ids = connection.scalars(sa.select(t.search_documents.c.document_id)).all()
        full_text(connection).drop(connection, ids)
        for table in (t.search_documents, t.search_terms, t.search_videos):
            connection.execute(sa.delete(table))


def index_video(database: Database, video_id: str) -> None:
    """Bring one video up to date, all of it or nothing; what is the same stays as it is."""
    with database.writing(LOCK) as connection:
        # Read before what it is the version of: if that changes meanwhile, the next look sees it.
        version = stored_version(connection, video_id)
        wanted = {one.content_id: one for one in _documents(connection, video_id)}
        held = _held(connection, video_id)
        old = [row for content_id, row in held.items() if content_id not in wanted]
        _replace(connection, old, [one for key, one in wanted.items() if key not in held])
        videos = t.search_videos
        connection.execute(sa.delete(videos).where(videos.c.video_id == video_id))
        if version is not None:
            words = sum(len(terms(text)) for one in wanted.values() for text in _fields(one))
            counts = {"documents": len(wanted), "words": words}
            row = {"video_id": video_id, "version": version} | counts
            connection.execute(sa.insert(videos), row)


def _documents(connection: Connection, video_id: str) -> Iterable[Document]:
    outputs = t.stage_outputs.c
    rows = connection.execute(
        sa.select(outputs.stage, outputs.title, outputs.creator, outputs.url)
        .where(outputs.video_id == video_id, outputs.stage.in_(READ))
        .order_by(outputs.stored_at)
    ).all()
    if not rows:
        return ()
    newest = rows[-1]
    records = {
        row.stage: load(connection, row.stage, video_id)
        for row in rows
        if row.stage != "transcripts"
    }
    return documents_of(
        Sources(
            video=Video(
                video_id=video_id, title=newest.title, creator=newest.creator, url=newest.url
            ),
            spoken=spoken_of(connection, video_id),
            moments=getattr(records.get("key_moments"), "moments", ()),
            classified={
                one.moment_id: one
                for one in getattr(records.get("classifications"), "classifications", ())
            },
            pages=getattr(records.get("technique_pages"), "pages", ()),
            addresses=addresses(connection, [video_id]),
        )
    )


def spoken_of(connection: Connection, video_id: str) -> Sequence[Spoken]:
    """Not as records: the words' times, which nobody searches, are most of a transcript."""
    said = t.segments.c
    query = (
        sa.select(said.start_s, said.end_s, said.text)
        .where(said.video_id == video_id)
        .order_by(said.position)
    )
    return [Spoken(*row) for row in connection.execute(query)]


def _fields(one: Document) -> tuple[str, str, str, str]:
    return one.title, one.heading, one.about, one.body


def _held(connection: Connection, video_id: str) -> dict[str, sa.RowMapping]:
    documents = t.search_documents
    found = connection.execute(sa.select(documents).where(documents.c.video_id == video_id))
    return {row["content_id"]: row for row in found.mappings()}


def _replace(connection: Connection, old: Sequence[sa.RowMapping], new: Sequence[Document]) -> None:
    changes: Counter[str] = Counter()
    for row in old:
        changes.subtract(set(terms(_text_of(row))))
    ids = [row["document_id"] for row in old]
    full_text(connection).drop(connection, ids)
    for some in batches(ids):
        connection.execute(
            sa.delete(t.search_documents).where(t.search_documents.c.document_id.in_(some))
        )
    last = connection.scalar(sa.select(sa.func.max(t.search_documents.c.document_id))) or 0
    numbered = list(enumerate(new, start=last + 1))
    cut = [Terms(document_id, *map(terms, _fields(one))) for document_id, one in numbered]
    for one in cut:
        changes.update(set(chain.from_iterable(one.fields)))
    rows = [_row(document_id, one) for document_id, one in numbered]
    for at in range(0, len(rows), BATCH_ROWS):
        connection.execute(sa.insert(t.search_documents), rows[at : at + BATCH_ROWS])
    full_text(connection).put(connection, cut)
    _count_terms(connection, changes, new)


def _text_of(row: sa.RowMapping) -> str:
    """As `_fields` of the document that the row was made of."""
    about = (row["video_title"], row["creator"], row["category"] or "", *row["tags"], *row["plugins"])  # fmt: skip
    return "\n".join((row["title"], row["heading"], *about, row["body"]))


def _row(document_id: int, one: Document) -> dict[str, object]:
    return {
        "document_id": document_id,
        "content_id": one.content_id,
        "video_id": one.video.video_id,
        "kind": one.kind,
        "page": one.page,
        "section": one.section,
        "video_title": one.video.title,
        "creator": one.video.creator,
        "url": one.video.url,
        "category": one.category,
        "tags": list(one.tags),
        "plugins": list(one.plugins),
        "start_s": one.start_s,
        "end_s": one.end_s,
        "title": one.title,
        "heading": one.heading,
        "body": one.body,
        "meaning_hash": content_hash(one.meaning) if one.meaning else None,
    }


def _count_terms(
    connection: Connection, changes: Mapping[str, int], new: Iterable[Document]
) -> None:
    table = t.search_terms
    written = _written(new)
    rows = [
        {"term": term, "word": written.get(term, term), "documents": change}
        for term, change in sorted(changes.items())
        if change
    ]
    insert = insert_into(connection, table)
    more = table.c.documents + insert.excluded.documents
    upsert = insert.on_conflict_do_update(index_elements=["term"], set_={"documents": more})
    for at in range(0, len(rows), BATCH_ROWS):
        connection.execute(upsert, rows[at : at + BATCH_ROWS])
    fewer = [term for term, change in changes.items() if change < 0]
    for some in batches(fewer):
        connection.execute(sa.delete(table).where(table.c.term.in_(some), table.c.documents <= 0))


def _written(documents: Iterable[Document]) -> dict[str, str]:
    """For each term, a word that it came from."""
    words = {word for one in documents for text in _fields(one) for word in words_of(text)}
    return {cut: word.casefold() for word in sorted(words) if (cut := term(word))}
