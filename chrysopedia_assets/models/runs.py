"""A run as everybody sees it, whoever started it; and the words that runs and their steps are marked with.

What belongs here: words and records that whoever starts, makes and reads runs agrees on. What does not: reading them.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from chrysopedia_assets.models.records import STAGES, Record

TRIGGER = "chrysopedia/trigger"
"""Tag of a run: who asked for it."""
Trigger = Literal["manual", "sensor", "stage_rerun", "bulk_resynthesis", "clean_reprocess"]
RUN_NUMBER = "chrysopedia/run"
"""Tag of a run of a video: which of the video's it is, from 1."""
PROCESS = "chrysopedia/process"
"""Tag of a run: the process that carries it out."""
CHOSEN = "chrysopedia/chosen"
"""Tag of a run, "true": whoever started it has looked at what is out of date, and chosen its stages by that."""
PARTITION = "dagster/partition"
"""Dagster's own tag of a run: the video."""
PARENT_RUN = "dagster/parent_run_id"
"""Dagster's own tag of a run: the one that it tries again."""
REFRESH = "chrysopedia/refresh"
"""Tag of a run: the refresh that it belongs to."""
FRESH = "chrysopedia/fresh"
"""Tag of a run, "true": everything is made anew, without any reply from before."""
FAILURE = "failure"
"""Metadata of a failed step: which class of `errors` it was."""
OVERRIDE = "chrysopedia/override"
"""Tag of a materialization: the version of the prompt that was given for that video alone."""

RunState = Literal["queued", "running", "complete", "error", "cancelled"]
VideoState = Literal["not started", "queued", "processing", "error", "complete"]

_SENSOR = "dagster/sensor_name"
_BACKFILL = "dagster/backfill"


def killed(mark: str) -> str:
    """Why a run failed whose process is gone."""
    return f"The process that ran it ({mark.split(':')[1]}) was killed."


def trigger_of(tags: Mapping[str, str], selected: Collection[str] | None) -> Trigger:
    """Of a run that was started without one, by what Dagster says of it; `selected` are its assets, None for all.

    A run that is tried again was asked for by whoever did that, and has the tags of the first one: they do not count.
    """
    if FRESH in tags:
        return "clean_reprocess"
    if PARENT_RUN not in tags:
        if _BACKFILL in tags:
            return "bulk_resynthesis"
        if _SENSOR in tags:
            return "sensor"
    if PARTITION in tags and selected and not set(selected).issuperset(STAGES):
        return "stage_rerun"
    return "manual"


class Failure(Record):
    """Where a run failed, and why in one sentence or a few; no stage where it failed before or between them."""

    stage: str | None
    reason: str


class Run(Record):
    """One run, from Dagster's records. `number` is within its video; a run of no video has neither.

    `stages` were made, in this order. `failure` is known of a run in state `error` alone.
    """

    run_id: str
    job: str
    video_id: str | None
    number: int | None
    trigger: str
    state: RunState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stages: tuple[str, ...]
    failure: Failure | None
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """What commands take for it: VIDEO#NUMBER, or the beginning of its id."""
        return f"{self.video_id}#{self.number}" if self.video_id else self.run_id[:8]

    @property
    def refresh_id(self) -> str | None:
        return self.tags.get(REFRESH)

    @property
    def tries_again(self) -> str | None:
        """The id of the run that this one repeats."""
        return self.tags.get(PARENT_RUN)

    def took(self, now: datetime) -> timedelta | None:
        """From its start to its end, or to now while it goes on."""
        if self.started_at is None or (self.ended_at is None and self.state != "running"):
            return None
        return (self.ended_at or now) - self.started_at


class RunEvent(Record):
    """One entry of a run's log: `kind` is Dagster's word, in small letters."""

    at: datetime
    kind: str
    stage: str | None
    message: str


class VideoStanding(Record):
    """How a video stands: `to_run` are the stages to run next, `last_run` is None where it was never run.

    `failed_run` is the last that failed, if nothing has mended that since.
    """

    video_id: str
    creator: str
    state: VideoState
    stored: Mapping[str, int]
    to_run: tuple[str, ...]
    last_run: Run | None
    failed_run: Run | None

    @property
    def failed_at(self) -> str:
        """The stage at which it failed; empty where it did not, or at none."""
        failure = self.failed_run.failure if self.failed_run else None
        return (failure.stage if failure else None) or ""

    @property
    def why(self) -> str:
        """The reason of that, on one line."""
        failure = self.failed_run.failure if self.failed_run else None
        return " ".join(failure.reason.split()) if failure else ""
