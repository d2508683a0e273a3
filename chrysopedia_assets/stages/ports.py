"""What a stage may ask of the world: one port, answered by the embedded engine or by a language model.

A stage hands over questions that do not depend on each other, all at once, so that an engine is free to answer
them side by side. Replies come back in the order of the questions. A question knows how it can be divided, because
only the stage knows what its numbers mean; whether and when that is done is the engine's affair.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from pydantic import model_validator

from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.prompts import PromptName
from chrysopedia_assets.models.records import Record, SegmentIndex, Video

ReplyT = TypeVar("ReplyT", bound=Record)


class Given(Record):
    """All that an engine may see of a question."""

    video: Video


class NumberedGiven(Given):
    """Of several moments; each has a number, by which the reply speaks of it, also where only some are asked about."""

    numbers: tuple[SegmentIndex, ...]
    moments: tuple[Record, ...]

    @model_validator(mode="after")
    def _a_number_for_each(self) -> Self:
        if len(set(self.numbers)) != len(self.numbers) or len(self.numbers) != len(self.moments):
            raise ValueError("moments and their numbers do not go together")
        return self

    def about(self, numbers: Collection[int]) -> Self:
        """The same about fewer moments, under the numbers that they have."""
        pairs = zip(self.numbers, self.moments, strict=True)
        moments = tuple(moment for number, moment in pairs if number in numbers)
        return self.model_copy(update={"numbers": tuple(numbers), "moments": moments})


class Question(ABC, Generic[ReplyT]):
    """One call's worth of work. Numbers in replies are the ones that `given` shows, also in a part of a question."""

    task: ClassVar[PromptName]
    reply: ClassVar[type[Record]]
    given: Given

    @property
    @abstractmethod
    def subject(self) -> str:
        """Which part of the video it is about, in words."""

    @abstractmethod
    def complaints(self, reply: ReplyT) -> list[str]:
        """What is wrong with a reply, in words that a model can act on; empty for one that can be used."""

    @abstractmethod
    def halves(self) -> tuple[Self, ...]:
        """Two questions that ask the same about less each; none where it cannot be divided."""

    @abstractmethod
    def joined(self, replies: Sequence[ReplyT]) -> ReplyT:
        """One reply from those to the halves, or from the usable part of a short reply and that to the rest."""

    def rest(self, reply: ReplyT) -> tuple[ReplyT, Self] | None:
        """Of a reply that is only short: what can be used of it, and the question about what is missing."""
        return None


@dataclass(frozen=True)
class Answers(Generic[ReplyT]):
    """`made_by` names the engine or the models that gave the replies; it is recorded on what is made of them."""

    replies: Sequence[ReplyT]
    made_by: str


class Ask(Protocol):
    """Answers questions, in their order. Raises ChrysopediaError when one of them has no usable answer."""

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]: ...


def answers(ask: Ask, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
    """Ask, and refuse any reply that breaks its question's rules. Raises ReplyRefused."""
    found = ask(questions)
    for question, reply in zip(questions, found.replies, strict=True):
        if wrong := question.complaints(reply):
            raise ReplyRefused(
                f"the {question.task} reply of {found.made_by} breaks its rules: {'; '.join(wrong)}",
                where=question.given.video.video_id,
                cure="Nothing was stored; run the stage again, or with another engine or prompt.",
            )
    return found
