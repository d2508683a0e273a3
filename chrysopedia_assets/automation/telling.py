"""Dagster is told which videos there are, and the version of each source that has one for each video.

What belongs here: comparing with what Dagster has, and reporting the difference. What does not: how versions come about.
"""

import dagster as dg

from chrysopedia_assets.automation.partitions import VIDEOS
from resources.observations import event_log
from resources.recogniser_versions import versions_of_videos
from resources.store.dagster_events import DATA_VERSION, newest_of_videos
from resources.store.database import Database
from resources.store.videos import LibraryVideo, list_videos


def tell_dagster(database: Database, instance: dg.DagsterInstance) -> None:
    """Make Dagster's partitions and file versions those of the library; safe to repeat, mends what a kill left."""
    with database.reading() as connection:
        entries = {entry.video.video_id: entry for entry in list_videos(connection)}
    present = set(instance.get_dynamic_partitions(VIDEOS))
    if missing := sorted(entries.keys() - present):
        instance.add_dynamic_partitions(VIDEOS, missing)
    recorded = newest_of_videos(event_log(instance))
    for name, versions in versions_of_videos(entries.values()).items():
        for video_id, version in versions.items():
            if recorded.get((name, video_id)) != version:
                observed = _observation(name, version, entries[video_id])
                instance.report_runless_asset_event(observed)


def _observation(name: str, version: str, entry: LibraryVideo) -> dg.AssetObservation:
    return dg.AssetObservation(
        dg.AssetKey(name),
        partition=entry.video.video_id,
        tags={DATA_VERSION: version},
        metadata={
            "title": entry.video.title,
            "creator": entry.video.creator,
            "link": dg.MetadataValue.url(entry.video.url) if entry.video.url else "none",
            "file": dg.MetadataValue.path(entry.source_path),
        },
    )
