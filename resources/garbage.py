"""How often Python looks for reference cycles, which no stage makes many of.

Left to itself it does so after every 700 new objects; an hour of words is a hundred thousand of them, and Dagster's and
`openai`'s own hundreds of thousands are walked through again and again. That was a quarter of what a video cost.
"""

import gc

NEW_OBJECTS = 50_000
OLDER_AFTER = 5
"""Looks at new objects to each at older ones: Dagster's runs are cycles, and a transcript hangs on each."""


def look_seldom() -> None:
    """For a command's process, before it loads anything large."""
    gc.set_threshold(NEW_OBJECTS, OLDER_AFTER, OLDER_AFTER)


def keep_what_is_loaded() -> None:
    """What is there now stays until the process ends: it is not looked at any more."""
    gc.freeze()
