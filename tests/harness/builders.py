"""Fixtures of a short video, as the embedded engine makes it, without a database."""

from functools import cache

from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.harness.fixtures import (
    FIXTURE_VERSION,
    INPUTS,
    KIND,
    TASK_OF,
    Fixture,
    Records,
)
from chrysopedia_assets.models.prompts import REPLY_VERSIONS
from chrysopedia_assets.models.records import StageName
from tests.builders import all_stages, product_taxonomy, transcript
from tests.library import LINES


@cache
def fixture(stage: StageName = "technique_pages", *more: str) -> Fixture:
    """Of a video that says `LINES`, and `more`."""
    taxonomy = product_taxonomy()
    made = all_stages(transcript(*LINES, *more), taxonomy, ExtractiveEngine(taxonomy))
    records = {
        "transcripts": transcript(*LINES, *more),
        "topic_chunks": made.chunks,
        "key_moments": made.moments,
        "classifications": made.classes,
        "synthesis_groups": made.groups,
        "technique_pages": made.pages,
    }
    return Fixture(
        kind=KIND,
        fixture_version=FIXTURE_VERSION,
        stage=stage,
        reply_version=REPLY_VERSIONS[TASK_OF[stage]],
        prompt_version="0123456789abcdef",
        video=made.pages.video,
        taxonomy=taxonomy,
        input=Records.only({name: records[name] for name in INPUTS[stage]}),
        output=Records.only({stage: records[stage]}),
    )
