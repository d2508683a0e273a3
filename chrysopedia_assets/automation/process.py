"""Bring videos up to date in this process: run the stages that need it, in order, and nothing else.

Several videos at a time run in threads: what they wait for is a model server, which has room for more than one.

After each run the records are looked at again, so a stage whose inputs turned out unchanged is spared.
"""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

import dagster as dg
from dagster import DagsterInstance
from dagster_shared.error import SerializableErrorInfo

from chrysopedia_assets import errors
from chrysopedia_assets.automation.partitions import VIDEOS
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import FAILURE, FRESH, TRIGGER
from resources.store.database import Database

PROCESS = "chrysopedia/process"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""On the terminal a command speaks for itself."""
INTERRUPTED = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt", "CancelledError"})


@dataclass(frozen=True)
class Failed:
    """`message` is a sentence for people; the whole trace is on the run's page."""

    stage: str | None
    message: str
    run_id: str | None = None
    for_all: bool = False
    """A wrong setting, or a key that is not accepted: the next video would fail in the same way."""


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
        self.staleness = Staleness(instance, database)
        end_dead_runs(instance)

    def process_many(
        self,
        video_ids: Sequence[str],
        trigger: str,
        *,
        fresh: bool = False,
        run_ids: Mapping[str, str] | None = None,
        at_once: int = 1,
        stop: Callable[[], None] = lambda: None,
        on_stage: Callable[[str, str], None] = lambda video_id, stage: None,
    ) -> Iterator[Processed]:
        """Each video as it is done; the first failure that is for all ends it, and what is not begun stays undone.

        `run_ids` are the ids that the first run of some videos has to have. `stop` makes the runs under way end
        soon; it is called when this is interrupted.
        """

        def one(video_id: str) -> Processed:
            tell = partial(on_stage, video_id)
            run_id = (run_ids or {}).get(video_id)
            return self.process(video_id, trigger, fresh=fresh, run_id=run_id, on_stage=tell)

        if at_once == 1:  # in this thread, where an interrupt arrives
            for video_id in video_ids:
                done = one(video_id)
                yield done
                if done.failed and done.failed.for_all:
                    return
            return
        with ThreadPoolExecutor(at_once, thread_name_prefix="video") as threads:
            begun = {threads.submit(one, video_id) for video_id in video_ids}
            try:
                while begun:
                    ended, begun = wait(begun, return_when=FIRST_COMPLETED)
                    for future in ended:
                        yield future.result()
                        failed = future.result().failed
                        if failed and failed.for_all:  # what is not begun is taken back
                            begun = {other for other in begun if not other.cancel()}
            except BaseException:
                stop()
                threads.shutdown(wait=True, cancel_futures=True)
                raise

    def process(
        self,
        video_id: str,
        trigger: str,
        *,
        fresh: bool = False,
        run_id: str | None = None,
        on_stage: Callable[[str], None] = lambda stage: None,
    ) -> Processed:
        """Run until nothing needs to run or something fails. `on_stage` hears of each stage that was run.

        `fresh` runs every stage, and takes no reply from the ledger; `run_id` is the first run's. Raises
        KeyboardInterrupt when a run was interrupted; that run is then recorded as cancelled.
        """
        ran: list[str] = []
        while stages := self._next(video_id, everything=fresh and not ran):
            if again := sorted(set(stages) & set(ran)):
                # Never the same stage twice in one go: for ever would cost money for ever.
                why = (
                    f"{again[0]} is out of date again after it was run. "
                    "If its file was ingested meanwhile, process the video once more."
                )
                return Processed(video_id, tuple(ran), Failed(again[0], why))
            result = self._run(
                video_id, stages, trigger, fresh=fresh, run_id=None if ran else run_id
            )
            for event in result.all_events:
                if event.is_step_materialization and event.asset_key:
                    ran.append(event.asset_key.to_user_string())
                    on_stage(ran[-1])
            if not result.success:
                return Processed(video_id, tuple(ran), _failure(result))
        return Processed(video_id, tuple(ran))

    def _next(self, video_id: str, *, everything: bool) -> list[str]:
        return list(STAGES) if everything else self.staleness.needed([video_id])[video_id]

    def _run(
        self, video_id: str, stages: list[str], trigger: str, *, fresh: bool, run_id: str | None
    ) -> dg.ExecuteInProcessResult:
        # A partition that somebody deleted meanwhile would end the whole command.
        self._instance.add_dynamic_partitions(VIDEOS, [video_id])
        result = self._job.execute_in_process(
            instance=self._instance,
            run_id=run_id,
            partition_key=video_id,
            asset_selection=[dg.AssetKey(stage) for stage in stages],
            tags={
                TRIGGER: trigger,
                PROCESS: _this_process(),
                **({FRESH: "true"} if fresh else {}),
            },
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
            # Its places in the pools would stay taken for ever, until no run got one any more.
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


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
            kind = told.metadata.get(FAILURE)
            cause = getattr(errors, str(kind.value if kind else ""), Exception)
            for_all = issubclass(cause, ConfigurationError)
            return Failed(event.step_key, told.description, result.run_id, for_all)
    step, innermost = _innermost(_errors(result))
    return Failed(step, innermost, result.run_id)


def _innermost(errors: list[tuple[str | None, SerializableErrorInfo]]) -> tuple[str | None, str]:
    """The root cause of the first error, without its trace."""
    for step, error in errors:
        if error.cause is None:
            return step, error.message.strip().removeprefix("chrysopedia_assets.errors.")
    return None, "no reason was recorded"
