"""Dagster wrappers, one file per asset: load, call one stage, yield. What a stage does is in `stages/`."""

import warnings

import dagster as dg

# Beta in Dagster 1.13, used knowingly: only an observable source has versions that partitions can be compared with.
warnings.filterwarnings("ignore", ".*`observable_source_asset`", dg.BetaWarning)
