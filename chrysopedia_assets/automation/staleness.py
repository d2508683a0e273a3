"""What is recorded of each video, read in bulk, and which stages therefore have to run.

The event log says what each stage was made from. A stage counts as made only while our tables still hold that very
result: a kill between the two, or a lost row, makes it missing, and it is made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from chrysopedia_assets.automation.ingest import LIBRARY_FILES, tell_dagster
from chrysopedia_assets.freshness.verdicts import Cause, Made, StageDef, causes, surely_needed
from chrysopedia_assets.models.records import STAGES
from resources.event_log import DATA_VERSION, latest_tags
from resources.store.database import Database
from resources.store.records import stored_versions

INPUT_VERSION = "dagster/input_data_version/"
CODE_VERSION = "dagster/code_version"


@dataclass(frozen=True)
class Recorded:
    """Of one video: what each stage was last made from, and every input's present version."""

    made: Mapping[str, Made]
    versions: Mapping[str, str | None]


class Staleness:
    """Looks at the records of an instance and a database; Dagster is first told what the library holds."""

    def __init__(self, graph: AssetGraph, instance: dg.DagsterInstance, database: Database) -> None:
        self._stages = _stage_defs(graph)
        self._instance = instance
        self._database = database
        tell_dagster(database, instance)

    def causes(self, video_ids: Sequence[str]) -> dict[str, dict[str, tuple[Cause, ...]]]:
        """For each video and stage why it is out of date by its own inputs; empty where it is not."""
        return {
            video_id: {
                stage.name: causes(stage, recorded.made.get(stage.name), recorded.versions)
                for stage in self._stages
            }
            for video_id, recorded in self.recorded(video_ids).items()
        }

    def needed(self, video_ids: Sequence[str]) -> dict[str, list[str]]:
        """For each video the stages to run next; empty lists are videos that are up to date."""
        return {
            video_id: surely_needed(self._stages, recorded.made, recorded.versions)
            for video_id, recorded in self.recorded(video_ids).items()
        }

    def recorded(self, video_ids: Sequence[str]) -> dict[str, Recorded]:
        materialized = dg.DagsterEventType.ASSET_MATERIALIZATION
        events = {
            stage: latest_tags(self._instance, dg.AssetKey(stage), materialized, video_ids)
            for stage in STAGES
        }
        observed = dg.DagsterEventType.ASSET_OBSERVATION
        files = latest_tags(self._instance, LIBRARY_FILES, observed, video_ids)
        with self._database.reading() as connection:
            stored = stored_versions(connection, video_ids)
        found = {}
        for video_id in video_ids:
            tags: dict[str, Mapping[str, str]] = {
                stage: by_video[video_id]
                for stage, by_video in events.items()
                if video_id in by_video
                and by_video[video_id].get(DATA_VERSION) == stored.get((video_id, stage))
            }
            versions = {stage: tag.get(DATA_VERSION) for stage, tag in tags.items()}
            versions["library_files"] = files.get(video_id, {}).get(DATA_VERSION)
            found[video_id] = Recorded({stage: _made(tag) for stage, tag in tags.items()}, versions)
        return found


def _made(tags: Mapping[str, str]) -> Made:
    inputs = {
        key.removeprefix(INPUT_VERSION): version
        for key, version in tags.items()
        if key.startswith(INPUT_VERSION)
    }
    return Made(tags.get(DATA_VERSION), tags.get(CODE_VERSION), inputs)


def _stage_defs(graph: AssetGraph) -> list[StageDef]:
    found = []
    for stage in STAGES:
        node = graph.get(dg.AssetKey(stage))
        reads = tuple(sorted(key.to_user_string() for key in node.parent_keys))
        found.append(StageDef(stage, node.code_version or "", reads))
    return found
