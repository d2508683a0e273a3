"""The cases beside each prompt: what a stage may be given, a reply that its gates take, replies that they refuse.

What belongs here: that every case is what it says. What does not: asking a model about them.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from chrysopedia_assets.engines.llm.reading import read_reply
from chrysopedia_assets.engines.llm.variables import FENCES, variables
from chrysopedia_assets.errors import ReplyRefused
from chrysopedia_assets.models.calls import Completion
from chrysopedia_assets.models.prompts import PROMPT_NAMES, PromptName
from chrysopedia_assets.models.records import Record
from chrysopedia_assets.stages.classifications import ClassificationInput, ClassificationQuestion
from chrysopedia_assets.stages.judging import JudgingInput, JudgingQuestion
from chrysopedia_assets.stages.key_moments import ExtractionInput, ExtractionQuestion
from chrysopedia_assets.stages.ports import Question
from chrysopedia_assets.stages.reflecting import ReflectingInput, ReflectingQuestion
from chrysopedia_assets.stages.technique_pages import SynthesisInput, SynthesisQuestion
from chrysopedia_assets.stages.topic_chunks import SegmentationInput, SegmentationQuestion
from resources.clients.prompts import read_prompt
from tests.builders import PROJECT

PROMPTS = PROJECT / "prompts"
MIN_CASES = 3
ASKED: dict[PromptName, Callable[[Any], Question[Any]]] = {
    "segmentation": lambda given: SegmentationQuestion(SegmentationInput.model_validate(given)),
    "extraction": lambda given: ExtractionQuestion(ExtractionInput.model_validate(given)),
    "classification": lambda given: ClassificationQuestion(
        ClassificationInput.model_validate(given)
    ),
    "synthesis": lambda given: SynthesisQuestion(SynthesisInput.model_validate(given)),
    "judging": lambda given: JudgingQuestion(JudgingInput.model_validate(given)),
    "reflecting": lambda given: ReflectingQuestion(ReflectingInput.model_validate(given)),
}


def cases_of(task: PromptName, prompts: Path = PROMPTS) -> list[Path]:
    return sorted((prompts / task / "cases").glob("*.yaml"))


def case_in(path: Path) -> dict[str, Any]:
    """Refuses a case with a field too many or too few."""
    case: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert set(case) == {"about", "given", "good", "bad"}, f"{path}: {sorted(case)}"
    assert isinstance(case["about"], str) and len(case["about"].split()) > 4, f"{path}: about"
    assert case["bad"], f"{path}: a case without a bad reply shows nothing of the gates"
    assert all(set(bad) == {"reply", "because"} for bad in case["bad"]), f"{path}: bad"
    return case


def completion(reply: object) -> Completion:
    return Completion(json.dumps(reply, ensure_ascii=False))


EVERY = [(task, path) for task in PROMPT_NAMES for path in cases_of(task)]
every_case = pytest.mark.parametrize(
    ("task", "path"), EVERY, ids=[f"{task}-{path.stem}" for task, path in EVERY]
)


@pytest.mark.parametrize("task", PROMPT_NAMES)
def test_a_task_has_enough_cases_and_a_hostile_one(task: PromptName) -> None:
    cases = cases_of(task)
    assert len(cases) >= MIN_CASES, f"prompts/{task}/cases has {len(cases)} cases"
    fences = re.compile(rf"</?(?:{'|'.join(FENCES)})>", re.IGNORECASE)
    assert any(fences.search(path.read_text("utf-8")) for path in cases)


def test_a_case_is_found_by_its_name_and_everything_else_in_the_folder_is_told() -> None:
    found = {path for _, path in EVERY}
    assert {path for path in PROMPTS.glob("*/cases/*")} == found
    assert cases_of("segmentation", PROJECT / "nowhere") == []


@every_case
def test_a_good_reply_is_taken(task: PromptName, path: Path) -> None:
    case = case_in(path)
    question = ASKED[task](case["given"])
    reply: Record = read_reply(question, completion(case["good"]))
    assert question.complaints(reply) == []


@every_case
def test_a_bad_reply_is_refused_for_the_reason_that_is_given(task: PromptName, path: Path) -> None:
    case = case_in(path)
    question = ASKED[task](case["given"])
    for bad in case["bad"]:
        with pytest.raises(ReplyRefused) as caught:
            read_reply(question, completion(bad["reply"]))
        told = caught.value.what.partition(f"{question.subject}: ")[2]
        assert bad["because"] in told


def user_fences(task: PromptName) -> int:
    return 2 if task in ("judging", "reflecting") else 1


@every_case
def test_a_case_fills_its_prompt_and_stays_in_the_fence(task: PromptName, path: Path) -> None:
    question = ASKED[task](case_in(path)["given"])
    _, user = read_prompt(PROMPTS / task, task).texts(variables(question.given))
    tags = re.findall(rf"<\s*/?\s*(?:{'|'.join(FENCES)})\b", user, re.IGNORECASE)
    assert len(tags) == 2 * user_fences(task)
