"""Whether the process behind a mark is still there: a pid alone does not tell."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from resources.processes import is_gone, mark_of, pid_of
from resources.settings import PROJECT

NEW_NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"]


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


def changed(mark: str, **parts: object) -> str:
    names = ("host", "pid", "started", "boot", "namespace")
    told = dict(zip(names, mark.split(":"), strict=True)) | parts
    return ":".join(map(str, told.values()))


def test_who_has_the_pid_now_is_not_who_had_it() -> None:
    started = int(mark_of().split(":")[2])
    assert is_gone(changed(mark_of(), started=started - 1))
    assert not is_gone(changed(mark_of(), started="")), "nobody has told its start"


def test_a_machine_that_was_started_anew_has_none_of_its_old_processes() -> None:
    mark = changed(mark_of(), boot="01234567")
    assert is_gone(mark) and is_gone(changed(mark, namespace="1"))
    assert not is_gone(changed(mark, host="another"))


def test_nothing_is_said_of_other_machines_and_containers_and_of_what_is_no_mark() -> None:
    dead = changed(mark_of(), pid=2**40)
    assert is_gone(dead)
    for mark in ("", "nonsense", changed(dead, host="another"), changed(dead, namespace="1"), changed(dead, pid=""), changed(dead, pid="x"), changed(dead, pid=0), changed(dead, boot="")):  # fmt: skip
        assert not is_gone(mark), mark


def test_another_container_of_the_same_name_is_not_judged() -> None:
    """Each of them has a process of its own for a pid of the other, or none."""
    if not shutil.which("unshare") or subprocess.run([*NEW_NAMESPACE, "true"], check=False, capture_output=True).returncode:  # fmt: skip
        pytest.skip("no right to a pid namespace of one's own here")
    program = (
        "import sys; from resources.processes import *; print(is_gone(sys.argv[1]), mark_of())"
    )
    told = subprocess.run(
        [*NEW_NAMESPACE, sys.executable, "-c", program, mark_of()],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert told[0] == "False", "ours, which lives, seen from there"
    assert told[1].startswith(f"{mark_of().split(':')[0]}:1:"), (
        "the same name, and a pid of its own"
    )
    assert not is_gone(told[1]), "theirs, seen from here"
