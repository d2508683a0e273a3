"""The versions of a page, and addresses whose page is gone: what their files are rendered from in tests."""

from collections.abc import Sequence
from datetime import timedelta

from chrysopedia_assets.inspection.page_changes import told_changes
from chrysopedia_assets.inspection.page_history import Edition, PageHistory, PromptUsed
from chrysopedia_assets.models.technique_pages import TechniquePage
from chrysopedia_assets.site import links
from chrysopedia_assets.site.content import Moved
from chrysopedia_assets.site.history import history_html, moved_html
from tests.site.reading_world import MADE_AT, a_video, pages

FIRST, OTHER = pages("ann--kick")
SECOND = FIRST.model_copy(update={"title": "Mud, gone", "summary": f"{FIRST.summary} Really."})


def history(
    versions: Sequence[TechniquePage] = (FIRST, SECOND), more: str = "", **place: object
) -> PageHistory:
    """The first version was written by an engine, the second with a prompt, the third with another."""
    editions: list[Edition] = []
    for number, page in enumerate(versions, start=1):
        prompt = PromptUsed(
            f"p{number}{more}", number > 1, {"system.md": f"Be brief {number}.{more}"}
        )
        changed = tuple(told_changes(editions[-1].page, page)) if editions else ()
        at = MADE_AT + timedelta(days=number)
        editions.append(Edition(number, page, f"maker {number}{more}", at, f"run-{number}{more}", prompt, changed))  # fmt: skip
    return PageHistory("ann--kick--mud", a_video(), tuple(editions), **place)  # type: ignore[arg-type]


def history_files() -> dict[str, bytes]:
    """A page of three versions, an address that leads to it, and one that leads nowhere."""
    of = history((FIRST, SECOND, FIRST))
    was = Moved("ann--kick--was", "Low <mud>", a_video(), (of.address, FIRST.title))
    gone = Moved("ann--kick--gone", "Gone <&> over", a_video(), None)
    files = {links.history(of.address): history_html(of, "ann")}
    files |= {links.page(moved.address): moved_html(moved) for moved in (was, gone)}
    return {name: text.encode() for name, text in files.items()}
