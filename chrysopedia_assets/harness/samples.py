"""A prompt on many inputs, each result scored: what scoring and comparing look at."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chrysopedia_assets.errors import ChrysopediaError, ConfigurationError
from chrysopedia_assets.harness.checks import code_scores
from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.harness.side_by_side import side_by_side
from chrysopedia_assets.harness.trying import Tried, is_servers_fault
from chrysopedia_assets.models.records import StageRecord

JudgeRecord = Callable[[Fixture, StageRecord], Sequence[Score]]


@dataclass(frozen=True)
class Sample:
    """One result with its scores, and those of the pages that came of it, where that was asked for.

    `failure` is of the stage, or of the judge: then the code's scores are there. Without any, nothing came of it.
    """

    tried: Tried
    scores: Sequence[Score] = ()
    page_scores: Sequence[Score] = ()
    failure: ChrysopediaError | None = None

    @property
    def made_by(self) -> str | None:
        return self.tried.record.made_by if self.tried.record else None

    @property
    def says_nothing(self) -> bool:
        """Of the prompt: a server failed, or the judge, whose dimensions are then missing."""
        is_judges = self.failure is not None and self.failure is not self.tried.failure
        return is_judges or is_servers_fault(self.failure)


def scored(every: Iterable[Tried], judge: JudgeRecord | None) -> Iterator[Sample]:
    """In the order in which they come. The judge waits for a server: for all samples at the same time.

    Raises ConfigurationError.
    """
    with side_by_side("judge") as threads:
        for one in [threads.submit(_scored, tried, judge) for tried in every]:
            yield one.result()


def _scored(tried: Tried, judge: JudgeRecord | None) -> Sample:
    if tried.record is None:
        return Sample(tried, failure=tried.failure)
    scores, failure = _scores(tried.fixture, tried.record, judge)
    of_pages, later = _scores(tried.fixture, tried.pages, judge) if tried.pages else ([], None)
    return Sample(tried, scores, of_pages, tried.failure or failure or later)


def _scores(
    fixture: Fixture, record: StageRecord, judge: JudgeRecord | None
) -> tuple[list[Score], ChrysopediaError | None]:
    """A judge who fails takes no code score away; a setting that is wrong for all is told once."""
    found = code_scores(fixture, record)
    try:
        return ([*found, *judge(fixture, record)] if judge else found), None
    except ConfigurationError:
        raise
    except ChrysopediaError as failure:
        return found, failure


def values_of(
    samples: Iterable[Sample], of: Callable[[Sample], Sequence[Score]]
) -> dict[str, dict[str, float]]:
    """By input and dimension, the mean over samples; a sample that gave nothing counts as 0 in all dimensions."""
    found: dict[str, list[Sequence[Score]]] = defaultdict(list)
    for sample in samples:
        found[sample.tried.fixture.fixture_id].append(of(sample))
    return {one: _means(of_samples) for one, of_samples in found.items()}


def _means(of_samples: Sequence[Sequence[Score]]) -> dict[str, float]:
    names = {score.dimension for scores in of_samples for score in scores}
    return {
        name: sum(s.value for scores in of_samples for s in scores if s.dimension == name)
        / len(of_samples)
        for name in names
    }
