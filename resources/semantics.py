"""Search by meaning: passages near to a query by their embeddings, from any OpenAI-compatible server. Optional.

What belongs here: asking for embeddings, and saying how that went. What does not: comparing them (`store/embeddings.py`),
fusing them with full text (`searching.py`). Whatever fails here is told in the answer, and full text answers all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chrysopedia_assets.errors import ChrysopediaError, TimedOut
from chrysopedia_assets.models.search import Filters, PathReport
from chrysopedia_assets.search.query import MAX_QUERY_CHARS
from resources.clients.llm.loop import BackgroundLoop
from resources.embedding_settings import EMBEDDINGS, EmbeddingSettings
from resources.llm import endpoint_of
from resources.store.database import Database
from resources.store.embeddings import (
    OtherLength,
    count_missing,
    forget_embeddings,
    missing_texts,
    nearest,
    put_embeddings,
)

LOCK = "embeddings"
BATCH = 64
MAX_CHARS = 8_000
"""Of a text: about what the models read of it."""
MOST_AT_ONCE = 256
"""Texts that a search may have embedded by the way; more would be waited for too long."""
NEAREST = 60
INSTEAD = "; full text answered"


@dataclass(frozen=True)
class Near:
    """Documents, the nearest first, and how it went."""

    document_ids: Sequence[int]
    report: PathReport


def search_by_meaning(
    database: Database, chosen: EmbeddingSettings, text: str, filters: Filters, *, wait: bool
) -> Near:
    """Raises nothing that a server or its settings may do wrong: it is in the report. `wait` for everything that is missing."""
    try:
        try:
            return _near(database, chosen, text, filters, wait=wait)
        except OtherLength:
            if not wait:
                raise
            with database.writing(LOCK) as connection:
                forget_embeddings(connection, chosen.model)
            return _near(database, chosen, text, filters, wait=wait)
    except OtherLength as error:
        return _unused(
            f"{chosen.model} gives {error.asked} numbers for a text and gave {error.stored} before;"
            " --update asks for all of them anew"
        )
    except TimedOut:
        return _unused(f"timed out after {chosen.timeout_s:.1f} s")
    except ChrysopediaError as error:
        return _unused(error.what)


def _near(
    database: Database, chosen: EmbeddingSettings, text: str, filters: Filters, *, wait: bool
) -> Near:
    with database.reading() as connection:
        missing = count_missing(connection, chosen.model)
    if wait or missing <= MOST_AT_ONCE:
        missing -= embed_missing(database, chosen)
    [query] = _embeddings(chosen, [text[:MAX_QUERY_CHARS]])
    with database.reading() as connection:
        found = nearest(connection, chosen.model, query, filters, NEAREST)
    why = f"{missing} passages have no embedding yet; --update asks for them" if missing > 0 else ""
    return Near(found, PathReport("semantic", used=True, why=why))


def embed_missing(database: Database, chosen: EmbeddingSettings) -> int:
    """Ask for all embeddings that are missing; each batch is kept when it comes. Gives how many that were.

    Raises EndpointFailed, ConfigurationError and what is below them.
    """
    made = 0
    while True:
        with database.reading() as connection:
            texts = missing_texts(connection, chosen.model, BATCH)
        if not texts:
            return made
        vectors = _embeddings(chosen, [text[:MAX_CHARS] for text in texts.values()])
        with database.writing(LOCK) as connection:
            put_embeddings(connection, chosen.model, list(texts), vectors)
        made += len(texts)


def _embeddings(chosen: EmbeddingSettings, texts: Sequence[str]) -> list[list[float]]:
    endpoint = endpoint_of(chosen.server, EMBEDDINGS.rstrip("_"))

    async def asked() -> list[list[float]]:
        try:
            return await endpoint.embed(chosen.model, texts, chosen.timeout_s)
        finally:
            await endpoint.close()

    loop = BackgroundLoop()  # not the caller's own: an assistant's server is in one already
    try:
        return loop.run(asked())
    finally:
        loop.close()


def _unused(why: str) -> Near:
    return Near((), PathReport("semantic", used=False, why=f"{why}{INSTEAD}"))
