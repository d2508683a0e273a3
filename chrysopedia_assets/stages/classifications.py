"""Give each moment one category and tags of it. Whatever the casing of a reply, what is stored are taxonomy keys."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic.json_schema import SkipJsonSchema

from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import Record, SegmentIndex, Text
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Ask, NumberedGiven, Question, answers

BATCH_MOMENTS = 20


class ClassificationInput(NumberedGiven):
    taxonomy: Taxonomy
    moments: tuple[KeyMoment, ...]


class MomentClass(Record):
    """`moment` is the number of one that was asked about; category and tags in words of the taxonomy."""

    moment: SegmentIndex
    category: Text
    tags: tuple[Text, ...] = ()
    evidence: Text = ""
    doubt: SkipJsonSchema[Text] = ""
    """What the embedded engine gives where it is not sure; models are not asked for it."""


class ClassificationReply(Record):
    classes: tuple[MomentClass, ...]


@dataclass(frozen=True)
class ClassificationQuestion(Question[ClassificationReply]):
    given: ClassificationInput
    task = "classification"
    reply = ClassificationReply

    @property
    def subject(self) -> str:
        return f"moments {', '.join(str(number) for number in self.given.numbers)}"

    def complaints(self, reply: ClassificationReply) -> list[str]:
        answered = Counter(answer.moment for answer in reply.classes)
        asked = set(self.given.numbers)
        wrong = []
        if lost := sorted(asked - answered.keys()):
            wrong.append(f"moments {lost} have no answer")
        if invented := sorted(answered.keys() - asked):
            wrong.append(f"there are no moments {invented}")
        if twice := sorted(number for number, times in answered.items() if times > 1):
            wrong.append(f"moments {twice} are answered more than once")
        wrong += [
            f"{answer.category!r} is no category"
            for answer in reply.classes
            if self.given.taxonomy.category(answer.category) is None
        ]
        return wrong

    def halves(self) -> tuple["ClassificationQuestion", ...]:
        numbers = self.given.numbers
        middle = len(numbers) // 2
        return (self._about(numbers[:middle]), self._about(numbers[middle:])) if middle else ()

    def joined(self, replies: Sequence[ClassificationReply]) -> ClassificationReply:
        return ClassificationReply(classes=tuple(c for reply in replies for c in reply.classes))

    def rest(
        self, reply: ClassificationReply
    ) -> tuple[ClassificationReply, "ClassificationQuestion"] | None:
        """Whatever is soundly answered is kept; asked again is what has no answer, two, or no category."""
        answered = Counter(answer.moment for answer in reply.classes)
        sound = tuple(
            answer
            for answer in reply.classes
            if answer.moment in self.given.numbers
            and answered[answer.moment] == 1
            and self.given.taxonomy.category(answer.category)
        )
        missing = [n for n in self.given.numbers if n not in {answer.moment for answer in sound}]
        if not sound or not missing:
            return None
        return ClassificationReply(classes=sound), self._about(missing)

    def _about(self, numbers: Collection[int]) -> "ClassificationQuestion":
        return ClassificationQuestion(self.given.about(numbers))


def classify(moments: KeyMoments, taxonomy: Taxonomy, ask: Ask) -> Classifications:
    """Ask in batches of 20 moments; every moment gets exactly one classification, in the order of the moments."""
    count = len(moments.moments)
    batches = [range(at, min(at + BATCH_MOMENTS, count)) for at in range(0, count, BATCH_MOMENTS)]
    questions = [
        ClassificationQuestion(
            ClassificationInput(
                video=moments.video,
                taxonomy=taxonomy,
                numbers=tuple(batch),
                moments=moments.moments[batch.start : batch.stop],
            )
        )
        for batch in batches
    ]
    found = answers(ask, questions)
    by_number = {answer.moment: answer for reply in found.replies for answer in reply.classes}
    classified = (
        _classification(moment, by_number[number], taxonomy)
        for number, moment in enumerate(moments.moments)
    )
    return Classifications(
        video=moments.video, made_by=found.made_by, classifications=tuple(classified)
    )


def _classification(moment: KeyMoment, answer: MomentClass, taxonomy: Taxonomy) -> Classification:
    category = taxonomy.category(answer.category)
    assert category is not None  # `complaints` has refused every other reply
    tags = (category.tag(word) for word in answer.tags)
    return Classification(
        moment_id=moment.moment_id,
        category=category.key,
        # A tag of another category, or an invented one, is dropped: tags never leak between categories.
        tags=tuple(dict.fromkeys(tag.key for tag in tags if tag)),
        evidence=answer.evidence,
        doubt=answer.doubt,
    )
