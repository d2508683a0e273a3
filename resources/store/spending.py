"""What the ledger says of one calendar month (UTC), for the month's budget: read often, so it is one query over an index."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.calls import MonthSpent
from resources.store import tables as t

_calls = t.llm_calls.c
_UNCOUNTED = sa.and_(_calls.reply.is_not(None), _calls.tokens_in.is_(None))
"""Answered by a server that does not say how much it read and wrote."""
_UNKNOWN = sa.and_(
    _calls.cost_usd.is_(None),
    sa.or_(
        sa.and_(_calls.outcome == "started", _calls.started_at < sa.bindparam("opened")),
        _calls.outcome == "timed_out",
        _UNCOUNTED,
    ),
)
_MONTH = sa.select(
    sa.func.coalesce(sa.func.sum(_calls.cost_usd), 0.0),
    sa.func.coalesce(sa.func.sum(sa.case((_UNKNOWN, 1), else_=0)), 0),
    sa.func.coalesce(sa.func.max(_calls.cost_usd), 0.0),
).where(_calls.started_at >= sa.bindparam("month"))


def month_of(moment: datetime) -> datetime:
    """When the month began that the moment is in."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent_since(connection: Connection, month: datetime, opened: datetime) -> MonthSpent:
    """Since the month began. A call begun before `opened` that has no end was stopped; the later ones are under way."""
    usd, unknown, dearest = connection.execute(_MONTH, {"month": month, "opened": opened}).one()
    return MonthSpent(float(usd), int(unknown), float(dearest))
