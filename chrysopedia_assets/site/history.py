"""The history of a page as readers see it, and what stands where a page was.

What belongs here: what stands on these two kinds of file. What does not: what changed (`inspection/page_history.py`), and
which addresses there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chrysopedia_assets.inspection.page_history import (
    Edition,
    PageHistory,
    PromptChange,
    prompt_change,
)
from chrysopedia_assets.inspection.text_changes import Line, changes, with_context
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import Moved
from chrysopedia_assets.site.layout import page_of_site
from chrysopedia_assets.site.pages import page_text


@dataclass(frozen=True)
class _Change:
    """An edition beside the one before it; None among `lines` is what stays the same and is left out."""

    edition: Edition
    lines: tuple[Line | None, ...]
    prompt: PromptChange | None


def history_html(history: PageHistory, creator_key: str) -> str:
    """The text of `links.history(history.address)`."""
    return page_of_site(
        "history.html",
        links.history(history.address),
        history=history,
        title=history.editions[-1].page.title,
        video=history.video,
        creator_key=creator_key,
        editions=list(_changes(history))[::-1],
        in_context=with_context,
    )


def moved_html(moved: Moved) -> str:
    """The text of `links.page(moved.address)`: it leads on without a click, and says so to whoever does not want that."""
    return page_of_site("moved.html", links.page(moved.address), moved=moved)


def _changes(history: PageHistory) -> Iterator[_Change]:
    before: Edition | None = None
    for edition in history.editions:
        if before is None:
            yield _Change(edition, (), None)
        else:
            lines = changes(page_text(before.page), page_text(edition.page))
            yield _Change(edition, tuple(with_context(lines)), prompt_change(before, edition))
        before = edition
