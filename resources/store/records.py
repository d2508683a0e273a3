"""Stage records in and out of their tables: one transaction to store, equal content when loaded again.

`save` replaces what the stage had stored for the video. What it gave is also kept as a version where it changed: of the
stage (`stage_versions.py`), and of each page at its address (`addresses.py`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.errors import RecordMissing
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.records import Record, StageName, StageRecord, content_version
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.transcripts import Segment, Transcript
from resources.store import tables as t
from resources.store.addresses import place_pages
from resources.store.stage_versions import KEPT, keep_version

RECORDS: Mapping[StageName, type[StageRecord]] = {
    "transcripts": Transcript,
    **KEPT,
}
Row = dict[str, Any]
BATCH_ROWS = 500
STREAM = {"yield_per": BATCH_ROWS}


def save(connection: Connection, stage: StageName, record: StageRecord, run_id: str | None) -> None:
    """Replace the stage's output for the record's video, inside the caller's transaction."""
    if not isinstance(record, RECORDS[stage]):
        raise TypeError(f"{stage} stores {RECORDS[stage].__name__}, not {type(record).__name__}")
    video_id = record.video.video_id
    stored_at = datetime.now(UTC)
    output = _output_row(stage, record, run_id, stored_at)
    rows: dict[sa.Table, Iterable[Row]] = {t.stage_outputs: [output]}
    rows |= _TO_ROWS[stage](record)
    if isinstance(record, TechniquePages):
        addresses = place_pages(connection, record, run_id, stored_at)
        rows[t.technique_pages] = _addressed(rows[t.technique_pages], addresses)
    for table in rows:
        old = sa.delete(table).where(table.c.video_id == video_id)
        if table is t.stage_outputs:
            old = old.where(t.stage_outputs.c.stage == stage)
        connection.execute(old)
    for table, new in rows.items():
        numbered = ({"video_id": video_id} | row for row in new)
        while batch := list(islice(numbered, BATCH_ROWS)):
            connection.execute(sa.insert(table), batch)
    if stage in KEPT:
        keep_version(connection, stage, record, output["data_version"], run_id, stored_at)


def load(connection: Connection, stage: StageName, video_id: str) -> StageRecord:
    """The stage's stored output for a video. Raises RecordMissing."""
    output = (
        connection.execute(
            sa.select(t.stage_outputs).where(
                t.stage_outputs.c.video_id == video_id, t.stage_outputs.c.stage == stage
            )
        )
        .mappings()
        .one_or_none()
    )
    if output is None:
        raise RecordMissing(
            f"no {stage} are stored",
            where=video_id,
            cure=f"Run `{stage}` for this video first: chrysopedia process {video_id}",
        )
    header = {
        "video": {key: output[key] for key in ("video_id", "title", "creator", "url")},
        "made_by": output["made_by"],
    }
    return RECORDS[stage].model_validate(header | _FROM_ROWS[stage](connection, video_id))


def stored_versions(
    connection: Connection, video_ids: Collection[str] | None = None
) -> dict[tuple[str, str], str]:
    """The data version of what is stored, by video and stage; of all videos, or of those named."""
    outputs = t.stage_outputs.c
    query = sa.select(outputs.video_id, outputs.stage, outputs.data_version)
    if video_ids is not None and len(video_ids) <= BATCH_ROWS:
        query = query.where(outputs.video_id.in_(video_ids))
    return {(video_id, stage): version for video_id, stage, version in connection.execute(query)}


def doubts_of(connection: Connection, video_id: str) -> tuple[Doubt, ...]:
    """Of a video's transcript as it is stored; none where there is none."""
    found = connection.scalar(
        sa.select(t.transcripts.c.doubts).where(t.transcripts.c.video_id == video_id)
    )
    return tuple(Doubt.model_validate(doubt) for doubt in found or ())


def made_by(connection: Connection, stage: StageName) -> dict[str, str]:
    """By video, the engine or models that made what is stored of a stage."""
    outputs = t.stage_outputs.c
    rows = connection.execute(
        sa.select(outputs.video_id, outputs.made_by).where(outputs.stage == stage)
    )
    return {video_id: maker for video_id, maker in rows}


def results_by_run(connection: Connection, video_id: str | None = None) -> dict[str | None, int]:
    """How many stored stages each run has made; None is what was imported."""
    outputs = t.stage_outputs.c
    query = sa.select(outputs.run_id, sa.func.count()).group_by(outputs.run_id)
    if video_id is not None:
        query = query.where(outputs.video_id == video_id)
    return {run_id: count for run_id, count in connection.execute(query)}


def _output_row(
    stage: StageName, record: StageRecord, run_id: str | None, stored_at: datetime
) -> Row:
    return {
        "stage": stage,
        "title": record.video.title,
        "creator": record.video.creator,
        "url": record.video.url,
        "made_by": record.made_by,
        "data_version": content_version(record),
        "run_id": run_id,
        "stored_at": stored_at,
    }


def _numbered(items: Sequence[Record], *, without: set[str] | None = None) -> Iterator[Row]:
    """Rows as they are needed: a long transcript is never in memory twice."""
    for position, item in enumerate(items):
        yield {"position": position} | item.model_dump(mode="json", exclude=without)


def _transcript_rows(record: Any) -> dict[sa.Table, Iterable[Row]]:
    header = record.model_dump(mode="json", include={"language", "duration_s", "repairs"})
    for name in ("doubts", "minutes"):
        header[name] = [one.model_dump(mode="json") for one in getattr(record, name)]
    return {t.transcripts: [header], t.segments: _segment_rows(record.segments)}


def _segment_rows(segments: Sequence[Segment]) -> Iterator[Row]:
    """Field by field: the words go into JSON as they are, without a dict for each."""
    for position, s in enumerate(segments):
        yield {
            "position": position,
            "start_s": s.start_s,
            "end_s": s.end_s,
            "text": s.text,
            "words": s.words,
        }


def _group_rows(record: Any) -> dict[sa.Table, Iterable[Row]]:
    members = [
        {
            "group_position": group_position,
            "position": position,
            "moment_id": member.moment.moment_id,
            "tags": list(member.tags),
            "moment": member.moment.model_dump(mode="json"),
        }
        for group_position, group in enumerate(record.groups)
        for position, member in enumerate(group.moments)
    ]
    return {
        t.synthesis_groups: _numbered(record.groups, without={"moments"}),
        t.group_moments: members,
    }


def _page_rows(record: Any) -> dict[sa.Table, Iterable[Row]]:
    citations = [
        {"page_position": page_position} | citation.model_dump(mode="json")
        for page_position, page in enumerate(record.pages)
        for citation in page.citations
    ]
    return {
        t.technique_pages: _numbered(record.pages, without={"citations"}),
        t.page_moments: citations,
        t.unused_moments: _numbered(record.unused),
    }


def _addressed(pages: Iterable[Row], addresses: Mapping[str, str]) -> Iterator[Row]:
    return (page | {"address": addresses[page["page_id"]]} for page in pages)


_TO_ROWS: Mapping[StageName, Callable[[Any], dict[sa.Table, Iterable[Row]]]] = {
    "transcripts": _transcript_rows,
    "topic_chunks": lambda record: {t.topic_chunks: _numbered(record.chunks)},
    "key_moments": lambda record: {t.key_moments: _numbered(record.moments)},
    "classifications": lambda record: {t.classifications: _numbered(record.classifications)},
    "synthesis_groups": _group_rows,
    "technique_pages": _page_rows,
}


def _rows(connection: Connection, table: sa.Table, video_id: str, *without: str) -> Iterator[Row]:
    """The video's rows in order, as a record's fields: no `video_id`, no positions."""
    order = [column for column in table.primary_key.columns if column.name != "video_id"]
    left_out = {"video_id", "position", *without}
    kept = [column for column in table.columns if column.name not in left_out]
    query = sa.select(*kept).where(table.c.video_id == video_id).order_by(*order)
    for row in connection.execute(query, execution_options=STREAM).mappings():
        yield dict(row)


def _transcript_fields(connection: Connection, video_id: str) -> Row:
    [header] = _rows(connection, t.transcripts, video_id)
    segments = tuple(Segment.model_validate(row) for row in _rows(connection, t.segments, video_id))
    return header | {"segments": segments}


def _group_fields(connection: Connection, video_id: str) -> Row:
    groups = list(_rows(connection, t.synthesis_groups, video_id))
    for group in groups:
        group["moments"] = []
    for member in _rows(connection, t.group_moments, video_id, "moment_id"):
        groups[member.pop("group_position")]["moments"].append(member)
    return {"groups": groups}


def _page_fields(connection: Connection, video_id: str) -> Row:
    pages = list(_rows(connection, t.technique_pages, video_id, "address"))
    for page in pages:
        page["citations"] = []
    for citation in _rows(connection, t.page_moments, video_id):
        pages[citation.pop("page_position")]["citations"].append(citation)
    return {"pages": pages, "unused": list(_rows(connection, t.unused_moments, video_id))}


_FROM_ROWS: Mapping[StageName, Callable[[Connection, str], Row]] = {
    "transcripts": _transcript_fields,
    "topic_chunks": lambda c, video_id: {"chunks": list(_rows(c, t.topic_chunks, video_id))},
    "key_moments": lambda c, video_id: {"moments": list(_rows(c, t.key_moments, video_id))},
    "classifications": lambda c, video_id: {
        "classifications": list(_rows(c, t.classifications, video_id))
    },
    "synthesis_groups": _group_fields,
    "technique_pages": _page_fields,
}
