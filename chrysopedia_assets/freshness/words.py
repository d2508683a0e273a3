"""Why something is out of date, in words a curator understands: plain text, to be escaped by whoever shows it.

What belongs here: sentences and times. What does not: counting, Markdown, Dagster.
"""

import re
from datetime import UTC, datetime

from chrysopedia_assets.freshness.verdicts import NEVER_OBSERVED, Cause, Root, Verdict
from chrysopedia_assets.models.stage_defs import NOT_HEARD, TAXONOMY

HASH = re.compile(r"[0-9a-f]{16,}")
HASH_DIGITS = 8
SAID_CAUSES = 5
"""In one sentence; a page may have a cause at each stage."""


def version(text: str | None) -> str:
    """As short as it can still be told from others; what nobody recorded is said to be so."""
    if text is None or text == NEVER_OBSERVED:
        return "none on record"
    return text[:HASH_DIGITS] if HASH.fullmatch(text) else text


def when(seconds: float | None) -> str:
    """Of seconds since 1970, empty where they are not known."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def what(root: Root) -> str:
    """What happened, without versions and times."""
    stage, cause = root
    return {
        "missing": f"{stage} was never made",
        "lost": f"what is stored of {stage} is not what was made last",
        "code": f"{stage} was made by other code",
        "dependency": _dependency(root),
        "input": f"{cause.subject} came out different after {stage} was made from it",
        "file": "the video's file, title or creator has changed",
        "recogniser": _recogniser(cause),
        "prompt": f"{cause.subject} was edited",
        "settings": f"{_task(cause)} is answered by another engine, model or setting",
        "taxonomy": _taxonomy(root),
    }[cause.kind]


def why(root: Root, since_s: float | None = None) -> str:
    """What happened, from which version to which, and since when."""
    told = what(root)
    if root.cause.old is not None and root.cause.new is not None:
        told += f" ({version(root.cause.old)} → {version(root.cause.new)})"
    return f"{told}, since {when(since_s)}" if since_s else told


def page_in_words(page: Verdict) -> str:
    """What the check says of one video's page, in one sentence.

    Nothing in it changes while the verdict and its causes are the same: so it holds for as long as it stands there,
    also when a prompt is edited once more.
    """
    told = [_made_with(root) for root in page.roots if root.cause.kind != "missing"]
    if len(told) > SAID_CAUSES:
        told[SAID_CAUSES:] = [f"and {len(told) - SAID_CAUSES} more"]
    words = ": ".join(filter(None, (state(page), "; ".join(told))))
    return f"{words[0].upper()}{words[1:]}."


def _made_with(root: Root) -> str:
    old = root.cause.old
    return f"{what(root)} (made with {version(old)})" if old is not None else what(root)


def state(verdict: Verdict) -> str:
    """The verdict's word, and what it means for the page."""
    return {
        "fresh": "up to date",
        "stale": "out of date",
        "missing": "never made",
        "override": "made with a prompt given for this video alone",
        "accepted": "up to date: what has changed was accepted as equal",
    }[verdict.word]


def _dependency(root: Root) -> str:
    stage, cause = root
    if cause.old is None:
        return f"{stage} reads {cause.subject} now, and did not when it was made"
    return f"{stage} no longer reads {cause.subject}"


def _recogniser(cause: Cause) -> str:
    if cause.new == NOT_HEARD:
        return "the video has a transcript file, which counts more than what was heard"
    if cause.old == NOT_HEARD:
        return "the video has no transcript file any more, and is transcribed"
    return "the video is transcribed by another model or setting"


def _taxonomy(root: Root) -> str:
    if root.cause.subject == TAXONOMY:
        return "the taxonomy was edited"
    return f"the taxonomy was edited, which the embedded engine reads for {_task(root.cause)}"


def _task(cause: Cause) -> str:
    return cause.subject.removesuffix("_settings")
