"""What git says of a file or folder, where there is a git and a repository; and a commit of nothing else."""

import subprocess
from contextlib import suppress
from pathlib import Path

from chrysopedia_assets.errors import ConfigurationError

TIMEOUT_S = 5
SAID_CHARS = 600
"""Of what a hook says, the end."""


def last_commit(path: Path) -> str | None:
    """The newest commit that changed the path; None where it has changes that are in none, or nobody knows."""
    try:
        if _git(path, "status", "--porcelain", "--", "."):
            return None
        return _git(path, "log", "-1", "--format=%h", "--", ".") or None
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or it does not answer
        return None


def uncommitted(path: Path) -> list[str]:
    """Files of the path that differ from the newest commit, or are in none. Raises ConfigurationError without a repository."""
    try:
        told = _git(path, "status", "--porcelain", "--untracked-files=all", "--", ".")
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(
            f"there is no git repository to commit to: {_said(error)}",
            where=str(path),
            cure="Leave --commit away, or make one: git init",
        ) from error
    return [line.split(maxsplit=1)[1] for line in told.splitlines()]


def commit_only(path: Path, message: str) -> str:
    """Commit what changed under the path, whatever else is changed or staged; gives the commit's short name.

    The path has no uncommitted changes but these. Raises ConfigurationError when git or a hook refuses, with the index
    as it was; hooks take as long as they take.
    """
    try:
        _git(path, "add", "--all", "--", ".", timeout_s=None)
        _git(path, "commit", "--quiet", "--only", "-m", message, "--", ".", timeout_s=None)
    except BaseException as error:
        with suppress(OSError, subprocess.SubprocessError):
            _git(path, "reset", "--quiet", "--", ".")
        if not isinstance(error, OSError | subprocess.SubprocessError):
            raise
        raise ConfigurationError(
            f"git does not commit: {_said(error)}",
            where=str(path),
            cure="Put that right, or leave --commit away.",
        ) from error
    return _git(path, "rev-parse", "--short", "HEAD")


def _said(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return " ".join(f"{error.stdout} {error.stderr}".split())[-SAID_CHARS:] or "it says nothing"
    return "git is not installed" if isinstance(error, FileNotFoundError) else str(error)


def _git(path: Path, *words: str, timeout_s: float | None = TIMEOUT_S) -> str:
    folder, what = (path, ".") if path.is_dir() else (path.parent, path.name)
    command = ["git", "--no-optional-locks", *(what if word == "." else word for word in words)]
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",  # a hook says what it likes, in any encoding
        timeout=timeout_s,
        check=True,
    )
    return done.stdout.strip()
