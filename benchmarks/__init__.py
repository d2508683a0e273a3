"""Commands that measure: `python -m benchmarks.NAME [--json]`. Each prints figures of one run, best as a ratio."""
