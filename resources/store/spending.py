"""What the ledger says of one calendar month (UTC), for the month's budget: read often, so it is one query over an index."""

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.calls import MonthSpent
from resources.store import tables as t

_calls = t.llm_calls.c
_UNKNOWN = sa.and_(
    _calls.cost_usd.is_(None),
    sa.or_(_calls.tokens_in.is_(None), _calls.tokens_out.is_(None)),
    _calls.call_id.notin_(sa.bindparam("under_way", expanding=True)),
)
"""Stopped, failed where the server may have worked, or answered without saying how much was read and written."""
_MONTH = sa.select(
    sa.func.coalesce(sa.func.sum(_calls.cost_usd), 0.0),
    sa.func.coalesce(sa.func.sum(sa.case((_UNKNOWN, 1), else_=0)), 0),
    sa.func.coalesce(sa.func.max(_calls.cost_usd), 0.0),
).where(_calls.started_at >= sa.bindparam("month"))


def month_of(moment: datetime) -> datetime:
    """When the month began that the moment is in."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spent_since(
    connection: Connection, month: datetime, under_way: Collection[int] = ()
) -> MonthSpent:
    """Since the month began. A call that has no end may have been stopped, unless whoever asks has it under way."""
    given = {"month": month, "under_way": list(under_way)}
    usd, unknown, dearest = connection.execute(_MONTH, given).one()
    return MonthSpent(float(usd), int(unknown), float(dearest))
