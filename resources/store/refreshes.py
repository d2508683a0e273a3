"""What each refresh was expected to cost, and what became of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.inspection.refreshes import RefreshRecord
from resources.store import tables as t

_rows = t.refreshes.c


def begin_refresh(
    connection: Connection,
    refresh_id: str,
    *,
    trigger: str,
    choices: Mapping[str, Any],
    estimate: Mapping[str, Any],
) -> None:
    """On record before its first run; one without an end was stopped with its process."""
    connection.execute(
        sa.insert(t.refreshes).values(
            refresh_id=refresh_id,
            trigger=trigger,
            started_at=datetime.now(UTC),
            choices=choices,
            estimate=estimate,
            outcome={},
        )
    )


def end_refresh(connection: Connection, refresh_id: str, outcome: Mapping[str, Any]) -> None:
    connection.execute(
        sa.update(t.refreshes)
        .where(_rows.refresh_id == refresh_id)
        .values(ended_at=datetime.now(UTC), outcome=outcome)
    )


def list_refreshes(connection: Connection) -> list[RefreshRecord]:
    """The newest first."""
    query = sa.select(
        *(_rows.refresh_id, _rows.trigger, _rows.started_at, _rows.ended_at),
        *(_rows.choices, _rows.estimate, _rows.outcome),
    ).order_by(_rows.started_at.desc())
    return [RefreshRecord(**row) for row in connection.execute(query).mappings()]
