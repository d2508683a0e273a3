"""Which calls the pages that stand came from, and where their moments stood: what `inspection.shares` divides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.inspection.shares import Figures, Place, Placed, SourceCall
from resources.store import tables as t
from resources.store.calls import paid_by
from resources.store.database import batches
from resources.store.lineage import behind_pages, calls_of

_calls = t.llm_calls.c


def source_calls(
    connection: Connection, video_id: str | None, when: Sequence[sa.ColumnElement[bool]]
) -> list[SourceCall]:
    """All calls that standing pages came from. A reply that was used again counts with the call that paid for it."""
    paid = sa.case((_calls.outcome == "reused", paid_by()), else_=_calls.call_id)
    shown = (_calls.task, _calls.video_id, _calls.subject, _calls.call_id, paid)
    return [
        SourceCall(one, video, task, subject)
        for task, video, subject, call_id, paid_id in calls_of(
            connection, behind_pages(connection, video_id), shown, when
        )
        for one in {call_id, paid_id} - {None}
    ]


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
        for ids in batches(sorted(set(call_ids)))
        for call_id, *figures in connection.execute(query.where(_calls.call_id.in_(ids)))
    }


def placed_moments(connection: Connection, video_id: str | None) -> dict[str, list[Placed]]:
    """By video, each moment that its pages were written from: on which it is, and where it stood."""
    pages, cited, unused = t.technique_pages.c, t.page_moments.c, t.unused_moments.c
    on_page = sa.select(cited.video_id, cited.moment_id, pages.address).join(
        t.technique_pages,
        sa.and_(pages.video_id == cited.video_id, pages.position == cited.page_position),
    )
    left_out = sa.select(unused.video_id, unused.moment_id, sa.null().label("address"))
    if video_id is not None:
        on_page = on_page.where(cited.video_id == video_id)
        left_out = left_out.where(unused.video_id == video_id)
    places = _places(connection, video_id)
    found: dict[str, list[Placed]] = defaultdict(list)
    for video, moment_id, address in (*connection.execute(on_page), *connection.execute(left_out)):
        found[video].append(Placed(address, places.get((video, moment_id))))
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
