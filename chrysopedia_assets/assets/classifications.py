"""Where in a session each moment is applied: one category and any number of tags, all from the taxonomy.

**Materialize** it after an edit of `prompts/classification` or of the taxonomy, or in the launchpad with another prompt
for this video alone. **Costs** one call of a language model for about twenty moments; nothing with the embedded engine,
and nothing for what was asked before.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_classifications
from chrysopedia_assets.assets._stage_work import PromptOverride, source_keys, stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.ports import Ask


@dg.asset(
    description=__doc__,
    group_name="understand",
    owners=["team:understand"],
    kinds={"ai"},
    code_version=STAGE_DEFS["classifications"].code_version,
    partitions_def=videos,
    deps=source_keys("classifications"),
    pool="engine",
)
def classifications(
    context: dg.AssetExecutionContext,
    config: PromptOverride,
    key_moments: KeyMoments,
    taxonomy: dg.ResourceParam[Taxonomy],
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[Classifications]]:
    with stage_work(context, config) as work:
        made = classify(key_moments, taxonomy, work.ask(engine))
    yield work.result(made, of_classifications(made, key_moments))
