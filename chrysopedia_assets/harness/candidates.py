"""What may be installed: a folder, a file, an entry of the history; and whether its cases are sound.

What belongs here: which files that makes. What does not: installing them (`promotion.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness import cases
from chrysopedia_assets.models.prompts import Task
from resources.clients.library import shown
from resources.clients.prompt_folders import CASES, NEEDED, Files, is_case, read_files
from resources.clients.voice import VOICE_FILE
from resources.store.promotions import Promotion

MAX_TOLD = 3
CheckCases = Callable[[Task, Path], None]
"""Given the task and a prompt's folder; raises ConfigurationError for cases that are not what they should be."""


def check_cases(task: Task, folder: Path) -> None:
    """Each case can be read, and its gates do what it says. Raises ConfigurationError."""
    if wrong := cases.check_cases(folder, task):
        raise ConfigurationError(
            "; ".join(wrong[:MAX_TOLD]), where=str(folder / CASES), cure="Correct or remove it."
        )


@dataclass(frozen=True)
class Wanted:
    """What is to be installed: `files`, and the `source` as history tells it. `names` says what messages call a file of
    it, "" the folder.
    """

    files: Files
    source: str
    names: Mapping[str, str]
    cases_are_new: bool = False
    rollback_to: int | None = None

    def named(self, text: str, written: Path) -> str:
        """A message about the folder that was written, as one about what it comes from."""
        for name, called in sorted(self.names.items(), reverse=True):
            text = text.replace(str(written / name), called)
        return text


def candidate(path: Path, folder: Path, old: Files) -> Wanted:
    """A folder, or a file in place of one of the installed `folder`. Raises ConfigurationError."""
    given = path.expanduser()
    if not given.is_dir():
        try:
            content = given.read_bytes()
        except OSError as error:
            raise ConfigurationError(
                f"it cannot be read: {error.strerror}", where=str(given), cure="Name another."
            ) from error
        part = "user.md" if given.name == "user.md" else "system.md"
        return Wanted({**old, part: content}, shown(path), {part: str(given), "": str(folder)})
    files = read_files(given)
    for name in NEEDED:
        if name not in files:
            raise ConfigurationError(
                f"there is no {name} in it",
                where=str(given),
                cure="A prompt is a folder with system.md, user.md and prompt.toml; or name one file.",
            )
    cases_are_new = any(map(is_case, files))
    if not cases_are_new:
        files |= {name: content for name, content in old.items() if is_case(name)}
    # As the cases: a prompt that was written without the dial loses nobody's.
    files |= {VOICE_FILE: old[VOICE_FILE]} if VOICE_FILE in old and VOICE_FILE not in files else {}
    return Wanted(files, shown(path), {"": str(given)}, cases_are_new)


def earlier(task: Task, to: int | None, old: Files, entries: Sequence[Promotion]) -> Wanted:
    """The entry named, or the one before what is installed. Rollbacks are steps back through what was promoted, not back and
    forth between the last two. Raises ConfigurationError.
    """
    by_number = {entry.number: entry for entry in entries}
    if to is not None and to not in by_number:
        raise ConfigurationError(
            f"the history of {task} has no number {to}",
            cure=f"List it: chrysopedia prompt history {task}",
        )
    if to is None:
        is_newest = bool(entries) and entries[0].files == old
        now = _first(entries[0], by_number) if is_newest else None
        before = (e for e in entries if (now is None or e.number < now.number) and e.files != old)
        chosen = next(before, None)
        if chosen is None:
            raise ConfigurationError(
                f"the history of {task} has nothing before what is installed",
                cure=f"List it: chrysopedia prompt history {task}",
            )
    else:
        chosen = by_number[to]
    original = _first(chosen, by_number).number
    return Wanted(
        chosen.files,
        f"rollback to {original}",
        {"": f"number {original} of the history"},
        rollback_to=original,
    )


def _first(entry: Promotion, by_number: Mapping[int, Promotion]) -> Promotion:
    """The entry that a rollback is a copy of."""
    return by_number[entry.rollback_to] if entry.rollback_to is not None else entry
