"""Work that belongs to no run: results that were imported, try-outs of prompts, calls of runs that Dagster has forgotten.

It is told apart, and never counted among runs. An optimisation of a prompt has an id of its own, which is no run's.
"""

import uuid
from dataclasses import dataclass

from chrysopedia_assets.models.calls import Usage
from resources.event_log import run_tables_on_disk
from resources.store.calls import Which
from resources.store.costs import runs_on_record, usage_of
from resources.store.dagster_runs import run_ids
from resources.store.database import Database
from resources.store.records import results_by_run


@dataclass(frozen=True)
class WithoutRun:
    """`results` are stored stages, `used` is what the ledger has of it."""

    work: str
    results: int
    used: Usage


def work_without_run(database: Database, video_id: str | None = None) -> list[WithoutRun]:
    """Of all videos, or of one; only kinds that there is some of."""
    known = run_ids(run_tables_on_disk())
    with database.reading() as connection:
        results = results_by_run(connection, video_id)
        others = sorted(runs_on_record(connection, video_id) - known)
        forgotten = [run_id for run_id in others if _is_of_dagster(run_id)]
        optimising = [run_id for run_id in others if not _is_of_dagster(run_id)]
        gone = usage_of(connection, Which(video_id, run_ids=forgotten))
        optimised = usage_of(connection, Which(video_id, run_ids=optimising))
        tried = usage_of(connection, Which(video_id, run_ids=[None]))
    lost = sum(count for run_id, count in results.items() if run_id and run_id not in known)
    kinds = (
        WithoutRun("imported results", results.get(None, 0), Usage()),
        WithoutRun("try-outs and checks", 0, tried),
        WithoutRun("optimisations of prompts", 0, optimised),
        WithoutRun("of runs deleted in Dagster", lost, gone),
    )
    return [kind for kind in kinds if kind.results or kind.used.calls or kind.used.reused]


def _is_of_dagster(run_id: str) -> bool:
    try:
        return bool(uuid.UUID(run_id))
    except ValueError:
        return False
