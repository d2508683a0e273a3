"""The shape of each reply and its version go together: a prompt is written for one of them.

`python -m tests.stages.test_reply_versions` writes the snapshot anew, after `REPLY_VERSIONS` was raised.
"""

import json
from pathlib import Path

import pytest

from chrysopedia_assets.models.prompts import PROMPT_NAMES, REPLY_VERSIONS, PromptName
from chrysopedia_assets.models.records import Record, content_hash
from chrysopedia_assets.stages.classifications import ClassificationQuestion
from chrysopedia_assets.stages.judging import JudgingQuestion
from chrysopedia_assets.stages.key_moments import ExtractionQuestion
from chrysopedia_assets.stages.reflecting import ReflectingQuestion
from chrysopedia_assets.stages.technique_pages import SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationQuestion

SNAPSHOT = Path(__file__).with_name("reply_versions.json")
REPLIES: dict[PromptName, type[Record]] = {
    question.task: question.reply
    for question in (
        SegmentationQuestion,
        ExtractionQuestion,
        ClassificationQuestion,
        SynthesisQuestion,
        JudgingQuestion,
        ReflectingQuestion,
    )
}


def shape(task: PromptName) -> str:
    """Of all that decides which replies are taken; descriptions decide nothing."""
    schema = without_descriptions(REPLIES[task].model_json_schema())
    return content_hash(json.dumps(schema, sort_keys=True))


def without_descriptions(schema: object) -> object:
    if isinstance(schema, list):
        return [without_descriptions(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: without_descriptions(part)
        for name, part in schema.items()
        if not (name == "description" and isinstance(part, str))
    }


def current() -> dict[str, dict[str, object]]:
    return {task: {"version": REPLY_VERSIONS[task], "shape": shape(task)} for task in PROMPT_NAMES}


@pytest.mark.parametrize("task", PROMPT_NAMES)
def test_a_reply_of_another_shape_has_another_version(task: PromptName) -> None:
    known, now = json.loads(SNAPSHOT.read_text())[task], current()[task]
    if now["shape"] != known["shape"]:
        assert now["version"] != known["version"], (
            f"the {task} reply has another shape: raise REPLY_VERSIONS[{task!r}] in models/prompts.py, bring"
            f" prompts/{task} up to it, then run python -m tests.stages.test_reply_versions"
        )
    assert now == known, "write the snapshot anew: python -m tests.stages.test_reply_versions"


def test_a_changed_field_changes_the_shape_and_a_changed_description_does_not() -> None:
    class One(Record):
        """A description."""

        description: str

    class Other(Record):
        """Another description."""

        description: int

    one, other = (without_descriptions(reply.model_json_schema()) for reply in (One, Other))
    assert "A description" not in str(one)
    assert json.dumps(one).replace("One", "Other") != json.dumps(other)
    assert json.dumps(one).replace("string", "integer").replace("One", "Other") == json.dumps(other)


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(current(), indent=2) + "\n")
