"""One hop of staleness: is what a stage stored still what its code would make of its present inputs?"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CauseKind = Literal["missing", "code", "new input", "input"]


@dataclass(frozen=True)
class Cause:
    """Why a stage has to run: never made, other code, an input it has never read, or another version of an input."""

    kind: CauseKind
    subject: str


@dataclass(frozen=True)
class Made:
    """What was recorded when a stage last ran: its own version, its code's, and those of the inputs it read."""

    data_version: str | None
    code_version: str | None
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class StageDef:
    """What the graph says of a stage now: its code version and what it reads."""

    name: str
    code_version: str
    reads: tuple[str, ...]


def causes(
    stage: StageDef, made: Made | None, versions_now: Mapping[str, str | None]
) -> tuple[Cause, ...]:
    """Empty when the stage is fresh. `versions_now` gives the present version of each input; absent inputs are None."""
    if made is None:
        return (Cause("missing", stage.name),)
    found = []
    if made.code_version != stage.code_version:
        found.append(Cause("code", stage.name))
    for name in stage.reads:
        now = versions_now.get(name)
        if name not in made.inputs:
            found.append(Cause("new input", name))
        elif now is not None and made.inputs[name] not in (now, _of_partition(now)):
            found.append(Cause("input", name))
    return tuple(found)


def _of_partition(version: str) -> str:
    """How Dagster records the version of a partition that was read: as the SHA-256 of it."""
    return hashlib.sha256(version.encode()).hexdigest()


def surely_needed(
    stages: Sequence[StageDef], made: Mapping[str, Made], versions_now: Mapping[str, str | None]
) -> list[str]:
    """The stages to run next, in order: the first that is not fresh, and those after it that have to run whatever
    it gives.

    A stage below that is stale only through an input may turn out fresh once that input is made again (early
    cut-off), so it is left for the next look. Empty when everything is fresh.
    """
    needed: list[str] = []
    for stage in stages:
        found = causes(stage, made.get(stage.name), versions_now)
        if needed and not any(cause.kind in ("missing", "code") for cause in found):
            break
        if found:
            needed.append(stage.name)
    return needed
