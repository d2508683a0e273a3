"""A prompt's folder as one thing: which files in it are the prompt, and putting another in its place in one step.

Whenever a process is killed or the disk is full, the old folder is in place or the new one, each of them whole. What
belongs here: files, folders, names. What does not: what a prompt says (`prompts.py`), what is on record of it
(`store/promotions.py`).
"""

import ctypes
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from chrysopedia_assets.errors import ConfigurationError
from resources.clients.voice import VOICE_FILE

Files = Mapping[str, bytes]
"""By their name in the folder: `system.md`, `cases/forged_orders.yaml`."""

NEEDED = ("system.md", "user.md", "prompt.toml")
TUNED_ON = "tuned_on.json"
"""Ids of the inputs that the prompt was tuned on: no comparison on them is fair, also when it is installed."""
CASES = "cases"
RENAME_EXCHANGE = 2
AT_FDCWD = -100
NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP)
"""What a system or a file system says that cannot swap two names in one step."""


def is_own(name: str) -> bool:
    """Whether a file of the folder is the prompt's; all others are left alone."""
    path = PurePosixPath(name)
    is_case = len(path.parts) == 2 and path.parts[0] == CASES and path.suffix == ".yaml"
    return name in (*NEEDED, VOICE_FILE, TUNED_ON) or (is_case and not path.name.startswith("."))


def is_case(name: str) -> bool:
    return name.startswith(f"{CASES}/")


def read_files(folder: Path) -> dict[str, bytes]:
    """The prompt's own files, none where there is no folder. Raises ConfigurationError for what cannot be read."""
    names = [
        *NEEDED,
        VOICE_FILE,
        TUNED_ON,
        *(f"{CASES}/{path.name}" for path in (folder / CASES).glob("*.yaml")),
    ]
    found = {}
    for name in sorted(filter(is_own, names)):
        try:
            found[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ConfigurationError(
                f"the prompt cannot be read: {error.strerror}",
                where=str(folder / name),
                cure="A prompt is a folder with system.md, user.md, prompt.toml and perhaps cases/*.yaml.",
            ) from error
    return found


@contextmanager
def alone(prompts_dir: Path) -> Iterator[None]:
    """One process at a time; another one waits. Raises ConfigurationError where there is no such folder."""
    try:
        folder = os.open(prompts_dir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigurationError(
            f"the folder of the prompts cannot be opened: {error.strerror}",
            where=str(prompts_dir),
            cure="Make it, or correct CHRYSOPEDIA_PROMPTS.",
        ) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)  # gives the lock back, as the end of a process does


class Replacement:
    """A new folder beside the one that it is to replace. The caller is `alone`."""

    def __init__(self, target: Path, files: Files) -> None:
        """Writes all of it to disk, with what else the old folder holds. Raises ConfigurationError, and leaves nothing."""
        self.target, self.beside = target, _beside(target)
        try:
            _write(self.beside, target, files)
            self._identity = _identity(self.beside)
        except OSError as error:
            self.discard()
            raise _refused(error, target) from error
        except BaseException:
            self.discard()
            raise

    def put_in_place(self) -> None:
        """From here on `beside` is the old folder. Raises ConfigurationError, with the old one in place."""
        try:
            _swap(self.beside, self.target)
            _sync(self.target.parent)
        except OSError as error:
            self.put_back()
            raise _refused(error, self.target) from error

    def put_back(self) -> None:
        """The old folder in its place again, if it is not there."""
        if self.target.exists() and _identity(self.target) == self._identity:
            _swap(self.beside, self.target)
        if _parked(self.target).exists() and not self.target.exists():
            _parked(self.target).rename(self.target)
        _sync(self.target.parent)

    def discard(self) -> None:
        """Whichever folder is not in place."""
        shutil.rmtree(self.beside, ignore_errors=True)


def put_right(target: Path) -> bool:
    """After a process that was killed: an old folder back in its place where none is, the rest removed; was there any?

    The caller is `alone`.
    """
    beside, parked = _beside(target), _parked(target)
    if not (found := [path for path in (beside, parked) if path.exists()]):
        return False
    if parked.exists() and not target.exists():
        parked.rename(target)
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    _sync(target.parent)
    return True


def _beside(target: Path) -> Path:
    """On the same file system, hidden, and known to .gitignore."""
    return target.parent / f".{target.name}.promoting"


def _parked(target: Path) -> Path:
    return target.parent / f".{target.name}.replaced"


def _write(folder: Path, old: Path, files: Files) -> None:
    if old.exists():
        shutil.copytree(old, folder, symlinks=True, ignore=_own_in(old))
    else:
        folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        if (old / name).exists():
            shutil.copymode(old / name, path)
    if (cases := folder / CASES).is_dir() and not any(cases.iterdir()):
        cases.rmdir()
    owner = (old if old.exists() else old.parent).stat()
    for path in (*folder.rglob("*"), folder):
        if os.geteuid() == 0:  # in a container: what a user edits stays the user's
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        if not path.is_symlink():
            _sync(path)


def _own_in(old: Path) -> Callable[[str, list[str]], list[str]]:
    def own(folder: str, names: list[str]) -> list[str]:
        here = Path(folder).relative_to(old)
        return [name for name in names if is_own((here / name).as_posix())]

    return own


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _swap(beside: Path, target: Path) -> None:
    """Each name stands for the other folder; where one has none, it gets the other's. Done again it is undone."""
    if not target.exists():
        beside.rename(target)
    elif not beside.exists():
        target.rename(beside)
    elif not _exchange(beside, target):
        _swap_in_steps(beside, target)


def _exchange(one: Path, other: Path) -> bool:
    """In one step of the file system; False where it has none. Raises OSError."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _swap_in_steps(beside: Path, target: Path) -> None:
    """For a moment no folder is in place; who is killed then is put right by the next command (`put_right`)."""
    parked = _parked(target)
    target.rename(parked)
    try:
        beside.rename(target)
    except BaseException:
        parked.rename(target)
        raise
    parked.rename(beside)


def _refused(error: OSError, target: Path) -> ConfigurationError:
    return ConfigurationError(
        f"the new prompt cannot be written: {error.strerror or error}",
        where=str(target),
        cure="The old prompt is in place, as it was. Make room, or allow writing there, and try again.",
    )
