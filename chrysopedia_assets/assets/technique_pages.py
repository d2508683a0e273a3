"""Technique pages: short, sectioned, every claim cited to the second. Finished means published."""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_technique_pages
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.technique_pages import write_pages


@dg.asset(
    description=__doc__,
    group_name="synthesize",
    owners=["team:synthesize"],
    kinds={"ai", "markdown"},
    code_version="1",
    partitions_def=videos,
    pool="engine",
)
def technique_pages(
    context: dg.AssetExecutionContext,
    synthesis_groups: SynthesisGroups,
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[TechniquePages]]:
    with stage_work(context, "synthesis") as work:
        made = write_pages(synthesis_groups, engine)
    yield work.result(made, of_technique_pages(made))
