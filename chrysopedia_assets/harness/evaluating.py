"""What a text of a prompt is worth on fixtures: the stage run with it, its result scored, the complaints collected.

What belongs here: one text, scored. What does not: which texts are tried (`optimising`), what a score is made of (`checks`,
`judging`; it arrives as an argument).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NoReturn

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.purse import Purse
from chrysopedia_assets.harness.readable import readable
from chrysopedia_assets.harness.scores import Score, overall
from chrysopedia_assets.harness.side_by_side import side_by_side
from chrysopedia_assets.harness.trying import (
    Tried,
    is_servers_fault,
    run_stage,
    try_all,
)
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.ports import Ask, Question
from resources.clients.prompts import PromptTemplate, with_system

SHOWN_RESULT_CHARS = 4_000
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Means:
    """`ask` answers with a prompt; `score` may ask a judge, `judges` so many calls for one page; `reflect` writes prompts."""

    prompt: PromptTemplate
    ask: Callable[[PromptTemplate], Ask]
    score: Callable[[Fixture, StageRecord], list[Score]]
    reflect: Callable[[int], Ask]
    purse: Purse
    judges: bool
    tell: Tell
    stop: Callable[[], None]
    """Gives up every call that is under way."""


@dataclass(frozen=True)
class Evaluated:
    """`result` is what was given, to read; empty where nothing came of it."""

    fixture: Fixture
    value: float
    feedback: tuple[str, ...]
    result: str
    scores: tuple[Score, ...] = ()


def evaluate(fixtures: Sequence[Fixture], text: str, means: Means) -> list[Evaluated]:
    """What a system text is worth on each fixture. Raises ChrysopediaError where that says nothing of the text."""
    try:
        prompt = with_system(means.prompt, text, "the proposed text")
    except ConfigurationError as error:
        return [Evaluated(fixture, 0.0, (str(error),), "") for fixture in fixtures]
    expected = sum(calls_of(fixture, means.judges) for fixture in fixtures)
    before = means.purse.paid().calls
    tried = {done.fixture.fixture_id: done for done in _all_tried(fixtures, prompt, means)}
    with side_by_side("score") as threads:
        found = list(threads.map(lambda f: _scored(tried[f.fixture_id], means), fixtures))
    means.purse.learn(expected, means.purse.paid().calls - before)
    return found


def _all_tried(fixtures: Sequence[Fixture], prompt: PromptTemplate, means: Means) -> list[Tried]:
    """An interrupt comes to this thread: whoever waits for a server elsewhere has to be told."""
    with ThreadPoolExecutor(1, thread_name_prefix="batch") as threads:
        work = threads.submit(lambda: list(try_all(fixtures, lambda _: means.ask(prompt))))
        try:
            return work.result()
        except BaseException as error:
            if not isinstance(error, Exception):
                means.stop()
            raise


def _scored(done: Tried, means: Means) -> Evaluated:
    if done.record is None:
        failure = done.failure
        if failure is not None and is_servers_fault(failure):
            raise failure
        return Evaluated(done.fixture, 0.0, (f"nothing came of it: {failure}",), "")
    scores = tuple(means.score(done.fixture, done.record))
    worst = sorted(scores, key=lambda score: score.value)
    feedback = tuple(
        f"{score.dimension} {score.value:.2f}: {why}" for score in worst for why in score.why
    )
    shown = "\n".join(readable(done.record))[:SHOWN_RESULT_CHARS]
    return Evaluated(done.fixture, overall(scores), feedback, shown, scores)


def calls_of(fixture: Fixture, judges: bool) -> int:
    """How many calls one evaluation takes when all goes well: the stage's questions, and a judge's for each page."""

    def count(questions: Sequence[Question[Any]]) -> NoReturn:
        raise _Counted(len(questions))

    try:
        run_stage(fixture, count)
        asked = 0
    except _Counted as counted:
        asked = counted.questions
    pages = fixture.given_output
    judged = len(pages.pages) if isinstance(pages, TechniquePages) else asked
    return asked + (judged if judges and fixture.task == "synthesis" else 0)


class _Counted(Exception):
    """Instead of answers."""

    def __init__(self, questions: int) -> None:
        self.questions = questions
