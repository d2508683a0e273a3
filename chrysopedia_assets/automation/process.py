"""Bring videos up to date in this process: run the stages that need it, in order, and nothing else.

After each run the records are looked at again, so a stage whose inputs turned out unchanged is spared.
"""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster import DagsterInstance
from dagster_shared.error import SerializableErrorInfo

from chrysopedia_assets.automation.staleness import Staleness
from resources.store.database import Database

TRIGGER = "chrysopedia/trigger"
PROCESS = "chrysopedia/process"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""On the terminal a command speaks for itself."""
INTERRUPTED = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt"})


@dataclass(frozen=True)
class Failed:
    """`message` is a sentence for people; the whole trace is on the run's page."""

    stage: str | None
    message: str
    run_id: str | None = None


@dataclass(frozen=True)
class Processed:
    """What was done for one video: stages run, in order, and the failure that ended it, if one did."""

    video_id: str
    ran: tuple[str, ...]
    failed: Failed | None = None

    def as_row(self) -> dict[str, Any]:
        """Flat, for tables and JSON."""
        return {
            "video": self.video_id,
            "ran": list(self.ran),
            "failed_at": self.failed.stage if self.failed else None,
            "error": self.failed.message if self.failed else None,
            "run_id": self.failed.run_id if self.failed else None,
        }


class Processor:
    """Runs stages of videos through the graph's own definitions, recorded in the instance like any other run."""

    def __init__(self, defs: dg.Definitions, instance: DagsterInstance, database: Database) -> None:
        self._job = defs.resolve_implicit_global_asset_job_def()
        self._instance = instance
        self.staleness = Staleness(defs.resolve_asset_graph(), instance, database)
        end_dead_runs(instance)

    def process(
        self, video_id: str, trigger: str, on_stage: Callable[[str], None] = lambda stage: None
    ) -> Processed:
        """Run until nothing needs to run or something fails. `on_stage` hears of each stage that was run.

        Raises KeyboardInterrupt when a run was interrupted; that run is then recorded as cancelled.
        """
        ran: list[str] = []
        while stages := self.staleness.needed([video_id])[video_id]:
            if again := sorted(set(stages) & set(ran)):
                # Never the same stage twice in one go: for ever would cost money for ever.
                why = (
                    f"{again[0]} is out of date again after it was run. "
                    "If its file was ingested meanwhile, process the video once more."
                )
                return Processed(video_id, tuple(ran), Failed(again[0], why))
            result = self._run(video_id, stages, trigger)
            for event in result.all_events:
                if event.is_step_materialization and event.asset_key:
                    ran.append(event.asset_key.to_user_string())
                    on_stage(ran[-1])
            if not result.success:
                return Processed(video_id, tuple(ran), _failure(result))
        return Processed(video_id, tuple(ran))

    def _run(self, video_id: str, stages: list[str], trigger: str) -> dg.ExecuteInProcessResult:
        result = self._job.execute_in_process(
            instance=self._instance,
            partition_key=video_id,
            asset_selection=[dg.AssetKey(stage) for stage in stages],
            tags={TRIGGER: trigger, PROCESS: _this_process()},
            run_config=QUIET,
            raise_on_error=False,
        )
        if any(error.cls_name in INTERRUPTED for _, error in _errors(result)):
            self._instance.report_run_canceled(result.dagster_run)
            raise KeyboardInterrupt
        return result


def end_dead_runs(instance: DagsterInstance) -> None:
    """Record as failed what a killed process of this machine has left as running: nobody else will."""
    unfinished = dg.RunsFilter(
        statuses=[
            dg.DagsterRunStatus.NOT_STARTED,
            dg.DagsterRunStatus.STARTING,
            dg.DagsterRunStatus.STARTED,
        ]
    )
    for run in instance.get_runs(unfinished):
        host, _, pid = run.tags.get(PROCESS, "").partition(":")
        if host == socket.gethostname() and not _lives(int(pid)):
            instance.report_run_failed(run, f"The process that ran it ({pid}) was killed.")


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and alive
        pass
    return True


def _errors(result: dg.ExecuteInProcessResult) -> list[tuple[str | None, SerializableErrorInfo]]:
    """Every error of the run and everything that caused it, outermost first, with the step that it befell."""
    found = []
    for event in result.all_events:
        error = None
        if event.is_step_failure:
            error = event.step_failure_data.error
        elif event.is_job_failure:
            error = event.job_failure_data.error
        while error is not None:
            found.append((event.step_key, error))
            error = error.cause
    return found


def _failure(result: dg.ExecuteInProcessResult) -> Failed:
    for event in result.all_events:
        told = event.step_failure_data.user_failure_data if event.is_step_failure else None
        if told and told.description:
            return Failed(event.step_key, told.description, result.run_id)
    step, innermost = _innermost(_errors(result))
    return Failed(step, innermost, result.run_id)


def _innermost(errors: list[tuple[str | None, SerializableErrorInfo]]) -> tuple[str | None, str]:
    """The root cause of the first error, without its trace."""
    for step, error in errors:
        if error.cause is None:
            return step, error.message.strip().removeprefix("chrysopedia_assets.errors.")
    return None, "no reason was recorded"
