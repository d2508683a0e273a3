"""Which process carries out a run, and whether that process is still there.

What belongs here: the mark of a process, which everybody can judge on the same machine. What does not: runs.
"""

import os
import socket
from pathlib import Path

GONE = "ZX"
"""States of Linux: it has ended, and only its parent has not asked yet."""


def mark_of(pid: int | None = None) -> str:
    """`host:pid:start` of a living process, or of this one; without the start where the system does not tell it.

    A pid is given out again, and an old run must not be taken for one of whoever has it now.
    """
    pid = os.getpid() if pid is None else pid
    _, started = _state_and_start(pid)
    return ":".join(part for part in (socket.gethostname(), str(pid), started) if part)


def pid_of(mark: str) -> int:
    return int(mark.split(":")[1])


def is_gone(mark: str) -> bool:
    """Whether the process was on this machine and has ended. Of other machines nobody here knows."""
    host, _, rest = mark.partition(":")
    pid, _, started = rest.partition(":")
    if host != socket.gethostname() or not pid.isdecimal() or not int(pid):
        return False
    state, its_start = _state_and_start(int(pid))
    if state and state in GONE:
        return True
    return not _lives(int(pid)) or bool(started and its_start and started != its_start)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's, and alive
        pass
    return True


def _state_and_start(pid: int) -> tuple[str, str]:
    """Linux's letter for its state, and its start in ticks since the machine's; empty where there is no /proc."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", ""
    # The name of the program stands in brackets before them, and may hold brackets and spaces itself.
    fields = told.rpartition(")")[2].split()
    return fields[0], fields[19]
