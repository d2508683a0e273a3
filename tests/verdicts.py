"""What Dagster's own resolver says, cell for cell, beside what we say; and verdicts from plain values.

What belongs here: asking both. What does not: expectations.
"""

from collections.abc import Collection

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from chrysopedia_assets.freshness.verdicts import Verdicts
from chrysopedia_assets.models.records import STAGES

Cells = dict[tuple[str, str], tuple[str, frozenset[str]]]
"""(stage, video) -> the status, and the names of whatever is a cause of it (the stage's own for its code)."""


def by_dagster(
    graph: AssetGraph, instance: dg.DagsterInstance, video_ids: Collection[str] | None = None
) -> Cells:
    """One question a cell: slow. Of all videos, or of those named."""
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    videos = instance.get_dynamic_partitions("videos") if video_ids is None else video_ids
    found: Cells = {}
    for stage in STAGES:
        key = dg.AssetKey(stage)
        for video in videos:
            causes = resolver.get_stale_causes(key, video)
            names = (c.dependency.asset_key if c.dependency else c.asset_key for c in causes)
            status = resolver.get_status(key, video).value
            found[stage, video] = status, frozenset(name.to_user_string() for name in names)
    return found


def by_us(verdicts: Verdicts) -> Cells:
    return {
        (stage, video): (verdict.status, frozenset(cause.subject for cause in verdict.own))
        for video, by_stage in verdicts.items()
        for stage, verdict in by_stage.items()
    }
