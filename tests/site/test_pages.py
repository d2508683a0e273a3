"""A page as Markdown: what is on it, and that nothing in a title becomes markup."""

from typing import get_args

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import MEANS, Doubt, DoubtKind
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.site.pages import page_markdown
from tests.records import record_of


def test_a_page_shows_its_text_its_passages_with_times_and_who_wrote_it() -> None:
    record = record_of("technique_pages")
    assert isinstance(record, TechniquePages)
    text = page_markdown(record.pages[0], record.video, record.made_by)
    assert text == (
        "# Cut\n\n"
        "*A, Ünïcode \\& “quotes”*\n\n"
        "Cut [1].\n\n"
        "## At 300 Hz\n\nDo it [1].\n\n"
        "### Why\n\nMud [1].\n\n"
        "**Chain:** EQ → Compressor\n\n"
        "**Plugins:** Pro-Q 3\n\n"
        "## Where it is said\n\n"
        "1. 0:00-0:00 “cut at 300 hertz”\n\n"
        "*Category: mixing. Tags: eq. Written by test.*\n"
    )


def test_a_passage_that_may_be_misheard_is_marked_and_no_other() -> None:
    record = record_of("technique_pages")
    assert isinstance(record, TechniquePages)

    def shown(*doubts: Doubt) -> str:
        return page_markdown(record.pages[0], record.video, record.made_by, doubts)

    over = Doubt(kind="unheard", start_s=0.05, end_s=3.0, reason="3 s of speech")
    later = Doubt(kind="repeated", start_s=1.0, end_s=3.0, reason="again")
    assert (
        "1. 0:00-0:00 “cut at 300 hertz”  \n   *Perhaps misheard: speech without words.*\n"
        in shown(over, later)
    )
    assert shown(later) == page_markdown(record.pages[0], record.video, record.made_by)


def test_every_doubt_has_words() -> None:
    assert MEANS.keys() == set(get_args(DoubtKind))


def test_a_title_cannot_bring_markup() -> None:
    record = record_of("technique_pages")
    assert isinstance(record, TechniquePages)
    page = record.pages[0].model_copy(update={"title": "[x](javascript:y) <b> # `z`"})
    first = page_markdown(page, record.video, record.made_by).splitlines()[0]
    assert first == r"# \[x\](javascript:y) \<b\> \# \`z\`"


def test_a_clock_reads_as_on_a_player() -> None:
    assert [clock(s) for s in (0, 9.99, 65, 3600, 3725.5)] == [
        "0:00",
        "0:09",
        "1:05",
        "1:00:00",
        "1:02:05",
    ]
