"""Which prompts were installed, when, from where, on what evidence, and the texts of all of them."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.prompts import Task
from resources.store import tables as t

_rows = t.promotions.c


@dataclass(frozen=True)
class Promotion:
    """One entry of a task's history; they are numbered from 1.

    `prompt_version` is what results made with it carry: with what the environment said of its settings at the time;
    None for a prompt that could not be read. `files` are all of its files, by name. `rollback_to` is the entry that it
    is a copy of. The scores are those of the prompt that it was compared with, and its own.
    """

    task: Task
    number: int
    prompt_version: str | None
    promoted_at: datetime
    source: str
    files: Mapping[str, bytes]
    note: str | None = None
    rollback_to: int | None = None
    verdict: str | None = None
    old_score: float | None = None
    new_score: float | None = None
    fixtures: tuple[str, ...] = ()
    git_commit: str | None = None


def add(connection: Connection, entry: Promotion) -> None:
    values = {field.name: getattr(entry, field.name) for field in fields(entry)}
    values["files"] = {name: _written(content) for name, content in entry.files.items()}
    connection.execute(sa.insert(t.promotions).values(values))


def remove(connection: Connection, task: Task, number: int) -> None:
    """Of one that was taken back before anybody could use it."""
    connection.execute(sa.delete(t.promotions).where(_rows.task == task, _rows.number == number))


def set_commit(connection: Connection, task: Task, number: int, git_commit: str) -> None:
    which = sa.update(t.promotions).where(_rows.task == task, _rows.number == number)
    connection.execute(which.values(git_commit=git_commit))


def list_promotions(connection: Connection, task: Task) -> list[Promotion]:
    """The newest first."""
    query = sa.select(t.promotions).where(_rows.task == task).order_by(_rows.number.desc())
    return [_entry(dict(row)) for row in connection.execute(query).mappings()]


def _entry(row: dict[str, Any]) -> Promotion:
    files = {name: _read(content) for name, content in row["files"].items()}
    return Promotion(**row | {"files": files, "fixtures": tuple(row["fixtures"])})


def _written(content: bytes) -> str | dict[str, str]:
    """Text as text. What somebody saved in another encoding has to come back as the same bytes too."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": b64encode(content).decode("ascii")}


def _read(content: str | dict[str, str]) -> bytes:
    return content.encode() if isinstance(content, str) else b64decode(content["base64"])
