"""One event loop in a thread of its own, where all calls of the process live, whichever thread asks for them.

It is a daemon: a command that is stopped does not wait for servers to answer.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class BackgroundLoop:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
        self._thread.start()
        self._stopped = False

    def run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Wait for the work's result; whatever ends the waiting ends the work too."""
        if self._stopped:
            work.close()
            raise CancelledError
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """End all work, now and from now on: whoever waits for some gets a CancelledError."""
        self._stopped = True
        self._loop.call_soon_threadsafe(self._cancel_all)

    def _cancel_all(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def close(self) -> None:
        """Give everything back. Nothing may run any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
