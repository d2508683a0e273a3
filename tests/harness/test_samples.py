"""Which results say something of a prompt, and which say something of whoever was asked."""

import pytest

from chrysopedia_assets.errors import (
    AccessDenied,
    ChrysopediaError,
    ConfigurationError,
    PromptTooLong,
    ReplyMisshapen,
    ServerFailed,
)
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.samples import Sample, scored
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.harness.trying import Tried
from chrysopedia_assets.models.records import StageRecord
from tests.harness.builders import fixture

GIVEN = fixture()
MADE = Tried(GIVEN, 0, 0.0, GIVEN.given_output)


def judging(failure: ChrysopediaError) -> Sample:
    """What is made of a result before a judge who fails so."""

    def judge(_: Fixture, __: StageRecord) -> list[Score]:
        raise failure

    [sample] = scored([MADE], judge)
    return sample


@pytest.mark.parametrize(
    ("failure", "says_nothing"),
    [
        (ServerFailed("it is away", cure="Wait."), True),
        (PromptTooLong("it is too long", cure="Shorten it."), False),
        (ReplyMisshapen("it is no page", cure="Ask again."), False),
    ],
)
def test_a_failure_of_the_server_says_nothing_of_a_prompt_and_one_of_the_prompt_does(
    failure: ChrysopediaError, says_nothing: bool
) -> None:
    [sample] = scored([Tried(GIVEN, 0, 0.0, failure=failure)], None)
    assert sample.says_nothing is says_nothing and not sample.scores


@pytest.mark.parametrize(
    "failure",
    [ReplyMisshapen("7 of 5", cure="Ask another."), PromptTooLong("too long", cure="Shorten it.")],
)
def test_a_judge_who_fails_says_nothing_of_the_prompt_and_takes_no_code_score_away(
    failure: ChrysopediaError,
) -> None:
    [by_code] = scored([MADE], None)
    sample = judging(failure)
    assert not by_code.says_nothing and by_code.scores
    assert sample.says_nothing and sample.failure is failure
    assert sample.scores == by_code.scores


def test_a_judge_who_is_set_up_wrongly_is_told_once_for_all() -> None:
    with pytest.raises(ConfigurationError, match="no key"):
        judging(AccessDenied("no key", cure="Set it."))
