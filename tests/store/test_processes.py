"""Whether the process behind a mark is still there: a pid alone does not tell."""

import os
import signal
import subprocess
import sys

from resources.processes import is_gone, mark_of, pid_of


def test_a_process_is_there_until_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        mark = mark_of(process.pid)
        assert pid_of(mark) == process.pid
        assert not is_gone(mark)
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(mark), "ended, and nobody has asked yet how"
    assert is_gone(mark)
    assert not is_gone(mark_of())


def test_who_has_the_pid_now_is_not_who_had_it() -> None:
    host, pid, started = mark_of().split(":")
    assert is_gone(f"{host}:{pid}:{int(started) - 1}")
    assert not is_gone(f"{host}:{pid}"), "a mark from before starts were told"


def test_nothing_is_said_of_other_machines_and_of_what_is_no_mark() -> None:
    host = mark_of().split(":")[0]
    for mark in ("another:1:1", "", "nonsense", f"{host}:", f"{host}:x:1", f"{host}:0:1"):
        assert not is_gone(mark), mark
    assert is_gone(f"{host}:{2**40}:1")
