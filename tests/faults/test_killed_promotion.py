"""A promotion that is killed, or finds the disk full, leaves the old prompt or the new one, whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from resources.clients import prompt_folders
from resources.clients.prompt_folders import Replacement, alone, put_right, read_files
from tests.builders import PROJECT

OLD = {"system.md": b"old " * 2000, "user.md": b"old user", "prompt.toml": b"old = 1"}
NEW = {"system.md": b"new " * 2000, "user.md": b"new user", "prompt.toml": b"new = 1"}
SWAPPING = """
import sys
from pathlib import Path
from resources.clients import prompt_folders as folders
if sys.argv[2] == "steps":
    folders._exchange = lambda one, other: False
target = Path(sys.argv[1])
texts = [folders.read_files(target), {name: body.replace(b"old", b"new") for name, body in folders.read_files(target).items()}]
print("begun", flush=True)
while True:
    with folders.alone(target.parent):
        folders.put_right(target)
        wanted = texts[folders.read_files(target) == texts[0]]
        replacement = folders.Replacement(target, wanted)
        replacement.put_in_place()
        replacement.discard()
"""


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts" / "synthesis"
    folder.mkdir(parents=True)
    for name, content in OLD.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("how", ["at once", "steps"])
def test_killed_at_any_moment_one_whole_prompt_is_in_place(target: Path, how: str) -> None:
    seen = set()
    for round_ in range(12):
        for name, content in OLD.items():
            (target / name).write_bytes(content)
        with subprocess.Popen(
            [sys.executable, "-c", SWAPPING, str(target), how],
            cwd=PROJECT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(PROJECT)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.005 + 0.0037 * round_)
            process.send_signal(signal.SIGKILL)
        with alone(target.parent):
            put_right(target)
        found = read_files(target)
        assert found in (OLD, NEW), "a mixture, or nothing"
        seen.add(found["user.md"])
        assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert seen <= {b"old user", b"new user"}


def test_a_full_disk_leaves_the_old_prompt_and_no_litter(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = (
        "import resource, sys\nfrom pathlib import Path\nimport signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "from resources.clients.prompt_folders import Replacement\n"
        "from chrysopedia_assets.errors import ConfigurationError\n"
        "try:\n    Replacement(Path(sys.argv[1]), {'system.md': b'new ' * 2000})\n"
        "except ConfigurationError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", limited, str(target)],
        cwd=PROJECT, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert "the new prompt cannot be written" in done.stdout
    assert "The old prompt is in place" in done.stdout
    assert read_files(target) == OLD
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_what_fails_after_the_swap_is_taken_back(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_folders, "_sync", _failing(prompt_folders._sync, target.parent))
    with alone(target.parent):
        replacement = Replacement(target, NEW)
        with pytest.raises(ConfigurationError, match="cannot be written"):
            replacement.put_in_place()
        replacement.discard()
    assert read_files(target) == OLD


def _failing(sync: object, once: Path) -> object:
    """Of the folder of all prompts, the first time."""
    left = [once]

    def failing(path: Path) -> None:
        if path in left:
            left.remove(path)
            raise OSError(5, "Input/output error")
        sync(path)  # type: ignore[operator]

    return failing
