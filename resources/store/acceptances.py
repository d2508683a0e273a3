"""Versions that a person has declared equal: who, when and why. Nothing is deleted; what is revoked stays on record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.verdicts import Accepted
from resources.store import tables as t

_rows = t.acceptances.c


def accept(
    connection: Connection, pairs: Sequence[Accepted], *, reason: str, accepted_by: str
) -> None:
    """Record each pair, the older version first."""
    now = datetime.now(UTC)
    for pair in pairs:
        connection.execute(
            sa.insert(t.acceptances).values(
                subject=pair.subject,
                old_version=pair.one,
                new_version=pair.other,
                reason=reason,
                accepted_by=accepted_by,
                accepted_at=now,
            )
        )


def revoke(connection: Connection, subject: str, *, revoked_by: str) -> int:
    """Take back all that was accepted for a source; gives how many."""
    done = connection.execute(
        sa.update(t.acceptances)
        .where(_rows.subject == subject, _rows.revoked_at.is_(None))
        .values(revoked_by=revoked_by, revoked_at=datetime.now(UTC))
    )
    return done.rowcount


def accepted(connection: Connection) -> list[Accepted]:
    """What holds now."""
    query = sa.select(_rows.subject, _rows.old_version, _rows.new_version)
    rows = connection.execute(query.where(_rows.revoked_at.is_(None)).order_by(_rows.acceptance_id))
    return [Accepted(*row) for row in rows]


def list_acceptances(connection: Connection) -> list[dict[str, Any]]:
    """All that was ever accepted, the newest first."""
    query = sa.select(t.acceptances).order_by(_rows.acceptance_id.desc())
    return [dict(row) for row in connection.execute(query).mappings()]
