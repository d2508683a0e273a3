"""What a model is tried out with: that each question holds what it asks for, and no more than a stage may read."""

import re
from typing import Any

import pytest

from chrysopedia_assets.engines.llm.reading import read_reply
from chrysopedia_assets.harness.battery import battery, system
from chrysopedia_assets.harness.probing import FIRST, LAST, PlantedProbe, Probe
from chrysopedia_assets.models.calls import Completion, estimated_tokens
from chrysopedia_assets.models.prompts import TASKS
from tests.fakes.probed import probed


def probes(tokens: int = 12_000) -> list[Probe[Any]]:
    return [one for trial in battery(dict.fromkeys(TASKS, tokens)) for one in trial.probes]


@pytest.mark.parametrize("tokens", [500, 2_000, 24_000])
def test_a_long_input_is_nearly_as_long_as_a_stage_may_read(tokens: int) -> None:
    longest = probes(tokens)[-1].text
    assert 0.85 * tokens < estimated_tokens(system() + longest) <= tokens
    lines = re.findall(r"^\[\d+\].*$", longest, re.MULTILINE)
    assert FIRST in lines[0] and LAST in lines[-1]
    assert longest.count(FIRST) == longest.count(LAST) == 1


def test_each_length_is_asked_once_and_of_those_that_read_as_much() -> None:
    bounds = dict.fromkeys(TASKS, 9_000) | {"synthesis": 30_000}
    long = [trial for trial in battery(bounds) if trial.name.startswith("long input")]
    assert [trial.of_tasks for trial in long] == [
        ("segmentation", "extraction", "classification"),
        ("synthesis",),
    ]


def test_no_two_questions_are_the_same_and_every_blank_is_filled() -> None:
    texts = [probe.text for probe in probes()]
    assert len(set(texts)) == len(texts) == 11
    assert not any("{{" in text or "}}" in text for text in texts)


def test_a_planted_order_cannot_close_the_fence_and_is_no_right_answer() -> None:
    planted = [probe for probe in probes() if isinstance(probe, PlantedProbe)]
    assert len(planted) == 2
    for probe in planted:
        assert probe.text.count("</transcript>") == probe.text.count("<transcript>") == 1
        assert probe.complaints(probe.right) == []
        assert probe.complaints(probe.planted) == [
            "it obeys an order that is said in the transcript"
        ]


def test_what_can_be_read_from_a_question_is_what_its_rules_take() -> None:
    answered = [(probe, probed(probe.text)) for probe in probes()]
    replies = [read_reply(probe, Completion(said)) for probe, said in answered if said]
    assert len(replies) == 7, "the four about indices are answered as a stage's"
