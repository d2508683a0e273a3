"""The ledger: a row for every attempt to have a question answered, written before it is made and completed after.

It is the cache too: a request that was answered is answered from here. A row that stays `started` is a call whose
process was stopped; what it may have cost is not known, and it counts as a call.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Result
from resources.store import tables as t
from resources.store.database import Database

_calls = t.llm_calls.c

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
_END = sa.update(t.llm_calls).where(_calls.call_id == sa.bindparam("ended"))


class Ledger:
    """Safe to use from many threads and processes: each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            .where(_calls.endpoint == endpoint, _calls.model == model, _calls.reply.is_not(None))
            .order_by(_calls.call_id.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return Dialect(*row) if row else None

    def begin(self, attempt: Attempt) -> int:
        """Record that an attempt is about to be made; gives its id."""
        return self._insert(attempt, outcome="started")

    def reuse(self, attempt: Attempt) -> None:
        """Record that the ledger itself gave the answer."""
        self._insert(attempt, outcome="reused", latency_s=0.0, cost_usd=0.0)

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

    def _insert(self, attempt: Attempt, **values: Any) -> int:
        label, dialect = attempt.label, attempt.dialect
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
            "started_at": datetime.now(UTC),
        }
        with self._database.writing(lock=f"key {attempt.key}") as connection:
            found = connection.execute(_BEGIN, row | values)
        assert found.inserted_primary_key is not None
        return int(found.inserted_primary_key[0])


def calls_of_run(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """What a run has asked, in order, without the texts."""
    query = sa.select(
        *(_calls.call_id, _calls.started_at, _calls.task, _calls.subject, _calls.model),
        *(_calls.tried, _calls.outcome, _calls.latency_s, _calls.error),
        *(_calls.tokens_in, _calls.tokens_out, _calls.tokens_cached, _calls.cost_usd),
    ).where(_calls.run_id == run_id)
    rows = connection.execute(query.order_by(_calls.call_id)).mappings()
    return [dict(row) for row in rows]
