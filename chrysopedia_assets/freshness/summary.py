"""The pages of the whole library at one glance: how many are out of date, by cause, and of which a result is due.

What belongs here: counting verdicts on pages. What does not: words (`words.py`), Dagster, where results are kept.
"""

from collections.abc import Mapping
from typing import NamedTuple, get_args

from chrysopedia_assets.freshness.plan import ByStage, count_by_cause
from chrysopedia_assets.freshness.verdicts import Root, Verdict, Verdicts, Word
from chrysopedia_assets.freshness.words import page_in_words
from chrysopedia_assets.models.records import StageName
from chrysopedia_assets.models.technique_pages import as_markdown

PAGES: StageName = "technique_pages"
CHECK = "pages_are_fresh"
"""The check on them, which tells all this in the web UI."""
JUDGEMENT = "pages_read_well"
"""The check on them that a model answers: the one that costs money, and never a stage's own."""
PASSED_ON: tuple[Word, ...] = ("override", "accepted")
"""What is said of a page when it holds for any stage above it."""


class Reported(NamedTuple):
    """What was last told of a video's page: whether it passed, the materialization that was judged, and the words."""

    passed: bool
    event_id: int | None
    words: str


def pages(found: Verdicts) -> dict[str, Verdict]:
    """By video, the verdict on its pages through all stages."""
    return {video_id: page(by_stage) for video_id, by_stage in found.items()}


def stale_pages(found: Verdicts) -> dict[str, Verdict]:
    """Of `pages`, those that would come out different now."""
    return {video_id: page for video_id, page in pages(found).items() if page.word == "stale"}


def page(by_stage: ByStage) -> Verdict:
    """A page that would be fresh is as its stages are: made with an override, or fresh by what was accepted."""
    verdict = by_stage[PAGES]
    words = {stage.word for stage in by_stage.values()}
    for word in PASSED_ON:
        if verdict.word == "fresh" and word in words:
            return verdict._replace(word=word)
    return verdict


def passes(page: Verdict) -> bool:
    """An override and what was accepted as equal are as somebody wants them."""
    return page.word not in ("stale", "missing")


def count_words(found: Verdicts) -> dict[Word, int]:
    """How many pages there are of each verdict, zeros included."""
    counts: dict[Word, int] = dict.fromkeys(get_args(Word), 0)
    for page in pages(found).values():
        counts[page.word] += 1
    return counts


def stale_by_cause(found: Verdicts) -> dict[Root, int]:
    """How many stale pages each cause has made so, the most first."""
    return count_by_cause(
        (video_id, for_all(root))
        for video_id, page in pages(found).items()
        if page.word == "stale"
        for root in page.roots
    )


def for_all(root: Root) -> Root:
    """The cause as many videos may share it: versions of a result or a file are each video's own."""
    if root.cause.kind in ("input", "file", "lost"):
        return root._replace(cause=root.cause._replace(old=None, new=None))
    return root


def due(found: Verdicts, reported: Mapping[str, Reported]) -> dict[str, Verdict]:
    """The pages of which a result is to be reported: the verdict or its causes are others, or the page is newer.

    A page that was never made has no result; one that is gone fails, if it is still said to pass.
    """
    wanted = {}
    for video_id, page in pages(found).items():
        known = reported.get(video_id)
        if page.made is None:
            if known is not None and known.passed:
                wanted[video_id] = page
        elif known != result(page):
            wanted[video_id] = page
    return wanted


def result(page: Verdict) -> Reported:
    """What is to be told of it now; the words are Markdown."""
    event_id = page.made.event_id if page.made else None
    return Reported(passes(page), event_id, as_markdown(page_in_words(page)))
