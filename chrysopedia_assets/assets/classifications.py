"""For each moment its category and tags: where in a session the knowledge is applied."""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_classifications
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.ports import Ask


@dg.asset(
    description=__doc__,
    group_name="understand",
    owners=["team:understand"],
    kinds={"ai"},
    code_version="1",
    partitions_def=videos,
    pool="engine",
)
def classifications(
    context: dg.AssetExecutionContext,
    key_moments: KeyMoments,
    taxonomy: dg.ResourceParam[Taxonomy],
    engine: dg.ResourceParam[Ask],
) -> Iterator[dg.MaterializeResult[Classifications]]:
    with stage_work(context, "classification") as work:
        made = classify(key_moments, taxonomy, engine)
    yield work.result(made, of_classifications(made))
