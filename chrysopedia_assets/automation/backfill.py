"""Leave a plan to Dagster's daemon: a backfill of exactly its (stage, video) pairs.

The daemon runs everything below too: it does not spare what turned out unchanged. It costs no calls all the same, for
the same request is answered from the ledger.
"""

import time
from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.assets.graph.asset_graph_subset import AssetGraphSubset
from dagster._core.definitions.events import AssetKeyPartitionKey
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.execution.backfill import PartitionBackfill
from dagster._core.utils import make_new_backfill_id

from chrysopedia_assets.automation.planned import Planned
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.models.runs import REFRESH, TRIGGER
from resources.store.database import Database
from resources.store.refreshes import begin_refresh


def launch_backfill(
    graph: AssetGraph,
    instance: dg.DagsterInstance,
    planned: Planned,
    database: Database,
    choices: Mapping[str, Any],
) -> str:
    """Gives the backfill's id; the daemon takes it up when it looks next. On record is what it is expected to cost."""
    Staleness(instance, database).look(
        []
    )  # Dagster is told of every video and of every edited prompt
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
            tags={TRIGGER: "bulk_resynthesis", REFRESH: backfill_id},
            dynamic_partitions_store=instance,
            asset_graph_subset=subset,
            title=f"Refresh {len(planned.entries)} videos",
            description=None,
            run_config=None,
        )
        with database.writing(lock="refreshes") as connection:
            begin_refresh(
                connection,
                backfill_id,
                trigger="bulk_resynthesis",
                choices=choices,
                estimate=planned.as_record(),
            )
        instance.add_backfill(backfill)
    return backfill_id
