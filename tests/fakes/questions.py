"""A question for each prompt; those of the stages have inputs large enough to be divided."""

from collections.abc import Mapping
from typing import Any

from chrysopedia_assets.models.prompts import PromptName
from chrysopedia_assets.models.synthesis_groups import GroupedMoment
from chrysopedia_assets.stages.classifications import ClassificationInput, ClassificationQuestion
from chrysopedia_assets.stages.judging import JudgingInput, JudgingQuestion, Passage
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.ports import Question
from chrysopedia_assets.stages.reflecting import (
    Example,
    ReflectingInput,
    ReflectingQuestion,
)
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from tests.builders import moment, product_taxonomy, transcript, video
from tests.library import LINES

TAXONOMY = product_taxonomy()
SPEECH = transcript(*(f"{line}, take {n}." for n in range(9) for line in LINES), gap_s=2.5)
MOMENTS = tuple(
    moment(f"Take {n}: {line[:40].strip()}", f"{line}. {LINES[n % 8]}.", number=n)
    for n, line in enumerate((*LINES, "hello and welcome"), start=4)
)
NUMBERS = tuple(range(4, 13))
QUESTIONS: Mapping[PromptName, Question[Any]] = {
    "segmentation": SegmentationQuestion(
        SegmentationInput(video=video(), first_segment=7, segments=SPEECH.segments)
    ),
    "extraction": ExtractionQuestion(
        ExtractionInput(
            video=video(),
            label="Kicks: cut, then drive",
            summary="How a kick\nis made.",
            first_segment=30,
            segments=SPEECH.segments[30:60],
        )
    ),
    "classification": ClassificationQuestion(
        ClassificationInput(video=video(), taxonomy=TAXONOMY, numbers=NUMBERS, moments=MOMENTS)
    ),
    "synthesis": SynthesisQuestion(
        SynthesisInput(
            video=video(),
            group_id="mixing-1",
            category="mixing",
            numbers=NUMBERS,
            moments=tuple(GroupedMoment(moment=m, tags=("eq",)) for m in MOMENTS),
        )
    ),
    "reflecting": ReflectingQuestion(
        ReflectingInput(
            video=video(),
            of="synthesis",
            prompt="Write pages. Answer with JSON.",
            placeholders=("creator", "moments"),
            examples=(Example(score=0.5, feedback=("no citation",), result="A page."),),
        )
    ),
    "judging": JudgingQuestion(
        JudgingInput(
            video=video(),
            title="Kicks",
            page=f"# Kicks: cut, then drive\n\nAda Fader: “{LINES[0]}” [1]",
            passages=(Passage(moment_id="moment-4", title="Kicks", said=LINES[0], quote=LINES[0]),),
        )
    ),
}
