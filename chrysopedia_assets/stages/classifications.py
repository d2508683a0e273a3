"""Give each moment one category and tags of it. Whatever the casing of a reply, what is stored are taxonomy keys."""

from functools import partial

from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import Record, SegmentIndex, Text, Video
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.ports import Ask, Question, answers

BATCH_MOMENTS = 20


class ClassificationInput(Record):
    video: Video
    taxonomy: Taxonomy
    moments: tuple[KeyMoment, ...]


class MomentClass(Record):
    """`moment` is a position in the question's list, from 0; category and tags in words of the taxonomy."""

    moment: SegmentIndex
    category: Text
    tags: tuple[Text, ...] = ()
    evidence: Text = ""


class ClassificationReply(Record):
    classes: tuple[MomentClass, ...]


def classify(moments: KeyMoments, taxonomy: Taxonomy, ask: Ask) -> Classifications:
    """Ask in batches of 20 moments; every moment gets exactly one classification, in the order of the moments."""
    batches = [
        moments.moments[at : at + BATCH_MOMENTS]
        for at in range(0, len(moments.moments), BATCH_MOMENTS)
    ]
    questions = [_question(moments.video, taxonomy, batch) for batch in batches]
    replies = answers(ask, questions)
    found = (
        _classification(batch[answer.moment], answer, taxonomy)
        for batch, reply in zip(batches, replies, strict=True)
        for answer in sorted(reply.classes, key=lambda answer: answer.moment)
    )
    return Classifications(video=moments.video, made_by=ask.name, classifications=tuple(found))


def _question(
    video: Video, taxonomy: Taxonomy, batch: tuple[KeyMoment, ...]
) -> Question[ClassificationReply]:
    return Question(
        task="classification",
        video=video,
        given=ClassificationInput(video=video, taxonomy=taxonomy, moments=batch),
        reply=ClassificationReply,
        complaints=partial(_complaints, taxonomy, len(batch)),
    )


def _complaints(taxonomy: Taxonomy, asked: int, reply: ClassificationReply) -> list[str]:
    answered = sorted(answer.moment for answer in reply.classes)
    wrong = []
    if answered != list(range(asked)):
        wrong.append(f"asked about moments 0 to {asked - 1}, answered {answered}")
    wrong += [
        f"{answer.category!r} is no category"
        for answer in reply.classes
        if taxonomy.category(answer.category) is None
    ]
    return wrong


def _classification(moment: KeyMoment, answer: MomentClass, taxonomy: Taxonomy) -> Classification:
    category = taxonomy.category(answer.category)
    assert category is not None  # `_complaints` has refused every other reply
    tags = (category.tag(word) for word in answer.tags)
    return Classification(
        moment_id=moment.moment_id,
        category=category.key,
        # A tag of another category, or an invented one, is dropped: tags never leak between categories.
        tags=tuple(dict.fromkeys(tag.key for tag in tags if tag)),
        evidence=answer.evidence,
    )
