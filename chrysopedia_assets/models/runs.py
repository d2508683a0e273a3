"""The words that runs and their steps are marked with, so that whoever starts, makes and reads them agree."""

TRIGGER = "chrysopedia/trigger"
"""Tag of a run: who asked for it."""
FRESH = "chrysopedia/fresh"
"""Tag of a run, "true": everything is made anew, without any reply from before."""
FAILURE = "failure"
"""Metadata of a failed step: which class of `errors` it was."""
