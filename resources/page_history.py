"""Gathers the history of a page: its versions, what changed in each, and the prompt that each was written with.

What belongs here: bringing together what database, event log and prompt folder know. What does not: what can be said of it
(`inspection/page_history.py`).

Which prompt it was is known from the calls of its run, or else from what Dagster recorded that the run read. Its texts are
those that were installed as that version, or are now; or the request of a call, until it is pruned.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from sqlalchemy.engine import Connection

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.inspection.page_changes import told_changes
from chrysopedia_assets.inspection.page_history import Edition, PageHistory, PromptUsed
from chrysopedia_assets.models.calls import Request
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.stage_defs import STAGE_OF, prompt_source
from chrysopedia_assets.models.technique_pages import TechniquePage
from resources.clients.prompt_folders import read_files
from resources.llm import prompt
from resources.settings import llm_settings, settings
from resources.store.addresses import PageVersion, redirects, versions_of
from resources.store.dagster_events import read_in_runs
from resources.store.dagster_tables import Connect
from resources.store.page_prompts import Asked, asked_in_runs, requests_of
from resources.store.promotions import list_promotions
from resources.store.videos import list_videos

TASK: Task = "synthesis"
SHOWN = ("system.md", "user.md", "prompt.toml", "voice.toml")
"""Of a prompt's folder. What the prompt is tried with is no part of it."""
NO_RUN = "(no run)"
"""No run's id. The empty string is: of what was reported to Dagster by hand."""

Files = Mapping[str, str]
OnRecord = Mapping[str, Files]
"""By version, the files of every prompt that is or was installed."""


def prompts_on_record(connection: Connection) -> OnRecord:
    """The same for all pages: one reading does for all of their histories."""
    promoted = {
        entry.prompt_version: _shown(entry.files)
        for entry in list_promotions(connection, TASK)
        if entry.prompt_version is not None
    }
    try:
        return promoted | {
            prompt(TASK, llm_settings()).version: _shown(read_files(settings().prompts_dir / TASK))
        }
    except ConfigurationError:  # what is installed cannot be read: told where it is asked for
        return promoted


def page_history(
    connection: Connection, events: Connect, address: str, on_record: OnRecord
) -> PageHistory | None:
    """None for what never was an address. `events` is Dagster's event log."""
    versions = versions_of(connection, address)
    if not versions:
        return None
    video_id = versions[0].video_id
    [entry] = list_videos(connection, [video_id])
    gone = [one for one in redirects(connection, [video_id]) if one.address == address]
    return PageHistory(
        address=address,
        video=entry.video,
        editions=tuple(_editions(versions, _prompts(connection, events, versions, on_record))),
        stands=not gone,
        leads_to=gone[0].to_address if gone else None,
    )


def _shown(files: Mapping[str, bytes]) -> Files:
    return {name: files[name].decode(errors="replace") for name in SHOWN if name in files}


def _editions(versions: Sequence[PageVersion], prompts: Sequence[PromptUsed]) -> Iterator[Edition]:
    before: TechniquePage | None = None
    for one, used in zip(versions, prompts, strict=True):
        changed = tuple(told_changes(before, one.page)) if before else ()
        yield Edition(one.version, one.page, one.made_by, one.stored_at, one.run_id, used, changed)
        before = one.page


def _prompts(
    connection: Connection, events: Connect, versions: Sequence[PageVersion], on_record: OnRecord
) -> list[PromptUsed]:
    """With what was asked where one of several prompts is not on record."""
    run_ids = {one.run_id for one in versions if one.run_id is not None}
    made = [(NO_RUN if one.run_id is None else one.run_id, one.video_id) for one in versions]
    asked = asked_in_runs(connection, TASK, run_ids)
    read = read_in_runs(events, STAGE_OF[TASK], prompt_source(TASK), run_ids)
    known = [_version(asked.get(by), read.get(by)) for by in made]
    lacking = len(set(known)) > 1 and not on_record.keys() >= set(known)
    keys = {call.content_key for call in chain.from_iterable(asked.values())} if lacking else set()
    requests = requests_of(connection, keys)
    return [
        PromptUsed(
            version=version,
            read=by in asked,
            files=on_record.get(version or "", {}),
            asked=_said(
                one.page,
                [requests[c.content_key] for c in asked.get(by, ()) if c.content_key in requests],
            ),
        )
        for one, by, version in zip(versions, made, known, strict=True)
    ]


def _version(asked: Sequence[Asked] | None, read: str | None) -> str | None:
    return asked[-1].prompt_version if asked else read


def _said(page: TechniquePage, requests: Sequence[Request]) -> Mapping[str, str]:
    """What the call was sent that the page came from: of those of a run, the one that has most of its passages."""

    def passages(request: Request) -> int:
        sent = "\n".join(message.content for message in request.messages)
        return sum(citation.quote in sent for citation in page.citations)

    said: dict[str, str] = {}
    for message in max(requests, key=passages).messages if requests else ():
        if message.role != "assistant":
            said.setdefault(message.role, message.content)
    return said
