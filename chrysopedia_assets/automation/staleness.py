"""What is out of date, for whoever has Dagster loaded: it is told first what the library holds and what prompts say."""

from collections.abc import Collection

import dagster as dg

from chrysopedia_assets.automation.telling import tell_dagster
from chrysopedia_assets.freshness.plan import next_stages
from resources.freshness import Look, look
from resources.observations import event_log, observe_sources
from resources.sources import read_sources
from resources.store.database import Database


class Staleness:
    """Looks at the records of an instance and a database."""

    def __init__(self, instance: dg.DagsterInstance, database: Database) -> None:
        self._instance = instance
        self._database = database
        tell_dagster(database, instance)

    def look(self, video_ids: Collection[str] | None = None) -> Look:
        """At all videos, or at those named; Dagster is told of every prompt that was edited."""
        sources = read_sources()
        observe_sources(self._instance, sources)
        return look(event_log(self._instance), self._database, video_ids, sources)

    def needed(self, video_ids: Collection[str]) -> dict[str, list[str]]:
        """For each video the stages to run next; empty lists are videos that are up to date."""
        found = self.look(video_ids).verdicts
        return {video_id: list(next_stages(by_stage)) for video_id, by_stage in found.items()}
