"""Runs whose process is gone: what a kill leaves behind is ended, for nobody else will.

What belongs here: ending them in Dagster's records. What does not: the marks that they are found by (`resources.run_marks`),
and reading such a run as the failed one that it is before anybody came to end it (`resources.store.dagster_runs`).
"""

import dagster as dg

from chrysopedia_assets.models.runs import PARTITION, PROCESS, killed
from resources.processes import is_gone


def runs_in(instance: dg.DagsterInstance, process: str, video_id: str) -> tuple[str, ...]:
    """The ids of a video's runs in a process, by its mark; the oldest first."""
    runs = instance.get_runs(dg.RunsFilter(tags={PROCESS: process, PARTITION: video_id}))
    return tuple(run.run_id for run in reversed(runs))


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Record as failed what a killed process of this machine has left as running; as cancelled, if that was asked for."""
    unfinished = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTING,
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.CANCELING,
        ]
    )
    for run in instance.get_runs(unfinished):
        mark = run.tags.get(PROCESS)
        if mark is None or not is_gone(mark):
            continue
        if run.status == dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(run, killed(mark))
        else:
            instance.report_run_failed(run, killed(mark))
        # Its places in the pools would stay taken for ever, until no run got one any more.
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
