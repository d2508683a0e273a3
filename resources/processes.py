"""Which process carries out a run, and whether that process is still there.

What belongs here: the mark of a process, which everybody can judge who counts processes as it does. What does not: runs.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

GONE = "ZX"
"""States of Linux: it has ended, and only its parent has not asked yet."""
BOOT_CHARS = 8


class _Where(NamedTuple):
    """Since when the machine is up, and whose count a pid is of: a container has its own. Empty where there is no /proc."""

    boot: str
    namespace: str


def mark_of(pid: int | None = None) -> str:
    """`host:pid:start:boot:namespace` of a living process, or of this one.

    A pid is given out again, and an old run must not be taken for one of whoever has it now; and two containers may have
    the same host name, and both a process 7.
    """
    pid = os.getpid() if pid is None else pid
    _, started = _state_and_start(pid)
    return ":".join((socket.gethostname(), str(pid), started, *_here()))


def pid_of(mark: str) -> int:
    return int(mark.split(":")[1])


def is_gone(mark: str) -> bool:
    """Whether the process was on this machine and has ended. Of other machines and containers nobody here knows."""
    host, pid, started, boot, namespace = (mark.split(":") + [""] * 5)[:5]
    if host != socket.gethostname() or not pid.isdecimal() or not int(pid):
        return False
    here = _here()
    if boot and here.boot and boot != here.boot:  # the machine was started anew since
        return True
    if (boot, namespace) != here:
        return False
    state, its_start = _state_and_start(int(pid))
    if state and state in GONE:
        return True
    return not _lives(int(pid)) or bool(started and its_start and started != its_start)


def _here() -> _Where:
    boot = namespace = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:BOOT_CHARS]
    with suppress(OSError):  # "pid:[4026531836]"
        namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    return _Where(boot, namespace)


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
