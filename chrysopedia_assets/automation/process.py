"""Bring videos up to date in this process: run the stages that need it, in order, and nothing else.

Several videos at a time run in threads: what they wait for is a model server, which has room for more than one.

After each run the records are looked at again, so a stage whose inputs turned out unchanged is spared.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dagster as dg
from dagster import DagsterInstance
from dagster_shared.error import SerializableErrorInfo

from chrysopedia_assets import errors
from chrysopedia_assets.assets._checks import own_checks
from chrysopedia_assets.automation.dead_runs import end_dead_runs
from chrysopedia_assets.automation.partitions import VIDEOS
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.plan import EVERYTHING, Choice, next_stages
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.runs import (
    CHOSEN,
    FAILURE,
    FRESH,
    PARTITION,
    PROCESS,
    TRIGGER,
    Trigger,
)
from resources.processes import mark_of
from resources.store.claims import claim
from resources.store.database import Database

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""On the terminal a command speaks for itself."""
IN_FLIGHT = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
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
class Order:
    """What is to be done to videos, and for whom.

    `first` are stages that run whatever they stand like; `wanted` those that may run after them, by video (all, where
    it names none), `choice` the causes that count. `fresh` takes no reply from the ledger. `config` by stage is what
    the launchpad takes, `tags` are marks for every run.
    """

    trigger: Trigger
    first: tuple[StageName, ...] = ()
    wanted: Mapping[str, Collection[StageName]] = field(default_factory=dict)
    choice: Choice = EVERYTHING
    fresh: bool = False
    config: Mapping[StageName, Mapping[str, str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Processed:
    """What was done for one video: stages run, in order, and the failure that ended it, if one did."""

    video_id: str
    ran: tuple[str, ...]
    failed: Failed | None = None
    run_ids: tuple[str, ...] = ()
    left_to: str | None = None
    """Who is at work on the video, if it was left to them."""

    @property
    def for_all(self) -> bool:
        """Whether the next video would fail in the same way."""
        return self.failed is not None and self.failed.for_all

    def as_row(self) -> dict[str, Any]:
        """Flat, for tables and JSON."""
        return {
            "video": self.video_id,
            "ran": list(self.ran),
            "failed_at": self.failed.stage if self.failed else None,
            "error": self.failed.message if self.failed else None,
            "run_id": self.failed.run_id if self.failed else None,
            "left_to": self.left_to,
        }


class Processor:
    """Runs stages of videos through the graph's own definitions, recorded in the instance like any other run."""

    def __init__(self, defs: dg.Definitions, instance: DagsterInstance, database: Database) -> None:
        self._job = defs.resolve_implicit_global_asset_job_def()
        self.instance = instance
        self._database = database
        self.staleness = Staleness(instance, database)
        end_dead_runs(instance)

    def process_many(
        self,
        video_ids: Sequence[str],
        order: Order,
        *,
        run_ids: Mapping[str, str] | None = None,
        at_once: int = 1,
        stop: Callable[[], None] = lambda: None,
        may_begin: Callable[[str], bool] = lambda video_id: True,
        on_stage: Callable[[str, str], None] = lambda video_id, stage: None,
    ) -> Generator[Processed]:
        """Each video as it is done; the first failure that is for all ends it, and what is not begun stays undone.

        `run_ids` are the ids that the first run of some videos has to have. `stop` makes the runs under way end
        soon; it is called when this is interrupted. Videos that `may_begin` refuses are left out.
        """

        def one(video_id: str) -> Processed | None:
            if not may_begin(video_id):
                return None
            run_id = (run_ids or {}).get(video_id)
            tell = partial(on_stage, video_id)
            return self.process(video_id, order, run_id=run_id, on_stage=tell)

        if at_once > 1:
            yield from _in_threads(one, video_ids, at_once, stop)
            return
        for video_id in video_ids:  # in this thread, where an interrupt arrives
            if (done := one(video_id)) is not None:
                yield done
                if done.for_all:
                    return

    def process(
        self,
        video_id: str,
        order: Order,
        *,
        run_id: str | None = None,
        on_stage: Callable[[str], None] = lambda stage: None,
    ) -> Processed:
        """Run until nothing needs to run or something fails. `on_stage` hears of each stage that was run.

        `run_id` is the first run's. A video that another process or run is at work on is left to it. Raises
        KeyboardInterrupt when a run was interrupted; that run is then recorded as cancelled.
        """
        ran: list[str] = []
        run_ids: list[str] = []

        def done(failed: Failed | None = None) -> Processed:
            return Processed(video_id, tuple(ran), failed, tuple(run_ids))

        with self._claimed(video_id) as other:
            if other is not None:
                return Processed(video_id, (), left_to=other)
            while stages := self._next(video_id, order, begun=bool(run_ids)):
                if again := sorted(set(stages) & set(ran)):
                    # Never the same stage twice in one go: for ever would cost money for ever.
                    why = (
                        f"{again[0]} is out of date again after it was run. If its file was ingested or its prompt"
                        " edited meanwhile, process the video once more."
                    )
                    return done(Failed(again[0], why))
                result = self._run(video_id, stages, order, None if run_ids else run_id)
                run_ids.append(result.run_id)
                for event in result.all_events:
                    if event.is_step_materialization and event.asset_key:
                        ran.append(event.asset_key.to_user_string())
                        on_stage(ran[-1])
                if not result.success:
                    return done(_failure(result))
        return done()

    @contextmanager
    def _claimed(self, video_id: str) -> Iterator[str | None]:
        """Whoever is at work on it: another process, or a run that the web UI or a sensor has started; None if it is
        ours until the end of the block.
        """
        with claim(self._database, video_id) as ours:
            if not ours:
                yield "another command"
                return
            in_flight = dg.RunsFilter(tags={PARTITION: video_id}, statuses=list(IN_FLIGHT))
            runs = self.instance.get_runs(in_flight, limit=1)
            told = (
                "which has not ended (one that died with its machine: terminate it in the web UI)"
            )
            yield f"run {runs[0].run_id}, {told}" if runs else None

    def _next(self, video_id: str, order: Order, *, begun: bool) -> list[StageName]:
        if order.first and not begun:
            return list(order.first)
        by_stage = self.staleness.look([video_id]).verdicts[video_id]
        return next_stages(by_stage, order.wanted.get(video_id, STAGES), order.choice)

    def _run(
        self, video_id: str, stages: Sequence[StageName], order: Order, run_id: str | None
    ) -> dg.ExecuteInProcessResult:
        # A partition that somebody deleted meanwhile would end the whole command.
        self.instance.add_dynamic_partitions(VIDEOS, [video_id])
        # Marked before it begins: a kill may come between.
        tags = {TRIGGER: order.trigger, CHOSEN: "true", PROCESS: mark_of(), **order.tags}
        config = {stage: {"config": dict(order.config.get(stage, {}))} for stage in stages}
        selected = frozenset(dg.AssetKey(stage) for stage in stages)
        # The stages' own checks alone: that on pages being fresh would look at each video by itself, where the report
        # looks at all at once, and the judge costs money.
        checks = frozenset(own_checks(stages))
        job = self._job.get_subset(asset_selection=selected, asset_check_selection=checks)
        result = job.execute_in_process(
            instance=self.instance,
            run_id=run_id,
            partition_key=video_id,
            tags=tags | ({FRESH: "true"} if order.fresh else {}),
            run_config={**QUIET, "ops": {k: v for k, v in config.items() if v["config"]}},
            raise_on_error=False,
        )
        if any(error.cls_name in INTERRUPTED for _, error in _errors(result)):
            self.instance.report_run_canceled(result.dagster_run)
            raise KeyboardInterrupt
        return result


def _in_threads(
    one: Callable[[str], Processed | None],
    video_ids: Sequence[str],
    at_once: int,
    stop: Callable[[], None],
) -> Iterator[Processed]:
    with ThreadPoolExecutor(at_once, thread_name_prefix="video") as threads:
        begun = {threads.submit(one, video_id) for video_id in video_ids}
        try:
            while begun:
                ended, begun = wait(begun, return_when=FIRST_COMPLETED)
                for future in ended:
                    if (done := future.result()) is None:
                        continue
                    yield done
                    if done.for_all:  # what is not begun is taken back
                        begun = {other for other in begun if not other.cancel()}
        except BaseException:
            stop()
            threads.shutdown(wait=True, cancel_futures=True)
            raise


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
