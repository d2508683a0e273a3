"""The versions of the page at an address, and by which change of the prompt one came after the other.

What belongs here: shapes, and what can be said of two prompts. What does not: gathering (`resources/page_history.py`),
showing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chrysopedia_assets.inspection.text_changes import Line, changes
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.technique_pages import TechniquePage


@dataclass(frozen=True)
class PromptUsed:
    """The synthesis prompt as it was then: its version, None where nobody knows, and its texts as far as they are on record.

    `files` are those of its folder. `asked` is what a model was sent, by who says it there; `read` is whether one was
    asked at all: an engine of our own reads no prompt.
    """

    version: str | None = None
    read: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Edition:
    """A version of the page, from 1. `changed` says in words what differs from the one before."""

    version: int
    page: TechniquePage
    made_by: str
    made_at: datetime
    run_id: str | None
    prompt: PromptUsed
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageHistory:
    """`editions` are at least one, oldest first. `leads_to` is the address that has taken over; None where none has, or
    where the page still `stands`.
    """

    address: str
    video: Video
    editions: tuple[Edition, ...]
    stands: bool = True
    leads_to: str | None = None


@dataclass(frozen=True)
class PromptChange:
    """In words, and the texts that can be compared, by name."""

    told: str
    texts: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)


def prompt_change(before: Edition, after: Edition) -> PromptChange | None:
    """None where both were made with the same prompt, or with none."""
    old, new = before.prompt, after.prompt
    if not (old.read or new.read):
        return None
    for edition in (before, after):
        if not edition.prompt.read:
            told = f"Version {edition.version} was written without a prompt, by {edition.made_by}."
            return PromptChange(told)
    if old.version and old.version == new.version:
        return None
    told = f"From prompt {old.version or '(unknown)'} to {new.version or '(unknown)'}"
    if old.files and new.files:
        return PromptChange(f"{told}, as they were installed.", _compared(old.files, new.files))
    if old.asked and new.asked:
        return PromptChange(f"{told}, as a model was asked.", _compared(old.asked, new.asked))
    return PromptChange(f"{told}. {_not_on_record(before, after)}")


def _not_on_record(*editions: Edition) -> str:
    missing = [
        one.prompt.version or f"version {one.version}"
        for one in editions
        if not (one.prompt.files or one.prompt.asked)
    ]
    lacking = f"The text of {' and '.join(missing)} is" if missing else "Texts to compare are"
    return f"{lacking} not on record: not installed with `prompt promote`, and what was asked is dropped."


def _compared(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[Line, ...]]:
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    return {name: tuple(changes(old.get(name, ""), new.get(name, ""))) for name in names}
