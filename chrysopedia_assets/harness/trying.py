"""A stage run on a fixture, by whoever is given to be asked; nothing is stored but what that one records of its calls."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass

from chrysopedia_assets.errors import (
    ChrysopediaError,
    ConfigurationError,
    EndpointFailed,
    PromptTooLong,
)
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.side_by_side import side_by_side
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis
from chrysopedia_assets.stages.technique_pages import write_pages
from chrysopedia_assets.stages.topic_chunks import split_topics

AskSample = Callable[[int], Ask]
"""Who answers for the sample of that number, from 0: another sample is another answer to the same questions."""


@dataclass(frozen=True)
class Tried:
    """One sample of one fixture: what came of it, or why nothing did."""

    fixture: Fixture
    sample: int
    seconds: float
    record: StageRecord | None = None
    failure: ChrysopediaError | None = None
    pages: TechniquePages | None = None
    """What the stages below make of it, where that was asked for."""


def is_servers_fault(failure: ChrysopediaError | None) -> bool:
    """Then it says nothing of the prompt; that the prompt is too long does."""
    return isinstance(failure, EndpointFailed) and not isinstance(failure, PromptTooLong)


def run_stage(fixture: Fixture, ask: Ask) -> StageRecord:
    """What the stage gives for this input. Raises ChrysopediaError."""
    given = fixture.input
    match fixture.stage:
        case "topic_chunks" if given.transcripts:
            return split_topics(given.transcripts, ask)
        case "key_moments" if given.transcripts and given.topic_chunks:
            return find_key_moments(given.transcripts, given.topic_chunks, ask)
        case "classifications" if given.key_moments:
            return classify(given.key_moments, fixture.taxonomy, ask)
        case "technique_pages" if given.synthesis_groups:
            return write_pages(given.synthesis_groups, ask)
    raise AssertionError(f"{fixture.name} was validated when it was read")


def run_to_pages(fixture: Fixture, record: StageRecord, ask: Ask) -> TechniquePages:
    """What the stages below the fixture's make of what it gave. Raises ChrysopediaError."""
    if isinstance(record, TechniquePages):
        return record
    now = fixture.input.model_copy(update={fixture.stage: record})
    moments = now.key_moments
    if moments is None and now.transcripts and now.topic_chunks:
        moments = find_key_moments(now.transcripts, now.topic_chunks, ask)
    assert moments, f"{fixture.name} was validated when it was read"
    classes = now.classifications or classify(moments, fixture.taxonomy, ask)
    return write_pages(group_for_synthesis(moments, classes), ask)


def try_all(
    fixtures: Iterable[Fixture], ask: AskSample, samples: int = 1, *, to_pages: bool = False
) -> Iterator[Tried]:
    """Every sample of every fixture, as each is done. Raises ConfigurationError when all would fail in the same way."""

    def one(fixture: Fixture, sample: int) -> Tried:
        started = time.perf_counter()
        record = failure = pages = None
        try:
            asked = ask(sample)
            record = run_stage(fixture, asked)
            pages = run_to_pages(fixture, record, asked) if to_pages else None
        except ConfigurationError:
            raise
        except ChrysopediaError as error:
            failure = error
        return Tried(fixture, sample, time.perf_counter() - started, record, failure, pages)

    with side_by_side("fixture") as threads:
        begun = [
            threads.submit(one, fixture, sample)
            for fixture in fixtures
            for sample in range(samples)
        ]
        for done in as_completed(begun):
            yield done.result()
