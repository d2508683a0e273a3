"""Technique pages: short, sectioned, every claim cited to the second. Finished means published."""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_technique_pages
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.technique_pages import write_pages


@dg.asset(
    description=__doc__,
    group_name="synthesize",
    owners=["team:synthesize"],
    kinds={"ai", "markdown"},
    code_version=STAGE_DEFS["technique_pages"].code_version,
    partitions_def=videos,
    deps=source_keys("technique_pages"),
    pool="engine",
)
def technique_pages(
    context: dg.AssetExecutionContext,
    config: PromptOverride,
    synthesis_groups: SynthesisGroups,
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[TechniquePages]]:
    with stage_work(context, config) as work:
        made = write_pages(synthesis_groups, work.ask(engine))
    yield work.result(made, of_technique_pages(made, synthesis_groups))
