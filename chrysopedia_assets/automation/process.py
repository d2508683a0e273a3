"""Bring videos up to date in this process: run the stages that need it, in order, and nothing else.

After each run the recorded versions are looked at again, so a stage whose inputs turned out unchanged is spared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster import DagsterInstance

from chrysopedia_assets.automation.ingest import LIBRARY_FILES
from chrysopedia_assets.freshness.verdicts import Cause, Made, StageDef, causes, surely_needed
from chrysopedia_assets.models.records import STAGES
from resources.event_log import DATA_VERSION, latest_tags

INPUT_VERSION = "dagster/input_data_version/"
CODE_VERSION = "dagster/code_version"
TRIGGER = "chrysopedia/trigger"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""On the terminal a command speaks for itself."""


@dataclass(frozen=True)
class Failed:
    video_id: str
    stage: str
    message: str
    run_id: str


@dataclass(frozen=True)
class Processed:
    """What was done for one video: stages run, in order, and the failure that ended it, if one did."""

    video_id: str
    ran: tuple[str, ...]
    failed: Failed | None = None


@dataclass(frozen=True)
class Recorded:
    """What the event log holds of a video: each stage's last materialisation, and every input's present version."""

    made: Mapping[str, Made]
    versions: Mapping[str, str | None]


class Processor:
    """Runs stages of videos through the graph's own definitions, recorded in the instance like any other run."""

    def __init__(self, defs: dg.Definitions, instance: DagsterInstance) -> None:
        self._job = defs.resolve_implicit_global_asset_job_def()
        self._instance = instance
        self.stages = _stage_defs(defs)

    def causes(self, video_ids: Sequence[str]) -> dict[str, dict[str, tuple[Cause, ...]]]:
        """For each video and stage why it is out of date by its own inputs; empty where it is not."""
        return {
            video_id: {
                stage.name: causes(stage, recorded.made.get(stage.name), recorded.versions)
                for stage in self.stages
            }
            for video_id, recorded in self._recorded(video_ids).items()
        }

    def needed(self, video_ids: Sequence[str]) -> dict[str, list[str]]:
        """For each video the stages to run next; empty lists are videos that are up to date."""
        return {
            video_id: surely_needed(self.stages, recorded.made, recorded.versions)
            for video_id, recorded in self._recorded(video_ids).items()
        }

    def _recorded(self, video_ids: Sequence[str]) -> dict[str, Recorded]:
        materialized = dg.DagsterEventType.ASSET_MATERIALIZATION
        stages = {
            stage.name: latest_tags(
                self._instance, dg.AssetKey(stage.name), materialized, video_ids
            )
            for stage in self.stages
        }
        observed = dg.DagsterEventType.ASSET_OBSERVATION
        files = latest_tags(self._instance, LIBRARY_FILES, observed, video_ids)
        found = {}
        for video_id in video_ids:
            tags = {
                name: by_video[video_id]
                for name, by_video in stages.items()
                if video_id in by_video
            }
            versions = {name: tag.get(DATA_VERSION) for name, tag in tags.items()}
            versions["library_files"] = files.get(video_id, {}).get(DATA_VERSION)
            found[video_id] = Recorded({name: _made(tag) for name, tag in tags.items()}, versions)
        return found

    def process(
        self, video_id: str, trigger: str, on_stage: Callable[[str], None] = lambda stage: None
    ) -> Processed:
        """Run until nothing needs to run or something fails. `on_stage` hears of each stage that was run."""
        ran: list[str] = []
        while stages := self.needed([video_id])[video_id]:
            if again := sorted(set(stages) & set(ran)):
                # Nobody can tell why from here, and running it for ever would cost money for ever.
                why = f"{again[0]} still looks out of date after it was run"
                return Processed(video_id, tuple(ran), Failed(video_id, again[0], why, ""))
            result = self._job.execute_in_process(
                instance=self._instance,
                partition_key=video_id,
                asset_selection=[dg.AssetKey(stage) for stage in stages],
                tags={TRIGGER: trigger},
                run_config=QUIET,
                raise_on_error=False,
            )
            done = [
                event.asset_key.to_user_string()
                for event in result.all_events
                if event.is_step_materialization and event.asset_key
            ]
            ran += done
            for stage in done:
                on_stage(stage)
            if not result.success:
                return Processed(video_id, tuple(ran), _failure(video_id, result))
        return Processed(video_id, tuple(ran))


def _made(tags: Mapping[str, str]) -> Made:
    inputs = {
        key.removeprefix(INPUT_VERSION): version
        for key, version in tags.items()
        if key.startswith(INPUT_VERSION)
    }
    return Made(tags.get(DATA_VERSION), tags.get(CODE_VERSION), inputs)


def _stage_defs(defs: dg.Definitions) -> list[StageDef]:
    graph = defs.resolve_asset_graph()
    found = []
    for stage in STAGES:
        node = graph.get(dg.AssetKey(stage))
        reads = tuple(sorted(key.to_user_string() for key in node.parent_keys))
        found.append(StageDef(stage, node.code_version or "", reads))
    return found


def _failure(video_id: str, result: dg.ExecuteInProcessResult) -> Failed:
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            told = data.user_failure_data and data.user_failure_data.description
            error = data.error and data.error.to_string()
            return Failed(
                video_id, event.step_key or "?", told or error or "no reason given", result.run_id
            )
    return Failed(video_id, "?", "the run failed before any stage began", result.run_id)
