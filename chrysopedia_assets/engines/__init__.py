"""The embedded engine: answers every stage by classical methods, offline, the same way every time.

What belongs here: pure functions from a stage's input to its reply. What does not: network, files, clocks,
random numbers, Dagster, resources. English is assumed for what reads well; any other script must still work.
"""
