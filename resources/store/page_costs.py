"""Which calls the pages that stand came from, and where their moments stood: what `inspection.shares` divides.

A page came from the run that wrote it, and from the newest run of each stage above that was stored before that one ran.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.inspection.shares import Figures, Place, Placed, SourceCall
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from resources.store import tables as t

MAX_IN = 500
_calls = t.llm_calls.c
Stored = tuple[datetime, str | None]
"""When a stage's result was stored, and by which run."""


def source_calls(
    connection: Connection, video_id: str | None, when: Sequence[sa.ColumnElement[bool]]
) -> list[SourceCall]:
    """All calls that standing pages came from. A reply that was used again counts with the call that paid for it."""
    runs = _runs_behind_pages(connection, video_id)
    payer = paid_by(_calls.content_key, _calls.call_id)
    paid = sa.case((_calls.outcome == "reused", payer), else_=_calls.call_id)
    asked = sa.select(
        _calls.run_id, _calls.task, _calls.video_id, _calls.subject, _calls.call_id, paid
    ).where(*when)
    found = []
    for run_ids in _in_batches(sorted({run_id for run_id, _, _ in runs})):
        for run_id, task, video, subject, call_id, paid_id in connection.execute(
            asked.where(_calls.run_id.in_(run_ids))
        ):
            if (run_id, task, video) not in runs:
                continue
            ids = {call_id, paid_id} - {None}
            found += [SourceCall(one, video, task, subject) for one in ids]
    return found


def paid_by(
    content_key: sa.ColumnElement[str], call_id: sa.ColumnElement[int]
) -> sa.ColumnElement[int]:
    """The call that gave the reply which this one used again: the newest sound one before it, else the newest."""
    paid = t.llm_calls.alias("paid")
    answered = (
        sa.select(sa.func.max(paid.c.call_id))
        .where(paid.c.content_key == content_key, paid.c.call_id < call_id)
        .correlate(t.llm_calls)
    )
    return sa.func.coalesce(
        answered.where(paid.c.outcome == "ok").scalar_subquery(),
        answered.where(paid.c.reply.is_not(None)).scalar_subquery(),
    )


def _runs_behind_pages(connection: Connection, video_id: str | None) -> set[tuple[str, str, str]]:
    """(run, task, video) of every stage's result that led to a page."""
    results = _results(connection, t.stage_outputs, [] if video_id is None else [video_id])
    with_pages = {video for video, by_stage in results.items() if STAGES[-1] in by_stage}
    remade = [video for video in with_pages if not _in_order(results[video])]
    for videos in _in_batches(remade):
        for video, by_stage in _results(connection, t.stage_versions, videos).items():
            for stage, stored in by_stage.items():
                results[video].setdefault(stage, []).extend(stored)
    return {
        (run_id, task, video)
        for video in with_pages
        for stage, run_id in _lineage(results[video]).items()
        if run_id is not None and (task := STAGE_DEFS[stage].task)  # type: ignore[index]
    }


def _results(
    connection: Connection, table: sa.Table, videos: Sequence[str]
) -> dict[str, dict[str, list[Stored]]]:
    columns = table.c
    query = sa.select(columns.video_id, columns.stage, columns.stored_at, columns.run_id)
    if videos:
        query = query.where(columns.video_id.in_(videos))
    found: dict[str, dict[str, list[Stored]]] = defaultdict(dict)
    for video, stage, stored_at, run_id in connection.execute(query):
        found[video].setdefault(stage, []).append((stored_at, run_id))
    return found


def _in_order(by_stage: Mapping[str, Sequence[Stored]]) -> bool:
    times = [by_stage[stage][0][0] for stage in STAGES if stage in by_stage]
    return all(earlier <= later for earlier, later in pairwise(times))


def _lineage(by_stage: Mapping[str, Sequence[Stored]]) -> dict[str, str | None]:
    """From the pages up. What was stored before is not always known: then the oldest that is."""
    found: dict[str, str | None] = {}
    before: datetime | None = None
    for stage in reversed(STAGES):
        stored = sorted(by_stage.get(stage, ()), key=lambda result: result[0])
        if not stored:
            continue
        if before is None:
            before, found[stage] = stored[-1]
            continue
        earlier = [result for result in stored if result[0] <= before]
        if earlier:
            before, found[stage] = earlier[-1]
        else:
            found[stage] = stored[0][1]
    return found


def figures_of(
    connection: Connection,
    call_ids: Iterable[int],
    measures: Mapping[str, sa.ColumnElement[Any]],
    when: Sequence[sa.ColumnElement[bool]],
) -> dict[int, Figures]:
    """What each of these calls took, of those that `when` names."""
    query = sa.select(_calls.call_id, *(measures[name].label(name) for name in Figures._fields))
    query = query.where(*when).group_by(_calls.call_id)
    return {
        call_id: Figures(*figures)
        for ids in _in_batches(sorted(set(call_ids)))
        for call_id, *figures in connection.execute(query.where(_calls.call_id.in_(ids)))
    }


def placed_moments(connection: Connection, video_id: str | None) -> dict[str, list[Placed]]:
    """By video, each moment that its pages were written from: on which it is, and where it stood."""
    pages, cited, unused = t.technique_pages.c, t.page_moments.c, t.unused_moments.c
    on_page = sa.select(cited.video_id, cited.moment_id, pages.page_id).join(
        t.technique_pages,
        sa.and_(pages.video_id == cited.video_id, pages.position == cited.page_position),
    )
    left_out = sa.select(unused.video_id, unused.moment_id, sa.null().label("page_id"))
    if video_id is not None:
        on_page = on_page.where(cited.video_id == video_id)
        left_out = left_out.where(unused.video_id == video_id)
    places = _places(connection, video_id)
    found: dict[str, list[Placed]] = defaultdict(list)
    for video, moment_id, page_id in (*connection.execute(on_page), *connection.execute(left_out)):
        found[video].append(Placed(page_id, places.get((video, moment_id))))
    return found


def _places(connection: Connection, video_id: str | None) -> dict[tuple[str, str], Place]:
    moments, members, groups = t.key_moments.c, t.group_moments.c, t.synthesis_groups.c
    query = (
        sa.select(
            moments.video_id,
            moments.moment_id,
            moments.first_segment,
            moments.position,
            groups.group_id,
            members.position + 1,
        )
        .join(
            t.group_moments,
            sa.and_(members.video_id == moments.video_id, members.moment_id == moments.moment_id),
        )
        .join(
            t.synthesis_groups,
            sa.and_(groups.video_id == members.video_id, groups.position == members.group_position),
        )
    )
    if video_id is not None:
        query = query.where(moments.video_id == video_id)
    return {(video, moment): Place(*place) for video, moment, *place in connection.execute(query)}


def _in_batches(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + MAX_IN] for at in range(0, len(values), MAX_IN))
