"""What a stage may ask of the world: one port, answered by the embedded engine or by a language model.

A stage hands over questions that do not depend on each other, all at once, so that an engine is free to answer
them side by side. Replies come back in the order of the questions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.records import Record, Video

Task = Literal["segmentation", "extraction", "classification", "synthesis"]
"""What is asked for; also the folder name under `prompts/`."""

ReplyT = TypeVar("ReplyT", bound=Record)


@dataclass(frozen=True)
class Question(Generic[ReplyT]):
    """`given` is all that an engine may see; `complaints` lists what is wrong with a reply, in words."""

    task: Task
    video: Video
    given: Record
    reply: type[ReplyT]
    complaints: Callable[[ReplyT], list[str]]


class Ask(Protocol):
    """Answers questions; `name` is recorded on what was made from the answers."""

    @property
    def name(self) -> str: ...

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> list[ReplyT]: ...


def answers(ask: Ask, questions: Sequence[Question[ReplyT]]) -> list[ReplyT]:
    """Ask, and refuse any reply that breaks its question's rules. Raises ReplyRefused."""
    replies = ask(questions)
    for question, reply in zip(questions, replies, strict=True):
        if wrong := question.complaints(reply):
            raise ReplyRefused(
                f"the {question.task} reply of {ask.name} breaks its rules: {'; '.join(wrong)}",
                where=question.video.video_id,
                cure="Nothing was stored; run the stage again, or with another engine or prompt.",
            )
    return replies
