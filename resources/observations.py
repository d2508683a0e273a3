"""Tells Dagster the versions of what stages read, wherever they differ from those it has: every door does so before it looks."""

from collections.abc import Mapping

import dagster as dg
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from resources.sources import Sources, commit_of, path_of
from resources.store.dagster_events import DATA_VERSION, newest_sources
from resources.store.dagster_tables import Connect


def event_log(instance: dg.DagsterInstance) -> Connect:
    """The tables of the instance's event log, to be read."""
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(f"the event log of {type(storage).__name__} has no tables to read")
    return storage.index_connection


def asset_key(name: str) -> dg.AssetKey:
    """The key of a stage or source by its name, as in `models.stage_defs`."""
    return dg.AssetKey(name.split("/"))


def observe_sources(instance: dg.DagsterInstance, sources: Sources) -> dict[str, str]:
    """Report each version that Dagster does not have yet; gives those. What cannot be read keeps the version it had."""
    known = newest_sources(event_log(instance))
    news = {
        name: version
        for name, version in sources.versions.items()
        if name not in known or known[name].version != version
    }
    for name, version in news.items():
        observation = dg.AssetObservation(
            asset_key(name), tags={DATA_VERSION: version}, metadata=_about(name)
        )
        instance.report_runless_asset_event(observation)
    return news


def _about(name: str) -> Mapping[str, dg.MetadataValue]:
    """Where it is from, for the asset's page."""
    path = path_of(name)
    if path is None:
        return {}
    commit = commit_of(name) or "not committed"
    return {"path": dg.MetadataValue.path(str(path)), "commit": dg.MetadataValue.text(commit)}
