"""A stage's result as lines that people read and compare: the same content gives the same lines."""

from collections.abc import Iterator

from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.key_moments import KeyMoments
from chrysopedia_assets.models.records import StageRecord
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.site.pages import page_markdown


def readable(record: StageRecord) -> list[str]:
    """Without who made it: that is told beside it."""
    return [line for block in _blocks(record) for line in (*block.splitlines(), "")]


def _blocks(record: StageRecord) -> Iterator[str]:
    match record:
        case TopicChunks():
            for chunk in record.chunks:
                span = f"segments {chunk.first_segment} to {chunk.last_segment}"
                yield f"{clock(chunk.start_s)}-{clock(chunk.end_s)} {chunk.label} ({span})\n{chunk.reason}\n{chunk.summary}"
        case KeyMoments():
            for moment in record.moments:
                plugins = f"\nPlugins: {', '.join(moment.plugins)}" if moment.plugins else ""
                yield (
                    f"{clock(moment.start_s)}-{clock(moment.end_s)} {moment.title} [{moment.kind}]\n"
                    f"{moment.summary}\n“{moment.quote}”{plugins}"
                )
        case Classifications():
            for one in record.classifications:
                yield f"{one.moment_id}: {one.category} ({', '.join(one.tags) or 'no tags'})\n{one.evidence}"
        case TechniquePages():
            for page in record.pages:
                yield page_markdown(page, record.video, "").rsplit("\n\n", 1)[0]
            for left in record.unused:
                yield f"Left out: {clock(left.start_s)} {left.title}: {left.reason}"
        case _:
            raise AssertionError(f"no stage with a prompt gives {type(record).__name__}")
