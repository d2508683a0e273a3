"""What code can tell of a stage's result, without asking anybody: the same scores for the same result.

What belongs here: which checks a result gets, how they become scores. What does not: the checks themselves
(`page_checks` for pages, `stage_checks` for the stages above them), what only a reader can judge (`judging`).
"""

from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.harness.page_checks import page_scores
from chrysopedia_assets.harness.scores import Score
from chrysopedia_assets.harness.stage_checks import chunk_scores, class_scores, moment_scores
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunks


def code_scores(fixture: Fixture, record: StageRecord) -> list[Score]:
    """Of what the fixture's stage gave, or of the pages that came of it in the end. Always the same dimensions."""
    match record:
        case TechniquePages():
            return page_scores(fixture, record)
        case TopicChunks():
            return chunk_scores(fixture, record)
        case KeyMoments():
            return moment_scores(fixture, record)
        case Classifications():
            return class_scores(fixture, record)
    raise AssertionError(f"no stage with a prompt gives {type(record).__name__}")
