"""Assembly only: which assets, jobs, sensors and resources make up the code location."""

import dagster as dg

from chrysopedia_assets.assets import (
    classifications,
    freshness_report,
    key_moments,
    library_files,
    no_video_left_failed,
    pages_are_fresh,
    pages_read_well,
    prompt_sources,
    reading_site,
    search_index,
    speech_recognition,
    synthesis_groups,
    technique_pages,
    topic_chunks,
    transcripts,
)
from chrysopedia_assets.automation import (
    edited_prompts,
    freshness_watch,
    jobs,
    judging,
    optimisation,
    prune_job,
    refresh_jobs,
    refresh_on_change,
    sensors,
    site_watch,
)
from resources.dagster_resources import EngineResource, LibraryResource, TaxonomyResource
from resources.record_store import RecordStore

ASSET_MODULES = (
    library_files,
    speech_recognition,
    prompt_sources,
    transcripts,
    topic_chunks,
    key_moments,
    classifications,
    synthesis_groups,
    technique_pages,
    freshness_report,
    reading_site,
    search_index,
)


@dg.configured(
    dg.colored_console_logger,
    config_schema={"log_level": dg.Field(str, default_value="WARNING")},
)
def console(config: dict[str, str]) -> dict[str, str]:
    """Every event is in the event log; the terminal shows only what needs a person."""
    return config


def build_defs(**overrides: object) -> dg.Definitions:
    """The code location; `overrides` replace resources by name, for tests."""
    resources: dict[str, object] = {
        "io_manager": RecordStore(),
        "library": LibraryResource(),
        "taxonomy": TaxonomyResource(),
        "engine": EngineResource(),
    }
    return dg.Definitions(
        assets=dg.load_assets_from_modules(ASSET_MODULES),
        asset_checks=[
            pages_are_fresh.pages_are_fresh,
            no_video_left_failed.no_video_left_failed,
            pages_read_well.pages_read_well,
        ],
        jobs=[
            jobs.process_video,
            jobs.clean_reprocess,
            judging.judge_pages,
            jobs.report_freshness,
            jobs.publish_site,
            refresh_jobs.refresh_stale,
            refresh_jobs.rerun_stage,
            optimisation.optimize_prompt,
            prune_job.prune_job,
        ],
        sensors=[
            sensors.library_folder,
            edited_prompts.edited_prompts,
            freshness_watch.freshness_watch,
            refresh_on_change.refresh_on_change,
            site_watch.site_watch,
        ],
        resources=resources | overrides,
        loggers={"console": console},
        # One process for all steps of a run: a process per step costs seconds of start each.
        executor=dg.in_process_executor,
    )


defs = build_defs()
