"""Tells Dagster the versions of what stages read, wherever they differ from those it has: every door does so before it looks."""

from collections.abc import Mapping

import dagster as dg
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage

from resources.clients.git import last_commit
from resources.settings import settings
from resources.sources import Sources
from resources.store.dagster_events import DATA_VERSION, Connect, newest_sources


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
    """Where it is from, for the asset's page: the newest commit of its files, if they are under git and unchanged."""
    if not name.startswith("prompts/"):
        return {}
    path = settings().prompts_dir / name.removeprefix("prompts/")
    path = path if path.exists() else settings().taxonomy_file
    return {
        "path": dg.MetadataValue.path(str(path)),
        "commit": dg.MetadataValue.text(last_commit(path) or "not committed"),
    }
