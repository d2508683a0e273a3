"""The cases beside each prompt: what a stage may be given, a reply that its gates take, replies that they refuse.

What belongs here: that every case that ships is what it says, and that the embedded engine passes those that apply to
it. What does not: the format itself (`tests/harness/test_cases.py`), asking a model about them.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.engines.llm.variables import FENCES, variables
from chrysopedia_assets.harness.cases import cases_in, check_cases, read_case, run_case
from chrysopedia_assets.models.prompts import PROMPT_NAMES, TASKS, PromptName
from resources.clients.prompts import read_prompt
from tests.builders import PROJECT, product_taxonomy

PROMPTS = PROJECT / "prompts"
MIN_CASES = 3


@cache
def embedded() -> ExtractiveEngine:
    return ExtractiveEngine(product_taxonomy())


EVERY = [(task, path) for task in PROMPT_NAMES for path in cases_in(PROMPTS / task)]
every_case = pytest.mark.parametrize(
    ("task", "path"), EVERY, ids=[f"{task}-{path.stem}" for task, path in EVERY]
)


@pytest.mark.parametrize("task", PROMPT_NAMES)
def test_a_task_has_enough_cases_and_a_hostile_one(task: PromptName) -> None:
    cases = cases_in(PROMPTS / task)
    assert len(cases) >= MIN_CASES, f"prompts/{task}/cases has {len(cases)} cases"
    fences = re.compile(rf"</?(?:{'|'.join(FENCES)})>", re.IGNORECASE)
    assert any(fences.search(path.read_text("utf-8")) for path in cases)


@pytest.mark.parametrize("task", PROMPT_NAMES)
def test_the_gates_take_and_refuse_what_the_cases_say(task: PromptName) -> None:
    assert check_cases(PROMPTS / task, task) == []


@every_case
def test_a_case_says_what_it_is_for_and_looks_for_something(task: PromptName, path: Path) -> None:
    file = read_case(path, task).file
    assert len(file.about.split()) > 4
    assert file.bad, "a case without a bad reply shows nothing of the gates"
    assert file.must_find or file.must_not_find, "an answer would pass whatever it says"


@every_case
def test_the_embedded_engine_passes_every_case_that_applies_to_it(
    task: PromptName, path: Path
) -> None:
    done = run_case(read_case(path, task), embedded(), model=None)
    assert done.passed, (done.missing, done.wrongly, done.failure, done.gates.wrong)


@pytest.mark.parametrize(
    ("task", "path"),
    [(task, path) for task, path in EVERY if read_case(path, task).file.embedded is False],
)
def test_a_case_is_spared_the_embedded_engine_only_where_it_cannot_pass(
    task: PromptName, path: Path
) -> None:
    assert not run_case(read_case(path, task), embedded(), model="any").passed


@pytest.mark.parametrize("task", TASKS)
def test_most_cases_of_a_task_apply_to_the_embedded_engine(task: PromptName) -> None:
    cases = [read_case(path, task) for path in cases_in(PROMPTS / task)]
    assert sum(case.file.embedded is None for case in cases) * 2 > len(cases)


@every_case
def test_a_case_fills_its_prompt_and_stays_in_the_fence(task: PromptName, path: Path) -> None:
    question = read_case(path, task).question
    _, user = read_prompt(PROMPTS / task, task).texts(variables(question.given))
    tags = re.findall(rf"<\s*/?\s*(?:{'|'.join(FENCES)})\b", user, re.IGNORECASE)
    assert len(tags) == 2 * user_fences(task)


def user_fences(task: PromptName) -> int:
    return 2 if task in ("judging", "reflecting") else 1
