"""What calls cost, added up by whatever one asks about. All from the ledger; nothing is counted anywhere else."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.freshness.estimate import History, Spent
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.prompts import TASKS, Task
from resources.store import tables as t

MAX_IN = 500


class By(StrEnum):
    VIDEO = "video"
    STAGE = "stage"
    RUN = "run"
    PROMPT = "prompt"
    MODEL = "model"
    OUTCOME = "outcome"
    PAGE = "page"


_calls = t.llm_calls.c
_GROUPS: dict[By, tuple[sa.Column[Any], ...]] = {
    By.VIDEO: (_calls.video_id,),
    By.STAGE: (_calls.task,),
    By.RUN: (_calls.run_id,),
    By.PROMPT: (_calls.task, _calls.prompt_version),
    By.MODEL: (_calls.endpoint, _calls.model),
    By.OUTCOME: (_calls.outcome,),
}


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _total(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(column), 0)


_SENT = _calls.outcome != "reused"
_OF_STAGES = _calls.task.in_(TASKS)
# What went through a reused reply was paid for, and counted, when it was first given.
_MEASURES = {
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


def usage_of(connection: Connection, run_id: str, task: str, video_id: str) -> Usage:
    """What one stage of one run has used so far."""
    return _usage(
        connection, _calls.run_id == run_id, _calls.task == task, _calls.video_id == video_id
    )


def of_prompt(
    connection: Connection, task: str, prompt_version: str, model: str, video_ids: Collection[str]
) -> Usage:
    """What one version of a prompt has used on some videos with one model, in all tries so far."""
    return _usage(
        connection,
        _calls.task == task,
        _calls.prompt_version == prompt_version,
        _calls.model == model,
        _calls.video_id.in_(video_ids),
    )


def _usage(connection: Connection, *which: sa.ColumnElement[bool]) -> Usage:
    measures = [value.label(name) for name, value in _MEASURES.items()]
    query = sa.select(*measures, sa.func.max(_calls.prompt_version).label("prompt_version"))
    return Usage(**connection.execute(query.where(*which)).mappings().one())


def totals(connection: Connection, by: By, video_id: str | None = None) -> list[dict[str, Any]]:
    """One row for each run, video, ..., the dearest first."""
    if by is By.PAGE:
        return _by_page(connection, video_id)
    measures = [value.label(name) for name, value in _MEASURES.items()]
    groups = _GROUPS[by]
    query = sa.select(*groups, *measures).group_by(*groups)
    if video_id is not None:
        query = query.where(_calls.video_id == video_id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return sorted(rows, key=lambda row: (-row["cost_usd"], -row["tokens_in"], -row["calls"]))


def _by_page(connection: Connection, video_id: str | None) -> list[dict[str, Any]]:
    """The synthesis calls of the group that a page is written from, in equal parts to the group's pages."""
    pages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for page in connection.execute(_pages_of_groups(video_id)):
        pages[page.video_id, page.group_id].add(page.page_id)
    query = sa.select(_calls.video_id, _calls.subject, *(v.label(k) for k, v in _MEASURES.items()))
    query = query.where(_calls.task == "synthesis").group_by(_calls.video_id, _calls.subject)
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query).mappings():
        group_id = row["subject"].removeprefix("group ").split(" ")[0]
        written = pages.get((row["video_id"], group_id), set())
        for page_id in written:
            sums = found.setdefault(page_id, {"page": page_id} | dict.fromkeys(_MEASURES, 0.0))
            for name in _MEASURES:
                sums[name] += row[name] / len(written)
    return sorted(found.values(), key=lambda row: (-row["cost_usd"], row["page"]))


def _pages_of_groups(video_id: str | None) -> sa.Select[Any]:
    pages, cited, members, groups = (
        t.technique_pages.c, t.page_moments.c, t.group_moments.c, t.synthesis_groups.c
    )  # fmt: skip
    query = (
        sa.select(pages.video_id, pages.page_id, groups.group_id)
        .join(
            t.page_moments,
            sa.and_(cited.video_id == pages.video_id, cited.page_position == pages.position),
        )
        .join(
            t.group_moments,
            sa.and_(members.video_id == cited.video_id, members.moment_id == cited.moment_id),
        )
        .join(
            t.synthesis_groups,
            sa.and_(groups.video_id == members.video_id, groups.position == members.group_position),
        )
        .distinct()
    )
    return query if video_id is None else query.where(pages.video_id == video_id)


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
                kept.where(_OF_STAGES, _calls.outcome == "ok").distinct()
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


def usage_of_runs(connection: Connection, run_ids: Sequence[str]) -> Usage:
    """What these runs have used together."""
    measures = [value.label(name) for name, value in _MEASURES.items()]
    found = [
        connection.execute(
            sa.select(*measures).where(_calls.run_id.in_(run_ids[at : at + MAX_IN]))
        ).mappings().one()
        for at in range(0, len(run_ids), MAX_IN)
    ]  # fmt: skip
    return Usage(**{name: sum(row[name] for row in found) for name in _MEASURES})


def usage_without_run(connection: Connection, video_id: str | None = None) -> Usage:
    """What calls have used that no run made: try-outs, comparisons, checks of a server."""
    of_video = [] if video_id is None else [_calls.video_id == video_id]
    return _usage(connection, _calls.run_id.is_(None), *of_video)


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
