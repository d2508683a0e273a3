"""An engine that answers what the test tells it to, and remembers what it was asked."""

from collections.abc import Callable, Sequence
from typing import Any

from chrysopedia_assets.stages.ports import Answers, Question, ReplyT


class Scripted:
    name = "scripted 1"

    def __init__(self, answer: Callable[[Question[Any]], Any]) -> None:
        self._answer = answer
        self.asked: list[Question[Any]] = []

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        self.asked += questions
        return Answers([self._answer(question) for question in questions], made_by=self.name)
