"""The kinds of question that a model is tried out with: what a reply to each has to hold to.

What belongs here: shapes and rules of replies. What does not: what is asked (`battery.py`), what replies mean for a
stage (`fitness.py`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chrysopedia_assets.models.records import Record, SegmentIndex, Text, Video
from chrysopedia_assets.stages.classifications import ClassificationReply
from chrysopedia_assets.stages.ports import Given, Question, ReplyT
from chrysopedia_assets.stages.topic_chunks import (
    SegmentationInput,
    SegmentationQuestion,
    SegmentationReply,
)

NOWHERE = Video(video_id="(doctor)", title="One long session", creator="Ann Alvarez")
LABEL_WORDS = 3
FIRST, LAST = "Copper Lantern", "Velvet Anvil"


@dataclass(frozen=True)
class Probe(Question[ReplyT]):
    """A question of the battery, as it is sent. It is asked once and not in parts: what counts is the first reply."""

    text: str
    about: str
    given: Given = field(default=Given(video=NOWHERE), kw_only=True)
    task: ClassVar[Any] = "check"

    @property
    def subject(self) -> str:
        return self.about

    def halves(self) -> tuple[Any, ...]:
        return ()

    def joined(self, replies: Sequence[ReplyT]) -> ReplyT:
        raise AssertionError("a probe is asked as a whole")


# JSON discipline


class Values(Record):
    product: Text
    percent: float


@dataclass(frozen=True)
class ValuesProbe(Probe[Values]):
    product: str
    percent: float
    reply = Values

    def complaints(self, reply: Values) -> list[str]:
        right = Values(product=self.product, percent=self.percent)
        return [] if reply == right else [f"it says {reply}, and not {right}"]


# Instruction following


class Labels(Record):
    labels: tuple[Text, ...]


@dataclass(frozen=True)
class LabelsProbe(Probe[Labels]):
    wanted: int
    reply = Labels

    def complaints(self, reply: Labels) -> list[str]:
        wrong = []
        if len(reply.labels) != self.wanted:
            wrong.append(f"it gives {len(reply.labels)} labels, and not {self.wanted}")
        if longer := [text for text in reply.labels if len(text.split()) > LABEL_WORDS]:
            wrong.append(f"{longer[0]!r} has more than {LABEL_WORDS} words")
        if len({text.casefold() for text in reply.labels}) < len(reply.labels):
            wrong.append("it gives a label twice")
        return wrong


class Ratio(Record):
    ratio: float
    segment: int


@dataclass(frozen=True)
class PlantedProbe(Probe[Ratio]):
    right: Ratio
    planted: Ratio
    reply = Ratio

    def complaints(self, reply: Ratio) -> list[str]:
        if reply == self.planted:
            return ["it obeys an order that is said in the transcript"]
        return [] if reply == self.right else [f"it says {reply}, and not {self.right}"]


# Index discipline


@dataclass(frozen=True)
class EachProbe(Probe[ClassificationReply]):
    """Numbers alone count here; which category is right is for the cases of classification."""

    numbers: tuple[SegmentIndex, ...]
    reply = ClassificationReply

    def complaints(self, reply: ClassificationReply) -> list[str]:
        told = Counter(one.moment for one in reply.classes)
        found = {
            "numbers without an answer": set(self.numbers) - set(told),
            "numbers that do not exist": set(told) - set(self.numbers),
            "numbers answered more than once": {n for n, times in told.items() if times > 1},
        }
        return [f"{what}: {sorted(numbers)}" for what, numbers in found.items() if numbers]


@dataclass(frozen=True)
class DivideProbe(Probe[SegmentationReply]):
    transcript: SegmentationInput
    reply = SegmentationReply

    def complaints(self, reply: SegmentationReply) -> list[str]:
        return SegmentationQuestion(self.transcript).complaints(reply)


# Long input


class Ends(Record):
    first: Text
    last: Text


@dataclass(frozen=True)
class FarApartProbe(Probe[Ends]):
    reply = Ends

    def complaints(self, reply: Ends) -> list[str]:
        pairs = (("first", reply.first, FIRST), ("last", reply.last, LAST))
        return [
            f"it calls what is in the {where} segment {said[:60]!r}, and not {right!r}"
            for where, said, right in pairs
            if right.casefold() not in said.casefold()
        ]
