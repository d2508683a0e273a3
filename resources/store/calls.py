"""Single calls, read from the ledger: which are meant, which there were, and what one asked and was answered, as far as
that is kept.

What belongs here: reading. What does not: recording (`ledger`), adding up (`costs`), dropping (`pruning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.calls import Outcome, Request
from resources.store import tables as t
from resources.store.ledger import answered
from resources.store.requests import unpacked

_calls = t.llm_calls.c


@dataclass(frozen=True)
class Which:
    """Which calls are meant: those of which all of this is true; None is any.

    `run` is the beginning of a run's id; None among `run_ids` is no run. Begun from `since` on, and before `until` (aware).
    """

    video_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run: str | None = None
    run_ids: Sequence[str | None] | None = None
    task: str | None = None
    outcome: Outcome | None = None
    prompt_version: str | None = None
    model: str | None = None

    @property
    def conditions(self) -> list[sa.ColumnElement[bool]]:
        equal = ("video_id", "task", "outcome", "prompt_version", "model")
        found = [
            _calls[name] == value for name in equal if (value := getattr(self, name)) is not None
        ]
        if self.since is not None:
            found.append(_calls.started_at >= self.since)
        if self.until is not None:
            found.append(_calls.started_at < self.until)
        if self.run is not None:
            found.append(_calls.run_id.startswith(self.run, autoescape=True))
        if self.run_ids is not None:
            named = _calls.run_id.in_([run_id for run_id in self.run_ids if run_id is not None])
            found.append(sa.or_(named, _calls.run_id.is_(None)) if None in self.run_ids else named)
        return found


ALL = Which()


@dataclass(frozen=True)
class KeptCall:
    """A call with what is kept of it; of a reused one, the reply and who was paid for it are those of `paid_by`."""

    call_id: int
    content_key: str
    run_id: str | None
    task: str
    video_id: str
    subject: str
    prompt_version: str
    endpoint: str
    model: str
    reply_format: str
    tried: int
    started_at: datetime
    outcome: Outcome
    latency_s: float | None
    tokens_in: int | None
    tokens_out: int | None
    tokens_cached: int | None
    cost_usd: float | None
    error: str | None
    finish_reason: str | None
    refusal: str | None
    reply: str | None
    request: Request | None
    paid_by: "KeptCall | None"

    @property
    def answer(self) -> "KeptCall | None":
        """The call that was answered: itself, or the one whose reply was used again; None where none was."""
        answered = self.paid_by if self.outcome == "reused" else self
        return answered if answered and answered.finish_reason is not None else None


def list_calls(connection: Connection, which: Which, limit: int) -> list[dict[str, Any]]:
    """One row for each, the newest first."""
    shown = (
        *(_calls.call_id.label("call"), _calls.started_at, _calls.video_id.label("video")),
        *(_calls.task, _calls.subject, _calls.tried, _calls.outcome, _calls.model),
        *(_calls.tokens_in, _calls.tokens_out, _calls.cost_usd, _calls.run_id.label("run")),
    )
    query = sa.select(*shown).where(*which.conditions).order_by(_calls.call_id.desc())
    return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


def calls_of_run(connection: Connection, run_id: str) -> list[dict[str, Any]]:
    """What a run has asked, in order, without the texts."""
    query = sa.select(
        *(_calls.call_id, _calls.started_at, _calls.task, _calls.subject, _calls.model),
        *(_calls.tried, _calls.outcome, _calls.latency_s, _calls.error),
        *(_calls.tokens_in, _calls.tokens_out, _calls.tokens_cached, _calls.cost_usd),
    ).where(_calls.run_id == run_id)
    rows = connection.execute(query.order_by(_calls.call_id)).mappings()
    return [dict(row) for row in rows]


def find_call(connection: Connection, call_id: int) -> KeptCall | None:
    row = _row(connection, _calls.call_id == call_id)
    if row is None:
        return None
    payer = sa.select(paid_by()).where(_calls.call_id == call_id).scalar_subquery()
    paid = _row(connection, _calls.call_id == payer) if row["outcome"] == "reused" else None
    asked = connection.scalar(
        sa.select(t.llm_requests.c.request).where(
            t.llm_requests.c.content_key == row["content_key"]
        )
    )
    return KeptCall(
        **row,
        request=unpacked(asked) if asked else None,
        paid_by=KeptCall(**paid, request=None, paid_by=None) if paid else None,
    )


def paid_by() -> sa.ColumnElement[int]:
    """Of a reused reply the call that gave it: the newest sound one before this, else the newest that was answered.

    As the ledger chooses, but also where the reply was dropped since.
    """
    paid = t.llm_calls.alias("paid").c
    before = (
        sa.select(sa.func.max(paid.call_id))
        .where(paid.content_key == _calls.content_key, paid.call_id < _calls.call_id)
        .correlate(t.llm_calls)
    )
    return sa.func.coalesce(
        before.where(paid.outcome == "ok").scalar_subquery(),
        before.where(answered(paid)).scalar_subquery(),
    )


def newest_call(connection: Connection) -> int | None:
    found: int | None = connection.scalar(sa.select(sa.func.max(_calls.call_id)))
    return found


def videos_of_calls(connection: Connection) -> list[str]:
    """All that calls were about, whether the library has them or not."""
    return list(connection.scalars(sa.select(_calls.video_id).distinct().order_by(_calls.video_id)))


def _row(connection: Connection, which: sa.ColumnElement[bool]) -> dict[str, Any] | None:
    left_out = {"budget_field", "takes_temperature"}
    query = sa.select(*(column for column in _calls if column.name not in left_out)).where(which)
    found = connection.execute(query).mappings().one_or_none()
    return dict(found) if found else None
