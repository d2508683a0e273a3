"""The ledger: a row for every attempt to have a question answered, written before it is made and completed after; what
was asked is kept beside it, once for all attempts that asked the same.

It is the cache too: a request that was answered is answered from here. A row that stays `started` is a call whose
process was stopped; what it may have cost is not known, and it counts as a call.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Request, Result
from resources.store import tables as t
from resources.store.database import Database
from resources.store.requests import packed

_calls = t.llm_calls.c


def answered(calls: Any) -> sa.ColumnElement[bool]:
    """True of a call that had a reply, also where that was dropped since; given the columns of calls."""
    found: sa.ColumnElement[bool] = calls.finish_reason.is_not(None)
    return found


ANSWERED = answered(_calls)

# Put together once: SQLAlchemy takes longer to make a statement than SQLite to carry it out.
_REPLY = (
    sa.select(
        *(_calls.reply, _calls.finish_reason, _calls.refusal),
        *(_calls.tokens_in, _calls.tokens_out, _calls.tokens_cached),
    )
    .where(_calls.content_key == sa.bindparam("key"), _calls.reply.is_not(None))
    .order_by((_calls.outcome == "ok").desc(), _calls.call_id.desc())
    .limit(1)
)
_BEGIN = sa.insert(t.llm_calls)
_ASKED = {
    "sqlite": sqlite.insert(t.llm_requests).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(t.llm_requests).on_conflict_do_nothing(),
}
_END = sa.update(t.llm_calls).where(_calls.call_id == sa.bindparam("ended"))


class Ledger:
    """Safe to use from many threads and processes: each method is one short transaction."""

    def __init__(self, database: Database, secrets: Collection[str] = ()) -> None:
        """`secrets` are kept out of what is stored of requests."""
        self._database, self._secrets = database, secrets

    def reply(self, key: str) -> Completion | None:
        """The newest sound reply to an identical request; else the newest of the others, to be judged again."""
        with self._database.reading() as connection:
            row = connection.execute(_REPLY, {"key": key}).one_or_none()
        if row is None:
            return None
        return Completion(
            text=row.reply,
            finish_reason=row.finish_reason or "stop",
            refusal=row.refusal,
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            tokens_cached=row.tokens_cached,
        )

    def dialect(self, endpoint: str, model: str) -> Dialect | None:
        """How a request was written that the server last took."""
        query = (
            sa.select(_calls.reply_format, _calls.budget_field, _calls.takes_temperature)
            .where(_calls.endpoint == endpoint, _calls.model == model, ANSWERED)
            .order_by(_calls.call_id.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return Dialect(*row) if row else None

    def begin(self, attempt: Attempt, request: Request) -> int:
        """Record that an attempt is about to be made, and what it asks; gives its id."""
        return self._insert(attempt, request, outcome="started")

    def reuse(self, attempt: Attempt, request: Request) -> None:
        """Record that the ledger itself gave the answer."""
        self._insert(attempt, request, outcome="reused", latency_s=0.0, cost_usd=0.0)

    def end(self, call_id: int, result: Result) -> None:
        completion = result.completion
        values: dict[str, Any] = {
            "outcome": result.outcome,
            "latency_s": result.latency_s,
            "error": result.error,
            "cost_usd": result.cost_usd,
        }
        if completion is not None:
            values |= {
                "reply": completion.text,
                "finish_reason": completion.finish_reason,
                "refusal": completion.refusal,
                "tokens_in": completion.tokens_in,
                "tokens_out": completion.tokens_out,
                "tokens_cached": completion.tokens_cached,
            }
        with self._database.writing(lock=f"call {call_id}") as connection:
            connection.execute(_END, {"ended": call_id} | values)

    def _insert(self, attempt: Attempt, request: Request, **values: Any) -> int:
        label, dialect, now = attempt.label, attempt.dialect, datetime.now(UTC)
        asked = {
            "content_key": attempt.key,
            "request": packed(request, self._secrets),  # here: nobody waits for it with the lock
            "stored_at": now,
        }
        row = {
            "content_key": attempt.key,
            "run_id": attempt.run_id,
            "task": label.task,
            "video_id": label.video_id,
            "subject": label.subject,
            "prompt_version": label.prompt_version,
            "endpoint": attempt.endpoint,
            "model": attempt.model,
            "reply_format": dialect.reply_format,
            "budget_field": dialect.budget_field,
            "takes_temperature": dialect.takes_temperature,
            "tried": label.tried,
            "started_at": now,
        }
        with self._database.writing(lock=f"key {attempt.key}") as connection:
            found = connection.execute(_BEGIN, row | values)
            connection.execute(_ASKED[connection.dialect.name], asked)
        assert found.inserted_primary_key is not None
        return int(found.inserted_primary_key[0])
