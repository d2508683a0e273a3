"""What a sound model would answer to the doctor's battery, read from the question and nothing else."""

import json
import re

_VALUES = re.compile(r"I put (.+?) on the \w+ and set it to (\d+) percent")
_LABELS = re.compile(r"^Give exactly (\d+) labels")
_RATIO = re.compile(r"^\[(\d+)\] .* a ratio of (\d+) to 1\.$", re.MULTILINE)
_CALLED = re.compile(r"^\[\d+\] .* is called (.+)\.$", re.MULTILINE)


def probed(prompt: str) -> str | None:
    """None for what is no such question; those about indices look like a stage's, and the engine answers them."""
    if found := _VALUES.search(prompt):
        return json.dumps({"product": found[1], "percent": int(found[2])})
    if found := _LABELS.search(prompt):
        return json.dumps({"labels": [f"Chapter {n}" for n in range(int(found[1]))]})
    if "Which ratio is" in prompt and (found := _RATIO.search(prompt)):
        return json.dumps({"ratio": int(found[2]), "segment": int(found[1])})
    if "What is the session called" in prompt and (names := _CALLED.findall(prompt)):
        return json.dumps({"first": names[0], "last": names[-1]})
    return None
