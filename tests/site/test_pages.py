"""A page as Markdown: what is on it, and that nothing in a title becomes markup."""

from chrysopedia_assets.models.clock import clock
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
