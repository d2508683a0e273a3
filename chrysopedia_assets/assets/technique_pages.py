"""Technique pages: short, in sections, every claim cited to the second. What is made is published; there is no approval.

**Materialize** it after an edit of `prompts/synthesis`, or in the launchpad with another prompt for this video alone; the
job `refresh_stale` makes exactly those anew that are out of date. **Costs** one call of a language model for each group
of moments; nothing with the embedded engine, and nothing for what was asked before. The old pages stay on record.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._checks import check_specs
from chrysopedia_assets.assets._metadata import of_technique_pages
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.inspection.quality import (
    citations_resolve,
    pages_have_a_fair_length,
    quotes_of_pages_are_verbatim,
)
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.technique_pages import write_pages
from resources.library import Library


@dg.asset(
    description=__doc__,
    group_name="synthesize",
    owners=["team:synthesize"],
    kinds={"ai", "markdown"},
    code_version=STAGE_DEFS["technique_pages"].code_version,
    partitions_def=videos,
    deps=source_keys("technique_pages"),
    pool="engine",
    check_specs=check_specs("technique_pages"),
)
def technique_pages(
    context: dg.AssetExecutionContext,
    config: PromptOverride,
    synthesis_groups: SynthesisGroups,
    engine: dg.ResourceParam[Ask],
    library: dg.ResourceParam[Library],
) -> Iterator[dg.MaterializeResult[TechniquePages]]:
    with stage_work(context, config) as work:
        made = write_pages(synthesis_groups, work.ask(engine))
    doubts = library.doubts(made.video.video_id)
    checked = [
        citations_resolve(made, synthesis_groups),
        quotes_of_pages_are_verbatim(made, synthesis_groups),
        pages_have_a_fair_length(made),
    ]
    yield work.result(made, of_technique_pages(made, synthesis_groups, doubts), checked=checked)
