"""What is out of date and why, looked up for the whole library at once: the records, the files on disk, the verdicts.

The same for every door. Needs no Dagster, so that a command can answer before Dagster would be loaded.
"""

import gc
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chrysopedia_assets.freshness.estimate import Asked, Estimate, History, estimate
from chrysopedia_assets.freshness.plan import Choice, ToRun, plan
from chrysopedia_assets.freshness.summary import stale_pages
from chrysopedia_assets.freshness.verdicts import (
    Accepted,
    Made,
    Recorded,
    Root,
    Source,
    Verdicts,
    verdicts,
)
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.stage_defs import STAGE_DEFS, STAGE_OF, settings_source
from resources.llm import expected_usd
from resources.recogniser_versions import versions_of_videos
from resources.settings import llm_settings
from resources.sources import Sources, read_sources
from resources.store.acceptances import accepted
from resources.store.costs import history
from resources.store.dagster_events import read_recorded
from resources.store.dagster_tables import Connect
from resources.store.database import Database
from resources.store.records import stored_versions
from resources.store.videos import LibraryVideo, list_videos

NOT_YET_RECORDED = 2**62
"""The event that will tell of what was found: newer than all."""


@dataclass(frozen=True)
class Look:
    """What was found at one moment. `news` are versions that Dagster has not been told yet, by source."""

    videos: Mapping[str, LibraryVideo]
    verdicts: Verdicts
    recorded: Recorded
    sources: Sources
    accepted: Collection[Accepted]
    news: Mapping[str, str]

    def since_s(self, root: Root, video_id: str | None = None) -> float | None:
        """Since when what changed is as it is now; for a file or a result that is known of one video only."""
        source = self.recorded.sources.get(root.cause.subject)
        if source is not None:
            return source.since_s
        if video_id is None or root.cause.kind not in ("input", "file", "recogniser"):
            return None
        made = self.recorded.made.get(root.cause.subject, {}).get(video_id)
        return made.at_s if made else None


def look(
    connect: Connect,
    database: Database,
    video_ids: Collection[str] | None = None,
    sources: Sources | None = None,
) -> Look:
    """At all videos, or at those named. Raises ConfigurationError for a setting that is wrong for all.

    A prompt that cannot be read makes nothing out of date: it keeps the version that it had.
    """
    found = sources or read_sources()
    with _uncollected():
        return _look(connect, database, video_ids, found)


def _look(
    connect: Connect, database: Database, video_ids: Collection[str] | None, found: Sources
) -> Look:
    recorded = read_recorded(connect, video_ids)
    with database.reading() as connection:
        videos = {entry.video.video_id: entry for entry in list_videos(connection, video_ids)}
        stored = stored_versions(connection, video_ids)
        equal = accepted(connection)
    news = {
        name: version
        for name, version in found.versions.items()
        if name not in recorded.sources or recorded.sources[name].version != version
    }
    now_s = time.time()
    recorded = replace(
        recorded,
        sources={**recorded.sources, **{name: Source(v, now_s) for name, v in news.items()}},
        stored=stored,
    )
    recorded = _with_news(recorded, videos.values(), now_s)
    found_verdicts = verdicts(videos, recorded, accepted=equal)
    return Look(videos, found_verdicts, recorded, found, equal, news)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Of a large library some hundred thousand records are made, none of which refers to itself: Python would spend a
    third of the time on looking for those that do.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _with_news(recorded: Recorded, videos: Iterable[LibraryVideo], now_s: float) -> Recorded:
    """With what was ingested, and who would transcribe it, also where Dagster has not been told yet."""
    made, older = dict(recorded.made), dict(recorded.older)
    for name, versions in versions_of_videos(videos).items():
        observed = recorded.made[name]
        news = {
            video_id: Made(NOT_YET_RECORDED, now_s, version, None, {})
            for video_id, version in versions.items()
            if video_id not in observed or observed[video_id].data_version != version
        }
        made[name] = {**observed, **news}
        for video_id in news.keys() & observed.keys():
            known = observed[video_id]
            for event_id in _events_read(recorded, name, video_id):
                if known.event_id <= event_id:  # of what was older than that, it is known already
                    older[name, video_id, event_id] = known.data_version
    return replace(recorded, made=made, older=older)


def _events_read(recorded: Recorded, name: str, video_id: str) -> Iterator[int]:
    for stage in STAGE_DEFS.values():
        result = recorded.made[stage.name].get(video_id)
        read = result.inputs.get(name) if result else None
        if read is not None and read.event_id is not None:
            yield read.event_id


class Forecast:
    """What running plans will cost: from the ledger's own history, which is read once, at the prices in force."""

    def __init__(self, found: Look, database: Database) -> None:
        self._asked = {
            task: Asked(prompt.settings.model, prompt.version)
            for task, prompt in found.sources.prompts.readable_of_stages().items()
        }
        self._settings = llm_settings()
        self._history = History()
        if any(asked.model for asked in self._asked.values()):
            with database.reading() as connection:
                known = history(connection)
            # Replies are found by the whole request: none of another temperature answers.
            kept = {one for one in known.answered if _asked_alike(found, one[0], one[1])}
            self._history = replace(known, answered=kept)

    def __call__(self, plans: Iterable[ToRun]) -> Estimate:
        at_once = self._settings.concurrency
        return estimate(plans, self._history, self._asked, self._usd_of, at_once=at_once)

    def _usd_of(self, task: Task, tokens_in: float, tokens_out: float) -> float | None:
        return expected_usd(self._settings, self._asked[task].model or "", tokens_in, tokens_out)


def refresh_cost(found: Look, database: Database) -> Estimate:
    """Of making every stale page anew, with what it is made from."""
    stale = {video_id: found.verdicts[video_id] for video_id in stale_pages(found.verdicts)}
    return Forecast(found, database)(plan(stale, Choice.of_refresh(())))


def _asked_alike(found: Look, task: Task, video_id: str) -> bool:
    """Whether who answers, and how, is as it was when the video's stage was last run."""
    stage, name = STAGE_OF[task], settings_source(task)
    made = found.recorded.made.get(stage, {}).get(video_id)
    read = made.inputs.get(name) if made else None
    return read is not None and read.version == found.sources.versions.get(name)
