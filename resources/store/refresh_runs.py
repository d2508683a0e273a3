"""The runs of refreshes, from Dagster's own tables (1.13): `runs`, `run_tags`, and `bulk_actions` for its backfills.

Nothing is imported from Dagster, whose import takes seconds; a test holds both to the same answers.
"""

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.inspection.refreshes import RefreshRun
from chrysopedia_assets.models.runs import PARTITION, REFRESH

_runs = sa.table(
    "runs",
    sa.column("id", sa.Integer),
    sa.column("run_id", sa.Text),
    sa.column("status", sa.Text),
)
_tags = sa.table(
    "run_tags", sa.column("run_id", sa.Text), sa.column("key", sa.Text), sa.column("value", sa.Text)
)
_backfills = sa.table("bulk_actions", sa.column("key", sa.Text), sa.column("status", sa.Text))


def runs_of_refreshes(connection: Connection) -> dict[str, list[RefreshRun]]:
    """By refresh, its runs of videos, the oldest first."""
    if not sa.inspect(connection).has_table("run_tags"):  # no run was ever made
        return {}
    of, video = _tags.alias("of"), _tags.alias("video")
    query = (
        sa.select(of.c.value, _runs.c.run_id, video.c.value, _runs.c.status)
        .join_from(of, _runs, _runs.c.run_id == of.c.run_id)
        .join(video, sa.and_(video.c.run_id == of.c.run_id, video.c.key == PARTITION))
        .where(of.c.key == REFRESH)
        .order_by(_runs.c.id)
    )
    found: dict[str, list[RefreshRun]] = defaultdict(list)
    for refresh_id, run_id, video_id, status in connection.execute(query):
        found[refresh_id].append(RefreshRun(run_id, video_id, status))
    return found


def backfill_states(connection: Connection) -> dict[str, str]:
    """Dagster's word for how each backfill stands, by its id."""
    if not sa.inspect(connection).has_table("bulk_actions"):
        return {}
    rows = connection.execute(sa.select(_backfills.c.key, _backfills.c.status))
    return {key: status for key, status in rows}
