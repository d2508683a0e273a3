"""Windows that are finished, kept so that a run that was killed goes on behind the last of them.

What belongs here: keeping texts by key. What does not: what is in them.
"""

import os
from pathlib import Path
from typing import Protocol


class WindowStore(Protocol):
    """Keys are file names of letters and digits."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, text: str) -> None: ...


class WindowFolder:
    """One file a window, complete or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        try:
            return self._path(key).read_text("utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def put(self, key: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f"{key}.{os.getpid()}.new"
        unfinished.write_text(text, "utf-8")
        unfinished.replace(self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
