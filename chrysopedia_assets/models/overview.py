"""What a curator sees in the morning: what is new, running, broken and out of date, what it costs, how good it gets.

What belongs here: the figures, as they were found at one moment. What does not: finding them (`resources/overview.py`),
showing them (`site/overview.py`).
"""

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from chrysopedia_assets.models.records import Record, Text
from chrysopedia_assets.models.runs import VideoState

WEEK_DAYS, SHOWN_DAYS = 7, 28
"""Today and the days before it, as UTC counts them: what is new and what was spent is of the same days."""


class NewVideo(Record):
    video_id: Text
    title: Text
    creator: Text
    added_at: datetime


class NewPage(Record):
    """A page that was made or made anew; `page` is its address, `version` counts from 1."""

    page: Text
    title: Text
    creator: Text
    version: int
    stored_at: datetime


class RunningNow(Record):
    run_id: Text
    about: Text
    """The video, or the name of a job over many."""
    trigger: Text
    queued: bool
    since: datetime | None


class Broken(Record):
    """`stage` is empty where it failed at none."""

    video_id: Text
    title: Text
    stage: Text
    why: Text


class StaleCause(Record):
    cause: Text
    pages: int
    """Videos whose pages it made stale."""


class Day(Record):
    """`usd` by task; `unpriced` calls may have cost something that nobody knows. Checks are those of single videos.

    `judged` is the mean of what a model said of pages that were judged that day, 0 to 1.
    """

    day: date
    usd: Mapping[str, float] = Field(default_factory=dict)
    calls: int = 0
    unpriced: int = 0
    passed: int = 0
    failed: int = 0
    judged: float | None = None


class CreatorRow(Record):
    creator: Text
    videos: int
    pages: int
    stale: int
    broken: int


class Overview(Record):
    """`days` are the last four weeks, in order, without gaps; `new_*` are of the days of `week`, the newest first."""

    at: datetime
    states: Mapping[VideoState, int]
    pages: int
    new_videos: tuple[NewVideo, ...]
    new_pages: tuple[NewPage, ...]
    running: tuple[RunningNow, ...]
    broken: tuple[Broken, ...]
    stale_videos: int
    stale: tuple[StaleCause, ...]
    refresh_cost: Text
    """In words: calls, tokens, money, minutes."""
    faults: tuple[Text, ...]
    """Prompts and settings that cannot be read."""
    days: tuple[Day, ...]
    spent_this_month_usd: float
    budget_usd: float | None
    creators: tuple[CreatorRow, ...]

    @property
    def week(self) -> tuple[Day, ...]:
        return self.days[-WEEK_DAYS:]

    @property
    def week_usd(self) -> float:
        return sum(sum(day.usd.values()) for day in self.week)
