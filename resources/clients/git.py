"""What git says of a file or folder, where there is a git and a repository."""

import subprocess
from pathlib import Path

TIMEOUT_S = 5


def last_commit(path: Path) -> str | None:
    """The newest commit that changed the path; None where it has changes that are in none, or nobody knows."""
    try:
        if _git(path, "status", "--porcelain", "--", "."):
            return None
        return _git(path, "log", "-1", "--format=%h", "--", ".") or None
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or it does not answer
        return None


def _git(path: Path, *words: str) -> str:
    folder, what = (path, ".") if path.is_dir() else (path.parent, path.name)
    command = ["git", "--no-optional-locks", *(what if word == "." else word for word in words)]
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    return done.stdout.strip()
