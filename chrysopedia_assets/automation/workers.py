"""Many videos in several processes: one Python process has the use of one core, however many calls it waits for.

What belongs here: how videos get to processes, what comes back, and how all of that ends. What does not: what is done
with a video (`process`), how many processes are worth it (`resources.llm`).

A worker is started anew, never forked: threads and open databases do not survive that. It has one pipe to its parent,
over which it gets videos and tells of stages and results. Whoever finds the pipe closed knows that the other end is
gone, however it went: a worker then gives up its calls and ends its runs as cancelled, a parent ends the runs of the
dead and starts another worker. `docs/adr/0005-worker-processes.md` has the reasons.
"""

import multiprocessing
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait

import dagster as dg

from chrysopedia_assets.automation.dead_runs import end_dead_runs, runs_in
from chrysopedia_assets.automation.process import Failed, Order, Processed, Processor
from chrysopedia_assets.errors import ChrysopediaError
from resources.database import open_database
from resources.garbage import keep_what_is_loaded, look_seldom
from resources.hearing import HowFar, listening, pass_on
from resources.llm import processes, stop_llm, videos_at_once
from resources.processes import mark_of
from resources.settings import llm_settings, use_share_of_calls

PATIENCE_S = 20.0
"""For all workers, once they are told to end: one that computes finishes its stage first, and is not waited for much longer."""

OnStage = Callable[[str, str], None]
MayBegin = Callable[[str], bool]


@dataclass(frozen=True)
class Share:
    """What a worker has to know: what its runs are for, and its part of what may go on at the same time."""

    order: Order
    videos: int
    calls: int


def process_many(
    processor: Processor,
    video_ids: Sequence[str],
    order: Order,
    *,
    run_ids: Mapping[str, str] | None = None,
    may_begin: MayBegin = lambda video_id: True,
    on_stage: OnStage = lambda video_id, stage: None,
) -> Generator[Processed]:
    """Each video as it is done, in as many processes as are worth it; else as `Processor.process_many`, in this one.

    What this process has begun to ask (`run_ids`) it also finishes, before workers do the others.
    """
    here = partial(
        processor.process_many,
        order=order,
        run_ids=run_ids,
        stop=stop_llm,
        may_begin=may_begin,
        on_stage=on_stage,
    )
    others = [video_id for video_id in video_ids if video_id not in (run_ids or {})]
    count = processes(len(others))
    if count == 1:
        yield from here(video_ids, at_once=max(1, min(videos_at_once(), len(video_ids))))
        return
    for done in here(list(run_ids or {}), at_once=videos_at_once()):
        yield done
        if done.for_all:
            return
    videos, calls = videos_at_once() // count, llm_settings().concurrency // count
    share = Share(order, max(1, videos), max(1, calls))
    yield from _in_workers(others, count, share, processor.instance, may_begin, on_stage)


def _in_workers(
    video_ids: Sequence[str],
    count: int,
    share: Share,
    instance: dg.DagsterInstance,
    may_begin: MayBegin,
    on_stage: OnStage,
) -> Iterator[Processed]:
    """A video is given to a worker only when it can begin: after a failure for all, the others stay undone."""
    waiting = deque(video_ids)
    workers = [_Worker(share) for _ in range(count)]
    try:
        while ready := _with_something_to_tell(workers, waiting, share.videos, may_begin):
            for worker in ready:
                told = worker.hear()
                if isinstance(told, BaseException):
                    raise told
                if isinstance(told, HowFar):
                    pass_on(told)
                elif isinstance(told, tuple):
                    on_stage(*told)
                elif told is not None:
                    if told.for_all:
                        waiting.clear()
                    yield told
                else:
                    workers.remove(worker)
                    yield from worker.lost(instance)
                    end_dead_runs(instance)
                    workers += [_Worker(share)] if waiting else []
    finally:
        for worker in workers:
            worker.pipe.close()
        until_s = time.monotonic() + PATIENCE_S
        if not all([worker.ended(until_s) for worker in workers]):
            end_dead_runs(instance)


def _with_something_to_tell(
    workers: Sequence["_Worker"], waiting: deque[str], videos: int, may_begin: MayBegin
) -> list["_Worker"]:
    """Give each worker as many videos as it can begin, and wait; none when nothing is left to do."""
    for worker in workers:
        while waiting and len(worker.begun) < videos:
            video_id = waiting.popleft()
            if may_begin(video_id):
                worker.give(video_id)
    busy: dict[object, _Worker] = {worker.pipe: worker for worker in workers if worker.begun}
    return [busy[pipe] for pipe in wait([worker.pipe for worker in busy.values()])] if busy else []


class _Worker:
    """A worker as its parent sees it; `begun` has the stages run so far of each video that it is at."""

    def __init__(self, share: Share) -> None:
        anew = multiprocessing.get_context("spawn")
        self.begun: dict[str, list[str]] = {}
        self.pipe, theirs = anew.Pipe()
        self._process = anew.Process(target=serve, args=(theirs, share), daemon=True)
        # Ctrl-C reaches all processes of a terminal. Only the parent is to act on it: a child keeps what is blocked.
        resource_tracker.ensure_running()  # else started with the first child, and lets Ctrl-C through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert self._process.pid is not None, "it was started"
        self._mark = mark_of(self._process.pid)
        theirs.close()  # or its end would not be seen

    def give(self, video_id: str) -> None:
        self.begun[video_id] = []
        with suppress(OSError):  # it is gone, which `hear` will tell
            self.pipe.send(video_id)

    def hear(self) -> "tuple[str, str] | HowFar | Processed | BaseException | None":
        """A stage of a video, how far it is transcribed, a video that is done, or why the worker cannot go on; None from one that is gone."""
        try:
            told: tuple[str, str] | HowFar | Processed | BaseException = self.pipe.recv()
        except (EOFError, OSError):
            return None
        if isinstance(told, Processed):
            del self.begun[told.video_id]
        elif isinstance(told, tuple):
            video_id, stage = told
            self.begun[video_id].append(stage)
        return told

    def lost(self, instance: dg.DagsterInstance) -> Iterator[Processed]:
        """The videos that it was at when it went, with their runs: what those have paid is paid."""
        self.pipe.close()
        self._process.join()
        why = (
            f"the process that was at it, and at {len(self.begun) - 1} others, was stopped from outside"
            f" (exit code {self._process.exitcode}); what it had finished is stored. Is there enough memory?"
            " Then give the same command again"
        )
        for video_id, ran in self.begun.items():
            run_ids = runs_in(instance, self._mark, video_id)
            yield Processed(video_id, tuple(ran), Failed(None, why), run_ids)

    def ended(self, until_s: float) -> bool:
        """Whether it has ended by itself by then (monotonic); afterwards it has, in one way or the other."""
        self._process.join(max(until_s - time.monotonic(), 0))
        if in_time := not self._process.is_alive():
            return in_time
        self._process.kill()
        self._process.join()
        return in_time


# --- in a worker


def serve(pipe: Connection, share: Share) -> None:
    """Process videos as they come through the pipe, until it is closed."""
    tell = _Teller(pipe)
    try:
        _serve(pipe, share, tell)
    except BaseException as error:  # noqa: BLE001  # the parent raises it
        tell(error)


def _serve(pipe: Connection, share: Share, tell: "_Teller") -> None:
    look_seldom()
    use_share_of_calls(share.calls)
    from chrysopedia_assets.definitions import build_defs  # which imports this room

    with dg.DagsterInstance.get() as instance:
        processor = Processor(build_defs(), instance, open_database())
        keep_what_is_loaded()

        def one(video_id: str) -> None:
            def on_stage(stage: str) -> None:
                tell((video_id, stage))

            try:
                tell(processor.process(video_id, share.order, on_stage=on_stage))
            except BaseException as error:  # noqa: BLE001  # the parent raises it
                tell(error)

        with (
            listening(tell),
            ThreadPoolExecutor(share.videos, thread_name_prefix="video") as threads,
        ):
            with suppress(EOFError, OSError):  # reset, where something was still to be read
                while True:
                    threads.submit(one, pipe.recv())
            stop_llm()  # all is done, or the parent is gone
            threads.shutdown(cancel_futures=True)


class _Teller:
    """Tells the parent, from any thread, as long as there is one."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def __call__(self, told: "tuple[str, str] | HowFar | Processed | BaseException") -> None:
        if isinstance(told, BaseException) and not isinstance(
            told, ChrysopediaError | KeyboardInterrupt
        ):
            told = RuntimeError(
                "".join(traceback.format_exception(told))
            )  # others may not get through a pipe
        with self._lock, suppress(OSError):
            self._pipe.send(told)
