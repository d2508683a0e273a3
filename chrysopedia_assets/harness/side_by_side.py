"""Work that waits for servers, done at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

AT_ONCE = 16
"""Under way; how many calls that are at a time has its own limit."""


@contextmanager
def side_by_side(name: str) -> Iterator[ThreadPoolExecutor]:
    """Threads of that name; when the block fails or is interrupted, what has not begun never does."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix=name) as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
