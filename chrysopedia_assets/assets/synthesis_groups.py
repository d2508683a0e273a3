"""Moments of one category together, no more than one call can read: what each page is written from.

**Materialize** it when moments or categories have changed. **Costs** nothing: it is worked out, no model is asked.
"""

from collections.abc import Iterator

import dagster as dg

from chrysopedia_assets.assets._metadata import of_synthesis_groups
from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.synthesis_groups import SynthesisGroups
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis


@dg.asset(
    description=__doc__,
    group_name="synthesize",
    owners=["team:synthesize"],
    kinds={"python"},
    code_version=STAGE_DEFS["synthesis_groups"].code_version,
    partitions_def=videos,
    pool="engine",
)
def synthesis_groups(
    key_moments: KeyMoments, classifications: Classifications
) -> Iterator[dg.MaterializeResult[SynthesisGroups]]:
    with stage_work() as work:
        made = group_for_synthesis(key_moments, classifications)
    yield work.result(made, of_synthesis_groups(made))
