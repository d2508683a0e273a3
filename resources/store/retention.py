"""What may be dropped and what is kept, and the words for both: pure.

An exchange is a request with every reply to it, as old as the last time that somebody asked it; a version is what one
run of a stage gave. What made what is stored now, or a page that stands, is kept whatever the bounds say.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from chrysopedia_assets.errors import ConfigurationError

RECENT = timedelta(hours=1)
"""What was asked within it stays: a run may be at work with it, and would pay again if it was stopped."""
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}

Kind = Literal["exchange", "version"]
Reason = Literal["live", "newest", "recent", "within"]
REASONS: Mapping[Reason, str] = {
    "live": "made what is stored now, or a page that stands",
    "newest": "the newest of their stages",
    "recent": "asked within the last hour",
    "within": "within the bounds",
}


@dataclass(frozen=True)
class Bounds:
    """One of them at least; with both, whatever breaks one of them is dropped."""

    older_than: timedelta | None = None
    max_bytes: int | None = None

    @classmethod
    def parse(cls, older_than: str | None, max_size: str | None) -> Self:
        """ "90d" and "500MB", KB or GB. Raises ConfigurationError, also where neither is given."""
        if not (older_than or max_size):
            raise ConfigurationError(
                "no bound is given, so nothing is dropped",
                cure="Say what may go: --older-than 90d, --max-size 500MB, or both.",
            )
        age = re.fullmatch(r"(\d{1,5}) ?d", older_than.strip()) if older_than else None
        size = re.fullmatch(r"(\d{1,9}) ?([KMG]B)", max_size.strip().upper()) if max_size else None
        if older_than and age is None:
            raise ConfigurationError(f"{older_than!r} is no age", cure="Give days: 90d.")
        if max_size and size is None:
            raise ConfigurationError(f"{max_size!r} is no size", cure="Give KB, MB or GB: 500MB.")
        return cls(
            timedelta(days=int(age[1])) if age else None,
            int(size[1]) * UNITS[size[2]] if size else None,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """`key` says which; `kept` is why it stays whatever the bounds say."""

    kind: Kind
    key: tuple[str | int, ...]
    used_at: datetime
    size: int
    kept: Reason | None = None


@dataclass(frozen=True)
class Sum:
    exchanges: int = 0
    versions: int = 0
    size: int = 0

    def __str__(self) -> str:
        counted = (
            counted_as(self.exchanges, "request with its replies", "requests with their replies"),
            counted_as(self.versions, "version of a stage", "versions of stages"),
        )
        return f"{' and '.join(part for part in counted if part) or 'nothing'}, {mb(self.size)}"


@dataclass(frozen=True)
class Pruned:
    """What was dropped, or would be, and what stays for which reason."""

    bounds: Bounds
    dropped: Sum
    kept: Mapping[Reason, Sum]
    dry_run: bool

    @property
    def held(self) -> int:
        """How many bytes are left."""
        return sum(part.size for part in self.kept.values())

    def lines(self) -> list[str]:
        told = [f"{'Would drop' if self.dry_run else 'Dropped'}: {self.dropped}."]
        told += [
            f"Kept, {REASONS[reason]}: {part}." for reason, part in self.kept.items() if part.size
        ]
        most = self.bounds.max_bytes
        over = " That is more than asked for: none of it may be dropped." if most is not None and self.held > most else ""  # fmt: skip
        return [*told, f"Held {'then' if self.dry_run else 'now'}: {mb(self.held)}.{over}"]


def to_drop(items: Iterable[Item], bounds: Bounds, now: datetime) -> list[Item]:
    """The oldest first."""
    every = list(items)
    held = sum(item.size for item in every)
    dropped = []
    for item in sorted((one for one in every if not one.kept), key=lambda one: one.used_at):
        too_old = bounds.older_than is not None and item.used_at < now - bounds.older_than
        too_much = bounds.max_bytes is not None and held > bounds.max_bytes
        if too_old or too_much:
            dropped.append(item)
            held -= item.size
    return dropped


def account(
    items: Sequence[Item], dropped: Sequence[Item], bounds: Bounds, *, dry_run: bool
) -> Pruned:
    gone = set(map(id, dropped))
    kept: dict[Reason, list[Item]] = defaultdict(list)
    for item in items:
        if id(item) not in gone:
            kept[item.kept or "within"].append(item)
    sums = {reason: _sum(kept[reason]) for reason in REASONS if reason in kept}
    return Pruned(bounds, _sum(dropped), sums, dry_run)


def _sum(items: Sequence[Item]) -> Sum:
    versions = sum(item.kind == "version" for item in items)
    return Sum(len(items) - versions, versions, sum(item.size for item in items))


def counted_as(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}" if count else ""


def mb(size: int) -> str:
    return f"{size / 10**6:.1f} MB"
