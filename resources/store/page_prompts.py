"""With which prompt a task was asked for a video in a run, and in which words, as far as the ledger keeps them.

What belongs here: reading that. What does not: prompts that were installed (`promotions.py`), single calls (`calls.py`).
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from chrysopedia_assets.models.calls import Request
from chrysopedia_assets.models.prompts import Task
from resources.store import tables as t
from resources.store.database import batches
from resources.store.requests import unpacked

_calls, _requests = t.llm_calls.c, t.llm_requests.c


class Asked(NamedTuple):
    """Of one call; `content_key` finds its request."""

    prompt_version: str
    content_key: str


def asked_in_runs(
    connection: Connection, task: Task, run_ids: Collection[str]
) -> dict[tuple[str, str], list[Asked]]:
    """By run and video, the calls that were answered, also from the ledger, in order."""
    query = sa.select(_calls.run_id, _calls.video_id, _calls.prompt_version, _calls.content_key)
    query = query.where(_calls.task == task, _calls.outcome.in_(("ok", "reused")))
    found: dict[tuple[str, str], list[Asked]] = {}
    for some in batches(sorted(run_ids)):
        rows = connection.execute(query.where(_calls.run_id.in_(some)).order_by(_calls.call_id))
        for run_id, video_id, *asked in rows:
            found.setdefault((run_id, video_id), []).append(Asked(*asked))
    return found


def requests_of(connection: Connection, keys: Collection[str]) -> Mapping[str, Request]:
    """By content key, what is still kept."""
    query = sa.select(_requests.content_key, _requests.request)
    return {
        key: unpacked(packed)
        for some in batches(sorted(set(keys)))
        for key, packed in connection.execute(query.where(_requests.content_key.in_(some)))
    }
