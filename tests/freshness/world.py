"""A real Dagster instance and database in which things happen: whatever a person, a run or a mishap may do.

What belongs here: doing it, with cheap stages that give the result they are told. What does not: expectations.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from chrysopedia_assets.assets import library_files, prompt_sources
from chrysopedia_assets.assets._checks import CHECKS, check_specs
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.automation.process import QUIET, Order, Processed, Processor
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.definitions import console
from chrysopedia_assets.inspection.quality import Checked
from chrysopedia_assets.models.records import (
    STAGES,
    StageName,
    StageRecord,
    Video,
    content_version,
)
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from resources.database import close_database, open_database
from resources.freshness import Look
from resources.observations import asset_key, event_log
from resources.settings import PROJECT
from resources.sources import read_sources
from resources.store import tables as t
from resources.store.dagster_events import CODE_VERSION, DATA_VERSION, INPUT_EVENT, INPUT_VERSION
from resources.store.videos import LibraryVideo, put_video

TAXONOMY = """
plugins = ["{0}"]
[[categories]]
key = "mixing"
name = "Mixing"
description = "Balancing."
"""


class StageFailed(Exception):
    """The cheap stage was told to fail."""


def video_of(video_id: str) -> Video:
    return Video(video_id=video_id, title=video_id, creator="Ann")


def version_of(video_id: str, result: str) -> str:
    return content_version(StageRecord(video=video_of(video_id), made_by=result))


class World:
    """Opened in a folder of its own, on SQLite or in an empty PostgreSQL database."""

    def __init__(
        self,
        folder: Path,
        template: Path | None = None,
        *,
        database_url: str = "",
        defs: dg.Definitions | None = None,
    ) -> None:
        self.folder = folder
        if template:
            shutil.copytree(template, folder)
        else:
            shutil.copytree(
                PROJECT / "prompts", folder / "prompts", ignore=shutil.ignore_patterns("cases")
            )
            self.write_taxonomy("Pro-Q 3")
        self._patch = pytest.MonkeyPatch()
        close_database()
        for name, value in {
            "DATA_DIR": folder / "data",
            "PROMPTS": folder / "prompts",
            "TAXONOMY": folder / "prompts" / "taxonomy.toml",
            "DATABASE_URL": database_url,
        }.items():
            self._patch.setenv(f"CHRYSOPEDIA_{name}", str(value))
        self.instance = dg.DagsterInstance.get()
        self.database = open_database()
        self.results: dict[tuple[str, str], str] = {}
        """What each stage gives for each video from now on; without one it fails."""
        self._given = defs
        self._defs: dict[tuple[str, ...], dg.Definitions] = {}

    def close(self) -> None:
        self.instance.dispose()
        close_database()
        self._patch.undo()

    @property
    def defs(self) -> dg.Definitions:
        """Those that were given; else with cheap stages, as of the code that they have now."""
        if self._given:
            return self._given
        code = tuple(stage.code_version for stage in STAGE_DEFS.values())
        if code not in self._defs:
            self._defs[code] = _cheap_definitions(self.results)
        return self._defs[code]

    @property
    def graph(self) -> AssetGraph:
        return self.defs.resolve_asset_graph()

    # What people do

    def write_prompt(self, task: str, system: str) -> None:
        (self.folder / "prompts" / task / "system.md").write_text(self.prompt_text(task, system))

    def prompt_text(self, task: str, more: str) -> str:
        return (PROJECT / "prompts" / task / "system.md").read_text() + more

    def write_prompt_toml(self, task: str, line: str) -> None:
        text = (PROJECT / "prompts" / task / "prompt.toml").read_text()
        name = line.split(" = ")[0]
        kept = [old for old in text.splitlines() if not old.startswith(f"{name} = ")]
        (self.folder / "prompts" / task / "prompt.toml").write_text("\n".join([*kept, line]))

    def write_taxonomy(self, plugin: str) -> None:
        (self.folder / "prompts" / "taxonomy.toml").write_text(TAXONOMY.format(plugin))

    def set(self, variable: str, value: str | None) -> None:
        name = f"CHRYSOPEDIA_LLM_{variable}"
        if value is None:
            self._patch.delenv(name, raising=False)
        else:
            self._patch.setenv(name, value)

    def raise_code_version(self, stage: StageName, version: str) -> None:
        self._patch.setitem(STAGE_DEFS, stage, replace(STAGE_DEFS[stage], code_version=version))

    def put_file(self, video_id: str, content: str) -> str:
        """Registered as an ingest registers it; gives its version."""
        digest = f"{video_id} {content}"
        entry = LibraryVideo(video_of(video_id), video_id, digest, "stamp")
        with self.database.writing(lock="library") as connection:
            put_video(connection, entry)
        return entry.version

    def look(self) -> Look:
        return Staleness(self.instance, self.database).look()

    # What runs do

    def run(
        self, stages: Iterable[StageName], video_id: str, prompt: str | None = None
    ) -> tuple[str, list[StageName]]:
        """Through Dagster; gives the run's id and the stages that gave a result. `prompt` is for those that ask."""
        chosen = list(stages)
        config = {
            stage: {"config": {"prompt_text": self.prompt_text(task, prompt)}}
            for stage in chosen
            if prompt is not None and (task := STAGE_DEFS[stage].task)
        }
        Staleness(self.instance, self.database).look()
        done = self.defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            partition_key=video_id,
            asset_selection=[dg.AssetKey(stage) for stage in chosen],
            run_config={"ops": config, **QUIET},
            raise_on_error=False,
        )
        made = {event.asset_key for event in done.all_events if event.is_step_materialization}
        return done.run_id, [stage for stage in STAGES if dg.AssetKey(stage) in made]

    def process(self, video_id: str) -> Processed:
        return Processor(self.defs, self.instance, self.database).process(video_id, Order("manual"))

    def make_directly(self, stage: StageName, video_id: str) -> None:
        """The event that a run would leave, without the run: ten times as quick."""
        result = self.results[stage, video_id]
        versions = read_sources().versions
        tags = {
            CODE_VERSION: STAGE_DEFS[stage].code_version,
            DATA_VERSION: version_of(video_id, result),
            "dagster/data_version_is_user_provided": "true",
        }
        for name in STAGE_DEFS[stage].reads:
            tags[INPUT_VERSION + name] = versions.get(name, "a hash of nothing that counts")
            tags[INPUT_EVENT + name] = str(self._newest_of_all_videos(name) or "NULL")
        self.report(stage, video_id, tags)
        self.store(stage, video_id, result)

    def _newest_of_all_videos(self, name: str) -> int | None:
        """What Dagster points at when a run has read the asset, whatever its partition."""
        [asset] = self.instance.get_asset_records([asset_key(name)]) or [None]
        if asset and (record := asset.asset_entry.last_materialization_record):
            return record.storage_id
        seen = self.instance.fetch_observations(asset_key(name), limit=1).records
        return seen[0].storage_id if seen else None

    def report(self, stage: str, video_id: str, tags: Mapping[str, str]) -> None:
        event = dg.AssetMaterialization(stage, partition=video_id, tags=dict(tags))
        self.instance.report_runless_asset_event(event)

    def store(self, stage: str, video_id: str, result: str) -> None:
        """What our tables say that the stage has stored."""
        self.lose(stage, video_id)
        row = {
            "video_id": video_id, "stage": stage, "title": "-", "creator": "-", "made_by": result,
            "data_version": version_of(video_id, result), "stored_at": datetime.now(UTC),
        }  # fmt: skip
        with self.database.writing(lock=video_id) as connection:
            connection.execute(sa.insert(t.stage_outputs).values(row))

    def lose(self, stage: str, video_id: str) -> None:
        outputs = t.stage_outputs.c
        with self.database.writing(lock=video_id) as connection:
            connection.execute(
                sa.delete(t.stage_outputs).where(outputs.video_id == video_id, outputs.stage == stage)
            )  # fmt: skip

    def keep_only_tags_that_dagster_indexes(self) -> None:
        with event_log(self.instance)() as connection:
            connection.execute(
                sa.text(f"DELETE FROM asset_event_tags WHERE key <> '{DATA_VERSION}'")
            )
            connection.commit()


def template(folder: Path) -> Path:
    """A folder to begin worlds from: Dagster's files and ours have all their tables."""
    world = World(folder)
    world.look()
    world.close()
    return folder


def _cheap_definitions(results: Mapping[tuple[str, str], str]) -> dg.Definitions:
    """The graph of the product with stages that make nothing, around which everything is as around the real ones."""
    return dg.Definitions(
        assets=[
            library_files.library_files,
            *dg.load_assets_from_modules([prompt_sources]),
            *(_cheap(stage, results) for stage in STAGES),
        ],
        resources={"io_manager": CheapStore(), "library": object()},
        loggers={"console": console},
        executor=dg.in_process_executor,
    )


def _cheap(stage: StageName, results: Mapping[tuple[str, str], str]) -> dg.AssetsDefinition:
    above = [dg.AssetKey(name) for name in STAGE_DEFS[stage].reads if name in STAGES]

    @dg.asset(
        key=stage,
        code_version=STAGE_DEFS[stage].code_version,
        partitions_def=videos,
        deps=[*source_keys(stage), *above],
        check_specs=check_specs(stage) if stage in CHECKS else None,
    )
    def made(
        context: dg.AssetExecutionContext, config: PromptOverride
    ) -> Iterator[dg.MaterializeResult[StageRecord]]:
        with stage_work(context, config) as work:
            if (stage, context.partition_key) not in results:
                raise StageFailed
            result = results[stage, context.partition_key]
            record = StageRecord(video=video_of(context.partition_key), made_by=result)
        checked = [Checked(name, "Sound.", (), {}) for name in CHECKS.get(stage, ())]
        yield work.result(record, {}, checked=checked)

    return made


class CheapStore(dg.ConfigurableIOManager):
    """Keeps the row that says what is stored, and nothing else."""

    def handle_output(self, context: dg.OutputContext, obj: StageRecord) -> None:
        row = {
            "video_id": context.partition_key, "stage": context.asset_key.to_user_string(), "title": "-", "creator": "-",
            "made_by": obj.made_by, "data_version": content_version(obj), "stored_at": datetime.now(UTC),
        }  # fmt: skip
        outputs = t.stage_outputs.c
        with open_database().writing(lock=context.partition_key) as connection:
            connection.execute(
                sa.delete(t.stage_outputs).where(outputs.video_id == row["video_id"], outputs.stage == row["stage"])
            )  # fmt: skip
            connection.execute(sa.insert(t.stage_outputs).values(row))

    def load_input(self, context: dg.InputContext) -> None:
        raise AssertionError("cheap stages load nothing")
