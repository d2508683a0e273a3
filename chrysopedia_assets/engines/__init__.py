"""The embedded engine: answers every stage by classical methods, offline, the same way every time.

What belongs here: pure functions from a stage's input to its reply. What does not: network, files, clocks,
random numbers, Dagster, resources. English is assumed for what reads well; any other script must still work.
"""

EXTRACTIVE = "extractive 2"
"""The embedded engine's name and version: here, so that it can be told without loading the engine."""
