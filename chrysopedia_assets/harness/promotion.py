"""Installing a prompt and going back to an earlier one: checked first, all or nothing, and on record with all texts.

What belongs here: what is done in which order, and what is undone. What does not: how a folder is replaced
(`resources.clients.prompt_folders`), what becomes out of date by it (`freshness`), the terminal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.candidates import (
    CheckCases,
    Wanted,
    candidate,
    check_cases,
    earlier,
)
from chrysopedia_assets.harness.evidence import Evidence, check_evidence
from chrysopedia_assets.models.prompts import Task
from resources.clients.git import commit_only, uncommitted
from resources.clients.prompt_folders import Files, Replacement, alone, put_right, read_files
from resources.clients.prompts import PromptTemplate
from resources.store.database import Database
from resources.store.promotions import Promotion, add, list_promotions, remove, set_commit

LOCK = "promotions"
FOUND = "found in place"


@dataclass(frozen=True)
class Place:
    """Where a task's prompt is installed. `read` reads a folder with what the environment says of its settings, so that
    versions are those of the verdicts.
    """

    task: Task
    folder: Path
    database: Database
    read: Callable[[Path], PromptTemplate]

    def version(self) -> str | None:
        """Of what is in place; None where it cannot be read."""
        try:
            return self.read(self.folder).version
        except ConfigurationError:
            return None

    def history(self) -> list[Promotion]:
        """The newest first."""
        with self.database.reading() as connection:
            return list_promotions(connection, self.task)


@dataclass(frozen=True)
class Order:
    """How something is to be installed, beside what."""

    note: str | None = None
    evidence: Evidence | None = None
    anyway: bool = False
    commit: bool = False
    check_cases: CheckCases = check_cases


@dataclass(frozen=True)
class Installed:
    """`entry` is None where the prompt was in place already; `found` was put on record before, as it was in none."""

    version: str | None
    old_version: str | None
    entry: Promotion | None = None
    changed: tuple[str, ...] = ()
    found: Promotion | None = None


@dataclass(frozen=True)
class Listed:
    """`in_place` is the number of the entry that is installed; None where what is installed is in none."""

    entries: Sequence[Promotion]
    in_place: int | None
    version: str | None


PLAINLY = Order()


def promote(place: Place, path: Path, order: Order = PLAINLY) -> Installed:
    """Install a folder, or one file in place of `system.md` (of `user.md`, if it is named so) of what is installed.

    A folder without cases keeps those that are there. Raises ConfigurationError, with everything as it was.
    """
    return _install(place, order, lambda old, _: candidate(path, place.folder, old))


def rollback(place: Place, to: int | None = None, order: Order = PLAINLY) -> Installed:
    """Install an earlier entry again: the one before what is installed, unless one is named.

    Raises ConfigurationError, with everything as it was.
    """
    return _install(place, order, lambda old, entries: earlier(place.task, to, old, entries))


def listed(place: Place) -> Listed:
    """The history, and where in it we stand."""
    entries, now = place.history(), read_files(place.folder)
    in_place = next((entry.number for entry in entries if entry.files == now), None)
    return Listed(entries, in_place, place.version())


def tidy(place: Place) -> bool:
    """After a promotion that was killed; was there anything to put right?"""
    with alone(place.folder.parent):
        return put_right(place.folder)


Choose = Callable[[Files, Sequence[Promotion]], Wanted]
"""By what is installed, and the history."""


def _install(place: Place, order: Order, choose: Choose) -> Installed:
    with alone(place.folder.parent):
        put_right(place.folder)
        old, entries, old_version = read_files(place.folder), place.history(), place.version()
        wanted = choose(old, entries)
        if wanted.files == old:
            return Installed(old_version, old_version)
        if order.commit:
            _refuse_uncommitted(place)
        replacement = Replacement(place.folder, wanted.files)
        try:
            version = _checked(place, order, wanted, replacement.beside)
            found = _keep(place, old, old_version, entries)
            entry = _entry(place, order, wanted, version)
            entry = _put_in_place(place, replacement, entry, old)
            if order.commit:
                entry = _commit(place, replacement, entry)
        finally:
            replacement.discard()
    changed = tuple(
        name
        for name in sorted({*old, *wanted.files})
        if old.get(name) != wanted.files.get(name)
    )  # fmt: skip
    return Installed(version, old_version, entry, changed, found)


def _refuse_uncommitted(place: Place) -> None:
    if files := uncommitted(place.folder):
        raise ConfigurationError(
            f"the installed prompt has changes that are in no commit: {', '.join(files)}",
            where=str(place.folder),
            cure="Commit or discard them, or leave --commit away.",
        )


def _checked(place: Place, order: Order, wanted: Wanted, written: Path) -> str:
    """Its version. What is checked is what was written, and named as what it comes from."""
    try:
        prompt = place.read(written)
        if wanted.cases_are_new:
            order.check_cases(place.task, written)
    except ConfigurationError as error:
        what, where = (wanted.named(text, written) for text in (error.what, error.where))
        raise type(error)(what, where=where, cure=error.cure) from error
    if order.evidence is not None:
        check_evidence(order.evidence, place.task, prompt.version, anyway=order.anyway)
    return prompt.version


def _keep(
    place: Place, old: Files, version: str | None, entries: Sequence[Promotion]
) -> Promotion | None:
    """What is in place and is not what was installed last: in a transaction of its own, so that it is on record
    whatever becomes of the promotion.
    """
    if not old or (entries and entries[0].files == old):
        return None
    return _add(place, Promotion(place.task, 0, version, datetime.now(UTC), FOUND, old))


def _add(place: Place, entry: Promotion, then: Callable[[], None] = lambda: None) -> Promotion:
    """With the next number; what is done `then` belongs to it."""
    with place.database.writing(lock=LOCK) as connection:
        numbers = [one.number for one in list_promotions(connection, place.task)]
        entry = replace(entry, number=max(numbers, default=0) + 1)
        add(connection, entry)
        then()
    return entry


def _entry(place: Place, order: Order, wanted: Wanted, version: str) -> Promotion:
    evidence = order.evidence
    return Promotion(
        place.task,
        number=0,
        prompt_version=version,
        promoted_at=datetime.now(UTC),
        source=wanted.source,
        files=wanted.files,
        note=order.note,
        rollback_to=wanted.rollback_to,
        verdict=evidence.verdict if evidence else None,
        old_score=evidence.scores.a if evidence else None,
        new_score=evidence.scores.b if evidence else None,
        fixtures=tuple(one.name for one in evidence.fixtures) if evidence else (),
    )


def _put_in_place(
    place: Place, replacement: Replacement, entry: Promotion, old: Files
) -> Promotion:
    def swap() -> None:
        replacement.put_in_place()
        if read_files(replacement.beside) != old:
            raise ConfigurationError(
                "the installed prompt was edited at this very moment",
                where=str(place.folder),
                cure="It is as it was edited. Try again.",
            )

    try:
        return _add(place, entry, swap)
    except BaseException:  # the database too may fail at the last moment
        replacement.put_back()
        raise


def _commit(place: Place, replacement: Replacement, entry: Promotion) -> Promotion:
    """After the database's own commit: a hook may take minutes, and nobody else could write meanwhile."""
    title = f"{place.task} prompt {entry.number}: {entry.prompt_version}, {entry.source}"
    try:
        name = commit_only(place.folder, f"{title}\n\n{entry.note}" if entry.note else title)
    except BaseException:
        replacement.put_back()
        with place.database.writing(lock=LOCK) as connection:
            remove(connection, place.task, entry.number)
        raise
    with place.database.writing(lock=LOCK) as connection:
        set_commit(connection, place.task, entry.number, name)
    return replace(entry, git_commit=name)
