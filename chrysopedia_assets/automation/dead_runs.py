"""Runs whose process is gone: every run is marked with its process, so that what a kill leaves behind can be ended.

What belongs here: the mark, and what is found by it. What does not: runs that Dagster itself has started in processes
of their own, which its daemon looks after.
"""

import os
import socket

import dagster as dg

from chrysopedia_assets.models.runs import PARTITION

PROCESS = "chrysopedia/process"


def mark_of(pid: int | None = None) -> dict[str, str]:
    """The tag of a run in a process of this machine, or in this one."""
    return {PROCESS: f"{socket.gethostname()}:{os.getpid() if pid is None else pid}"}


def runs_in(instance: dg.DagsterInstance, pid: int, video_id: str) -> tuple[str, ...]:
    """The ids of a video's runs in a process of this machine, the oldest first."""
    runs = instance.get_runs(dg.RunsFilter(tags={**mark_of(pid), PARTITION: video_id}))
    return tuple(run.run_id for run in reversed(runs))


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Record as failed what a killed process of this machine has left as running: nobody else will."""
    unfinished = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTING,
            dg.DagsterRunStatus.STARTED,
            dg.DagsterRunStatus.CANCELING,  # somebody has asked for that in the web UI
        ]
    )
    for run in instance.get_runs(unfinished):
        host, _, pid = run.tags.get(PROCESS, "").partition(":")
        if host == socket.gethostname() and not _lives(int(pid)):
            instance.report_run_failed(run, f"The process that ran it ({pid}) was killed.")
            # Its places in the pools would stay taken for ever, until no run got one any more.
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and alive
        pass
    return True
