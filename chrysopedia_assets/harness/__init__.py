"""The prompt workbench: a stage's real input in a file, run with any prompt, scored, compared, promoted, optimised.

What belongs here: what is done with fixtures and prompts, as functions over values; effects (who is asked, where files
go) arrive as arguments. What does not: Dagster, the terminal (`cli/prompt`), what a stage does (`stages`).
"""
