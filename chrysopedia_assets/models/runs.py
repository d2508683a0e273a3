"""The words that runs and their steps are marked with, so that whoever starts, makes and reads them agree."""

from typing import Literal

TRIGGER = "chrysopedia/trigger"
"""Tag of a run: who asked for it."""
Trigger = Literal["manual", "sensor", "stage_rerun", "bulk_resynthesis", "clean_reprocess"]
PARTITION = "dagster/partition"
"""Dagster's own tag of a run: the video."""
REFRESH = "chrysopedia/refresh"
"""Tag of a run: the refresh that it belongs to."""
FRESH = "chrysopedia/fresh"
"""Tag of a run, "true": everything is made anew, without any reply from before."""
FAILURE = "failure"
"""Metadata of a failed step: which class of `errors` it was."""
OVERRIDE = "chrysopedia/override"
"""Tag of a materialization: the version of the prompt that was given for that video alone."""
