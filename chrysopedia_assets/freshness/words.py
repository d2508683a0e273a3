"""Causes in the words of a curator: the same in the terminal, in Dagster and on reports. Plain text, nothing escaped."""

from datetime import UTC, datetime

from chrysopedia_assets.freshness.verdicts import Cause, CauseKind, Root, Source

_CLAUSES: dict[CauseKind, str] = {
    "missing": "{subject} was never made",
    "lost": "the stored {subject} are not those that were made{changed}",
    "code": "the code of {subject} is another{changed}",
    "dependency": "{subject} was not read yet",
    "input": "{subject} gave another result{changed}",
    "file": "its file is another{changed}",
    "prompt": "{subject} was edited{changed}",
    "settings": "{subject}: another engine or model answers{changed}",
    "taxonomy": "the taxonomy was edited{changed}",
}


def told(cause: Cause) -> str:
    """What happened, in one clause."""
    if cause.kind == "dependency" and cause.old is not None:
        return f"{cause.subject} is no longer read"
    changed = ""
    if cause.old is not None or cause.new is not None:
        changed = f" ({cause.old or 'nothing'} -> {cause.new or 'nothing'})"
    return _CLAUSES[cause.kind].format(subject=cause.subject, changed=changed)


def told_root(root: Root) -> str:
    """The cause, and where it takes effect if that is not said already."""
    clause = told(root.cause)
    return clause if root.cause.subject == root.stage else f"{clause}, at {root.stage}"


def since(source: Source | None) -> str:
    """When the present version was first seen, in UTC; empty where nobody knows."""
    if source is None or source.since_s is None:
        return ""
    return datetime.fromtimestamp(source.since_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
