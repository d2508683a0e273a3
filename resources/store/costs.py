"""What calls cost, added up by whatever one asks about. All from the ledger; nothing is counted anywhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.estimate import History, Spent
from chrysopedia_assets.inspection.shares import Figures, costs_of_pages
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.prompts import TASKS, Task
from resources.store import tables as t
from resources.store.calls import ALL, Which, paid_by
from resources.store.database import batches
from resources.store.page_costs import figures_of, placed_moments, source_calls

ROUNDED_TO = 9
"""Decimal places: what is smaller is no money, but how computers add."""


class By(StrEnum):
    VIDEO = "video"
    CREATOR = "creator"
    STAGE = "stage"
    RUN = "run"
    PAGE = "page"
    PROMPT = "prompt"
    MODEL = "model"
    OUTCOME = "outcome"
    MONTH = "month"
    CALL = "call"
    REFRESH = "refresh"


_calls = t.llm_calls.c
_GROUPS: dict[By, tuple[sa.ColumnElement[Any], ...]] = {
    By.VIDEO: (_calls.video_id,),
    By.CREATOR: (t.creators.c.name.label("creator"),),
    By.STAGE: (_calls.task,),
    By.RUN: (_calls.run_id, _calls.video_id),
    By.PROMPT: (_calls.task, _calls.prompt_version),
    By.MODEL: (_calls.endpoint, _calls.model),
    By.OUTCOME: (_calls.outcome,),
    By.CALL: (_calls.call_id, _calls.task, _calls.video_id, _calls.subject, _calls.outcome),
}


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _total(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(column), 0)


_SENT = _calls.outcome != "reused"
_OF_STAGES = _calls.task.in_(TASKS)
# What went through a reused reply was paid for, and counted, when it was first given.
_MEASURES: dict[str, sa.ColumnElement[Any]] = {
    "calls": _count(_SENT),
    "reused": _count(_calls.outcome == "reused"),
    "failed": _count(_calls.outcome.notin_(("ok", "reused", "started"))),
    "tokens_in": _total(_calls.tokens_in),
    "tokens_out": _total(_calls.tokens_out),
    "tokens_cached": _total(_calls.tokens_cached),
    "cost_usd": _total(_calls.cost_usd),
    "unpriced": _count(_calls.cost_usd.is_(None)),
    "seconds": _total(_calls.latency_s),
}
_DEAREST = ("cost_usd", "tokens_in", "calls")
_LABELLED = [value.label(name) for name, value in _MEASURES.items()]
_WITH_CREATORS = t.llm_calls.outerjoin(t.videos, t.videos.c.video_id == _calls.video_id).outerjoin(
    t.creators
)


def usage_of(connection: Connection, which: Which = ALL) -> Usage:
    """What these calls have used together."""
    parts = [which]
    if which.run_ids is not None:
        parts = [replace(which, run_ids=run_ids) for run_ids in batches(which.run_ids)]
    found = Usage()
    for part in parts:
        query = sa.select(*_LABELLED).where(*part.conditions)
        found = found.plus(Usage(**connection.execute(query).mappings().one()))
    return found


def usage_by_run(connection: Connection, run_ids: Sequence[str]) -> dict[str, Usage]:
    """What each of these runs has used; those that have asked nothing are not named."""
    query = sa.select(_calls.run_id, *_LABELLED).group_by(_calls.run_id)
    return {
        row.run_id: Usage(**{name: getattr(row, name) for name in _MEASURES})
        for some in batches(run_ids)
        for row in connection.execute(query.where(*Which(run_ids=some).conditions))
    }


def totals(
    connection: Connection, by: By, which: Which = ALL, *, most: int | None = None
) -> list[dict[str, Any]]:
    """One row for each run, video, ..., the dearest first; months the newest first. At most so many, if that is given.

    By page there is `totals_by_page`, by refresh `resources.refreshes`: these raise KeyError.
    """
    of_month = (_period(connection, "month").label("month"),)
    groups = of_month if by is By.MONTH else _GROUPS[by]
    query = sa.select(*groups, *_LABELLED).where(*which.conditions).group_by(*groups)
    if by is By.CREATOR:
        query = query.select_from(_WITH_CREATORS)
    if by is By.CALL and most is not None:  # there are a hundred times as many as of anything else
        query = query.order_by(*(sa.desc(_MEASURES[name]) for name in _DEAREST)).limit(most)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if by is By.MONTH:
        return sorted(rows, key=lambda row: row["month"], reverse=True)[:most]
    return sorted(rows, key=_dearest_first)[:most]


def saved(connection: Connection, which: Which = ALL) -> dict[str, Any]:
    """What the replies that the ledger gave would have cost: as much as the calls did that paid for them."""
    reused = (
        sa.select(paid_by().label("paid"))
        .where(_calls.outcome == "reused", *which.conditions)
        .subquery()
    )
    paid = t.llm_calls.alias("paid_call").c
    query = sa.select(
        sa.func.count().label("replies"),
        sa.func.coalesce(sa.func.sum(paid.tokens_in), 0).label("tokens_in"),
        sa.func.coalesce(sa.func.sum(paid.tokens_out), 0).label("tokens_out"),
        sa.func.coalesce(sa.func.sum(paid.cost_usd), 0.0).label("cost_usd"),
        _count(paid.cost_usd.is_(None)).label("unpriced"),
    ).select_from(reused.outerjoin(paid.call_id.table, paid.call_id == reused.c.paid))
    return dict(connection.execute(query).mappings().one())


def by_day(connection: Connection, since: datetime) -> list[dict[str, Any]]:
    """For each day (2026-11-05, UTC) and task with calls since then: how many were sent, what they cost, how many have no price."""
    day = _period(connection, "day").label("day")
    names = ("calls", "cost_usd", "unpriced")
    measured = [_MEASURES[name].label(name) for name in names]
    query = sa.select(day, _calls.task, *measured).where(*Which(since=since).conditions)
    rows = connection.execute(query.group_by(day, _calls.task).order_by(day, _calls.task))
    return [dict(row) for row in rows.mappings()]


_PERIODS = {"month": ("YYYY-MM", "%Y-%m"), "day": ("YYYY-MM-DD", "%Y-%m-%d")}


def _period(connection: Connection, name: str) -> sa.ColumnElement[str]:
    """When a call was begun, as 2026-11 or 2026-11-05, in UTC."""
    postgresql, sqlite = _PERIODS[name]
    if connection.dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", _calls.started_at), postgresql)
    return sa.func.strftime(sqlite, _calls.started_at)


def _dearest_first(row: Mapping[str, Any]) -> list[float]:
    return [-row[name] for name in _DEAREST]


def totals_by_page(
    connection: Connection, everything: Usage, which: Which = ALL
) -> list[dict[str, Any]]:
    """The dearest first; last, under no name, what no page that stands came from. Together they are everything."""
    calls = source_calls(connection, which.video_id, which.conditions)
    figures = figures_of(connection, (c.call_id for c in calls), _MEASURES, which.conditions)
    counted = [call for call in calls if call.call_id in figures]
    moments = placed_moments(connection, which.video_id)
    found = costs_of_pages(counted, figures, moments, Figures(*astuple(everything)))
    # Nothing is left over as nothing, and not as what adding in another order makes of it.
    rest = Figures(*(round(value, ROUNDED_TO) + 0.0 for value in found.pop(None)))
    rows = [{"page": address} | share._asdict() for address, share in found.items()]
    return [*sorted(rows, key=_dearest_first), {"page": None} | rest._asdict()]


def history(connection: Connection) -> History:
    """What is known of the stages' earlier calls, for saying what others will cost."""
    calls = _calls_of_newest_runs(connection)
    means = sa.select(
        _calls.task,
        _calls.video_id,
        sa.func.avg(_calls.tokens_in),
        sa.func.avg(_calls.tokens_out),
        sa.func.avg(_calls.latency_s),
    ).where(_OF_STAGES, _SENT, _calls.tokens_out.is_not(None))
    spent = {
        (task, video_id): Spent(1, float(tokens_in or 0), float(tokens_out), latency_s).times(
            calls[task, video_id]
        )
        for task, video_id, tokens_in, tokens_out, latency_s in connection.execute(
            means.group_by(_calls.task, _calls.video_id)
        )
        if (task, video_id) in calls
    }
    lengths = sa.select(t.transcripts.c.video_id, t.transcripts.c.duration_s)
    kept = sa.select(_calls.task, _calls.video_id, _calls.prompt_version, _calls.model)
    return History(
        spent,
        {video_id: duration_s / 60 for video_id, duration_s in connection.execute(lengths)},
        {
            (task, video_id, version, model)
            for task, video_id, version, model in connection.execute(
                kept.where(_OF_STAGES, _calls.outcome == "ok", _calls.reply.is_not(None)).distinct()
            )
        },
    )


def _calls_of_newest_runs(connection: Connection) -> dict[tuple[Task, str], int]:
    newest: dict[tuple[Task, str], int] = {}
    whole: set[tuple[Task, str]] = set()
    begun, answered_too = (
        sa.func.count(sa.case((condition, _calls.subject)).distinct())
        for condition in (_calls.tried == 1, _calls.outcome.in_(("ok", "reused")))
    )
    by_run = (
        sa.select(_calls.task, _calls.video_id, begun, answered_too)
        .group_by(_calls.task, _calls.video_id, _calls.run_id)
        .order_by(sa.func.max(_calls.call_id))
    )
    for task, video_id, calls, answers in connection.execute(by_run):
        of = task, video_id
        if answers >= calls:
            whole.add(of)
        elif of in whole:  # it was stopped half-way, which is no measure of a whole one
            continue
        newest[of] = calls
    return newest


def runs_on_record(connection: Connection, video_id: str | None = None) -> set[str]:
    """The ids of all runs that ever made a call, also of those that Dagster has forgotten."""
    query = sa.select(_calls.run_id).where(_calls.run_id.is_not(None)).distinct()
    if video_id is not None:
        query = query.where(_calls.video_id == video_id)
    return set(connection.scalars(query))


def dearest_call(connection: Connection, model: str) -> float | None:
    """In US dollars, of all that the model ever answered; None where it has no price yet."""
    query = sa.select(sa.func.max(_calls.cost_usd)).where(_calls.model == model, _SENT)
    found: float | None = connection.execute(query).scalar_one()
    return found or None
