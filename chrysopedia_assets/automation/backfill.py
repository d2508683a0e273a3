"""Leave a plan to Dagster's daemon: a backfill of exactly its (stage, video) pairs.

The daemon runs everything below too: it does not spare what turned out unchanged. It costs no calls all the same, for
the same request is answered from the ledger.
"""

import time

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.utils import make_new_backfill_id

from chrysopedia_assets.automation.planned import Planned
from chrysopedia_assets.models.runs import TRIGGER


def launch_backfill(graph: AssetGraph, instance: dg.DagsterInstance, planned: Planned) -> str:
    """Gives the backfill's id; the daemon takes it up when it looks next."""
    backfill_id = make_new_backfill_id()
    with partition_loading_context(dynamic_partitions_store=instance):
        subset = AssetGraphSubset.from_asset_partition_set(
            {
                AssetKeyPartitionKey(dg.AssetKey(stage), entry.video_id)
                for entry in planned.entries
                for stage in entry.at_most
            },
            graph,
        )
        backfill = PartitionBackfill.from_asset_graph_subset(
            backfill_id=backfill_id,
            backfill_timestamp=time.time(),
            tags={TRIGGER: "bulk_resynthesis"},
            dynamic_partitions_store=instance,
            asset_graph_subset=subset,
            title=f"Refresh {len(planned.entries)} videos",
            description=None,
            run_config=None,
        )
        instance.add_backfill(backfill)
    return backfill_id
