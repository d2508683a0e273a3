"""What a comparison of two prompts says, as far as a promotion goes by it: the file that `prompt compare` writes.

What belongs here: reading that file and holding it to a prompt. What does not: comparing.
"""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.records import Record, Text

CURE = "Give the file that `chrysopedia prompt compare` wrote for this prompt."


class _Part(Record, extra="ignore"):
    """Of a file that has more in it."""


class Side(_Part):
    version: Text


class Scores(_Part):
    """Of the inputs that decided; None where none was held out."""

    a: float | None
    b: float | None


class Input(_Part):
    name: Text


class Evidence(_Part):
    """`b` is the prompt that may be better than `a`."""

    task: Task
    a: Side
    b: Side
    verdict: Literal["better", "worse", "cannot tell"]
    fixtures: tuple[Input, ...]
    scores: Scores


def read_evidence(path: Path) -> Evidence:
    """Raises ConfigurationError, with what is wrong in it."""
    try:
        return Evidence.model_validate_json(path.read_bytes())
    except OSError as error:
        what = f"the evidence cannot be read: {error.strerror}"
        raise ConfigurationError(what, where=str(path), cure=CURE) from error
    except ValidationError as error:
        [first, *_] = error.errors()
        place = ".".join(map(str, first["loc"]))
        what = f"this is no result of a comparison: {place + ': ' if place else ''}{first['msg']}"
        raise ConfigurationError(what, where=str(path), cure=CURE) from error


def check_evidence(evidence: Evidence, task: Task, version: str, *, anyway: bool) -> None:
    """Raises ConfigurationError when it is about another prompt, or speaks against this one."""
    if evidence.task != task:
        raise ConfigurationError(f"the evidence is about {evidence.task}, not {task}", cure=CURE)
    if evidence.b.version != version:
        raise ConfigurationError(
            f"the evidence is about version {evidence.b.version}; this prompt is version {version}",
            cure=f"{CURE} A version is of the texts and of how much may be read and written, by the environment too.",
        )
    if evidence.verdict == "worse" and not anyway:
        raise ConfigurationError(
            f"the evidence says that it is worse than {evidence.a.version}",
            cure="To install it all the same: --anyway",
        )
