"""Hours of real speech through every stage: whatever was said, the records keep what they promise."""

import re
import time
from pathlib import Path
from typing import TypeVar, cast

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import STAGES, StageName, StageRecord, Video
from chrysopedia_assets.models.synthesis_groups import (
    MAX_GROUP_MOMENTS,
    MAX_GROUP_TOKENS,
    SynthesisGroups,
)
from chrysopedia_assets.models.technique_pages import TechniquePage, TechniquePages, cited
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.captions.read import read_transcript
from resources.clients.library import look
from resources.database import open_database
from resources.store.records import load
from tests.builders import Everything, all_stages, product_taxonomy
from tests.pipeline.real_data import recordings

TAXONOMY = product_taxonomy()
ENGINE = ExtractiveEngine(TAXONOMY)
EVERY = {"whisper_music": 1, "tinyrec": 1, "pythonbytes": 3, "btc_chapters": 7}
"""All of what is short; of hours of talk every third or seventh file, so that the test stays below a minute."""
RecordT = TypeVar("RecordT", bound=StageRecord)


@pytest.mark.parametrize("collection", EVERY)
def test_real_recordings_become_pages_that_keep_every_promise(
    collection: str, tmp_path: Path
) -> None:
    started = time.perf_counter()
    files = recordings(collection, tmp_path)[:: EVERY[collection]]
    pages = []
    for path in files:
        source = read_transcript(path)
        video = Video(video_id=f"x--{path.stem}", title=source.title or path.stem, creator="X")
        transcript = make_transcript(video, source)
        made = all_stages(transcript, TAXONOMY, ENGINE)
        check(transcript, made)
        pages.append(len(made.pages.pages))
    seconds = time.perf_counter() - started
    print(f"{collection}: {len(files)} files, {sum(pages)} pages, {seconds:.1f} s")  # noqa: T201
    assert sum(count > 0 for count in pages) >= 0.9 * len(files)


def test_real_files_go_in_and_come_out_of_the_asset_graph_as_pages(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    paths = [
        recordings("whisper_music", tmp_path)[-1],
        recordings("tinyrec", tmp_path)[0],
        recordings("btc_chapters", tmp_path)[11],
    ]
    report = ingest(look(paths, creator="X").files, open_database(), instance)
    assert report.refused == ()
    processor = Processor(build_defs(), instance, open_database())
    for entry in report.plan.new:
        video_id = entry.video.video_id
        done = processor.process(video_id, Order("manual"))
        assert (done.failed, done.ran) == (None, STAGES)
        transcript, made = stored(video_id)
        check(transcript, made)
        assert made.pages.pages
        source = read_transcript(Path(entry.source_path))
        assert made == all_stages(make_transcript(entry.video, source), TAXONOMY, ENGINE)
    assert not any(processor.staleness.needed([e.video.video_id for e in report.plan.new]).values())


def stored(video_id: str) -> tuple[Transcript, Everything]:
    with open_database().reading() as connection:

        def record(stage: StageName, kind: type[RecordT]) -> RecordT:
            return cast(RecordT, load(connection, stage, video_id))

        return record("transcripts", Transcript), Everything(
            chunks=record("topic_chunks", TopicChunks),
            moments=record("key_moments", KeyMoments),
            classes=record("classifications", Classifications),
            groups=record("synthesis_groups", SynthesisGroups),
            pages=record("technique_pages", TechniquePages),
        )


def check(transcript: Transcript, made: Everything) -> None:
    check_chunks(transcript, made.chunks)
    for moment in made.moments.moments:
        check_moment(transcript, moment)
    check_classes(made)
    check_groups(made)
    check_pages(made)


def check_chunks(transcript: Transcript, chunks: TopicChunks) -> None:
    covered = [n for c in chunks.chunks for n in range(c.first_segment, c.last_segment + 1)]
    assert covered == list(range(len(transcript.segments)))
    for chunk in chunks.chunks:
        assert 0 <= chunk.start_s <= chunk.end_s <= transcript.duration_s
        assert chunk.label.strip()


def check_moment(transcript: Transcript, moment: KeyMoment) -> None:
    segments = transcript.segments[moment.first_segment : moment.last_segment + 1]
    said = one_line(" ".join(segment.text for segment in segments))
    assert moment.quote in said
    assert said.startswith(moment.transcript)
    assert moment.start_s == segments[0].start_s
    assert moment.end_s == max(segment.end_s for segment in segments)
    assert 0 <= moment.start_s <= moment.end_s <= transcript.duration_s


def check_classes(made: Everything) -> None:
    classes = made.classes.classifications
    assert [c.moment_id for c in classes] == [m.moment_id for m in made.moments.moments]
    for found in classes:
        [category] = [c for c in TAXONOMY.categories if c.key == found.category]
        assert set(found.tags) <= {tag.key for tag in category.tags}


def check_groups(made: Everything) -> None:
    grouped = [m.moment.moment_id for group in made.groups.groups for m in group.moments]
    assert sorted(grouped) == sorted(m.moment_id for m in made.moments.moments)
    for group in made.groups.groups:
        assert len(group.moments) <= MAX_GROUP_MOMENTS
        assert group.tokens <= MAX_GROUP_TOKENS


def check_pages(made: Everything) -> None:
    on_pages = [c.moment_id for page in made.pages.pages for c in page.citations]
    unused = [moment.moment_id for moment in made.pages.unused]
    assert sorted(on_pages + unused) == sorted(m.moment_id for m in made.moments.moments)
    assert all(moment.reason for moment in made.pages.unused)
    for page in made.pages.pages:
        check_page(page, made)


def check_page(page: TechniquePage, made: Everything) -> None:
    moments = {m.moment_id: m for m in made.moments.moments}
    classes = {c.moment_id: c for c in made.classes.classifications}
    own = [c.moment_id for c in page.citations]
    assert {classes[moment_id].category for moment_id in own} == {page.category}
    assert set(page.tags) == {tag for moment_id in own for tag in classes[moment_id].tags}
    assert set(page.plugins) == {name for moment_id in own for name in moments[moment_id].plugins}
    assert cited(page) == set(range(1, len(page.citations) + 1))
    for citation in page.citations:
        moment = moments[citation.moment_id]
        assert (citation.quote, citation.start_s, citation.end_s) == (
            moment.quote,
            moment.start_s,
            moment.end_s,
        )
    assert page.title.strip()
    assert all(re.search(r"\w", section.title) and section.body for section in page.sections)


def one_line(text: str) -> str:
    return " ".join(text.split())
