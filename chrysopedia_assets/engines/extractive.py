"""The embedded engine behind the `Ask` port: hands each question to the function that answers its task.

What belongs here: the dispatch. What does not: any method; each has its own file.
"""

from collections.abc import Sequence
from typing import cast

from chrysopedia_assets.engines import EXTRACTIVE
from chrysopedia_assets.engines.classification import classify_moments
from chrysopedia_assets.engines.extraction import extract
from chrysopedia_assets.engines.segmentation import segment
from chrysopedia_assets.engines.synthesis import synthesise
from chrysopedia_assets.engines.vocabulary import Vocabulary
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import Record
from chrysopedia_assets.models.taxonomy import Taxonomy
from chrysopedia_assets.stages.classifications import ClassificationInput
from chrysopedia_assets.stages.key_moments import ExtractionInput
from chrysopedia_assets.stages.ports import Answers, Question, ReplyT
from chrysopedia_assets.stages.technique_pages import SynthesisInput
from chrysopedia_assets.stages.topic_chunks import SegmentationInput


class ExtractiveEngine:
    """Answers every stage from the transcript's own words; no model, no network, the same reply every time."""

    name = EXTRACTIVE

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._vocabulary = Vocabulary(taxonomy)
        self._taxonomy = taxonomy

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        """Replies in the order of the questions. Raises ConfigurationError for a task it does not know."""
        return Answers([self._answer(question) for question in questions], made_by=self.name)

    def _answer(self, question: Question[ReplyT]) -> ReplyT:
        reply = self._reply(question.given)
        if not isinstance(reply, question.reply):
            raise ConfigurationError(
                f"{self.name} has no reply of the kind {question.reply.__name__} to {question.task}",
                where=question.given.video.video_id,
                cure="The stage and the engine are of different versions; install one release.",
            )
        return cast(ReplyT, reply)

    def _reply(self, given: Record) -> Record | None:
        match given:
            case SegmentationInput():
                return segment(given, self._vocabulary)
            case ExtractionInput():
                return extract(given, self._vocabulary)
            case ClassificationInput():
                return classify_moments(given, self._vocabulary_of(given.taxonomy))
            case SynthesisInput():
                return synthesise(given, self._vocabulary)
            case _:
                return None

    def _vocabulary_of(self, taxonomy: Taxonomy) -> Vocabulary:
        return self._vocabulary if taxonomy == self._taxonomy else Vocabulary(taxonomy)
