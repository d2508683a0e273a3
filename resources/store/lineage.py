"""Which results the pages that stand were made from, also where those were made anew since.

What belongs here: finding those results, and the calls of the runs that gave results. What does not: what calls cost
(`page_costs`), dropping what is no source any more (`pruning`).

A page came from the run that wrote it, and from the newest run of each stage above that was stored before that one ran.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from resources.store import tables as t
from resources.store.database import batches

_calls = t.llm_calls.c


class Result(NamedTuple):
    """What a run gave of a stage; `version` is None where it was read from what stands now."""

    video_id: str
    stage: str
    version: int | None
    stored_at: datetime
    run_id: str | None


def standing(connection: Connection, video_id: str | None = None) -> list[Result]:
    """What is stored now, of all videos or of one."""
    return _results(connection, t.stage_outputs, sa.null(), [video_id] if video_id else [])


def behind_pages(connection: Connection, video_id: str | None = None) -> list[Result]:
    """Of every stage, what the pages that stand were made from."""
    by_video = defaultdict(list)
    for result in standing(connection, video_id):
        by_video[result.video_id].append(result)
    with_pages = [v for v, found in by_video.items() if any(r.stage == STAGES[-1] for r in found)]
    remade = [video for video in with_pages if not _in_order(by_video[video])]
    for videos in batches(remade):
        for result in _results(connection, t.stage_versions, t.stage_versions.c.version, videos):
            by_video[result.video_id].append(result)
    return [result for video in with_pages for result in _lineage(by_video[video])]


def calls_of(
    connection: Connection,
    results: Collection[Result],
    columns: Sequence[sa.ColumnElement[Any]],
    when: Sequence[sa.ColumnElement[bool]] = (),
) -> Iterator[Sequence[Any]]:
    """These columns of each call that the runs made, or had answered from the ledger, for these results."""
    runs = {
        (result.run_id, STAGE_DEFS[result.stage].task, result.video_id)  # type: ignore[index]
        for result in results
    }
    query = sa.select(_calls.run_id, _calls.task, _calls.video_id, *columns).where(*when)
    for run_ids in batches(sorted({run_id for run_id, _, _ in runs if run_id is not None})):
        for row in connection.execute(query.where(_calls.run_id.in_(run_ids))):
            if tuple(row[:3]) in runs:
                yield row[3:]


def _results(
    connection: Connection,
    table: sa.Table,
    version: sa.ColumnElement[Any],
    videos: Sequence[str],
) -> list[Result]:
    columns = table.c
    query = sa.select(columns.video_id, columns.stage, version, columns.stored_at, columns.run_id)
    if videos:
        query = query.where(columns.video_id.in_(videos))
    return [Result(*row) for row in connection.execute(query)]


def _in_order(results: Sequence[Result]) -> bool:
    """No stage was stored after one that reads it: then all that stands came from what stands."""
    times: Mapping[str, datetime] = {result.stage: result.stored_at for result in results}
    in_order = [times[stage] for stage in STAGES if stage in times]
    return all(earlier <= later for earlier, later in pairwise(in_order))


def _lineage(results: Sequence[Result]) -> Iterator[Result]:
    """From the pages up. What was stored before is not always known: then the oldest that is."""
    before: datetime | None = None
    for stage in reversed(STAGES):
        stored = sorted(
            (result for result in results if result.stage == stage),
            key=lambda result: (result.stored_at, result.version or 0),
        )
        if not stored:
            continue
        earlier = [one for one in stored if before is None or one.stored_at <= before]
        if earlier:
            before = earlier[-1].stored_at
        yield earlier[-1] if earlier else stored[0]
