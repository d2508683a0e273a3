"""A stage run on a fixture, by whoever is given to be asked; nothing is stored but what that one records of its calls."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from chrysopedia_assets.errors import (
    ChrysopediaError,
    ConfigurationError,
    EndpointFailed,
    PromptTooLong,
)
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis
from chrysopedia_assets.stages.technique_pages import write_pages
from chrysopedia_assets.stages.topic_chunks import split_topics

AT_ONCE = 16
"""Fixtures under way; how many calls that are at a time has its own limit."""

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
    now = fixture.input.model_copy(update={fixture.stage: record})
    chunks = now.topic_chunks
    moments = now.key_moments
    if moments is None and now.transcripts and chunks:
        moments = find_key_moments(now.transcripts, chunks, ask)
    groups = now.synthesis_groups
    if groups is None and moments:
        classes = now.classifications or classify(moments, fixture.taxonomy, ask)
        groups = group_for_synthesis(moments, classes)
    if now.technique_pages:
        return now.technique_pages
    assert groups, f"{fixture.name} was validated when it was read"
    return write_pages(groups, ask)


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

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fixture") as threads:
        begun = [
            threads.submit(one, fixture, sample)
            for fixture in fixtures
            for sample in range(samples)
        ]
        try:
            for done in as_completed(begun):
                yield done.result()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
