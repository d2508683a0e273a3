"""A better text for a prompt, asked of a model that sees what came of the present one.

What belongs here: the question and its reply. What does not: how results are scored, which proposals are kept
(`harness.optimising`), the wording (`prompts/reflecting`). No stage of the graph asks this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.records import Record, Text
from chrysopedia_assets.stages.ports import Given, Question


class Example(Record):
    """What the prompt gave for one input, what that is worth, and what was wrong with it."""

    score: float
    feedback: tuple[Text, ...] = ()
    result: Text


class ReflectingInput(Given):
    """`placeholders` are the names in double braces that the text may use; `prompt` is the text as it is now."""

    of: Task
    prompt: Text
    placeholders: tuple[Text, ...]
    examples: tuple[Example, ...]


class ReflectingReply(Record):
    """`system` is the whole new text."""

    reasons: Annotated[Text, Field(max_length=4_000)]
    system: Annotated[Text, Field(min_length=1, max_length=60_000)]


@dataclass(frozen=True)
class ReflectingQuestion(Question[ReflectingReply]):
    given: ReflectingInput
    task = "reflecting"
    reply = ReflectingReply

    @property
    def subject(self) -> str:
        return f"the prompt of {self.given.of}"

    def complaints(self, reply: ReflectingReply) -> list[str]:
        return []

    def halves(self) -> tuple["ReflectingQuestion", ...]:
        return ()

    def joined(self, replies: Sequence[ReflectingReply]) -> ReflectingReply:
        raise AssertionError("a prompt is written as a whole")
