"""One partition per video; its key is the video's id, a readable slug."""

import dagster as dg

VIDEOS = "videos"

videos = dg.DynamicPartitionsDefinition(name=VIDEOS)
