"""Dagster's event log, read in bulk: what was last recorded for each partition of an asset."""

from collections.abc import Iterable, Mapping

import dagster as dg

DATA_VERSION = "dagster/data_version"
BATCH_EVENTS = 500


def latest_tags(
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    event_type: dg.DagsterEventType,
    partitions: Iterable[str] | None = None,
) -> dict[str, Mapping[str, str]]:
    """The tags of the newest event of each partition: versions of data, code and inputs are among them."""
    wanted = set(partitions) if partitions is not None else None
    if wanted is not None and not wanted:
        return {}
    ids = instance.get_latest_storage_id_by_partition(key, event_type, wanted)
    observed = event_type == dg.DagsterEventType.ASSET_OBSERVATION
    fetch = instance.fetch_observations if observed else instance.fetch_materializations
    storage_ids = sorted(ids.values())
    found: dict[str, Mapping[str, str]] = {}
    for at in range(0, len(storage_ids), BATCH_EVENTS):
        batch = storage_ids[at : at + BATCH_EVENTS]
        filtered = dg.AssetRecordsFilter(asset_key=key, storage_ids=batch)
        for record in fetch(filtered, limit=BATCH_EVENTS).records:
            event = record.asset_materialization or record.asset_observation
            if event is not None and event.partition is not None:
                found[event.partition] = event.tags or {}
    return found


def latest_versions(
    instance: dg.DagsterInstance, key: dg.AssetKey, event_type: dg.DagsterEventType
) -> dict[str, str]:
    """The newest recorded data version of each partition."""
    tags = latest_tags(instance, key, event_type)
    return {partition: tag[DATA_VERSION] for partition, tag in tags.items() if DATA_VERSION in tag}
