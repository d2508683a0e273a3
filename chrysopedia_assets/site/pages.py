"""A technique page as Markdown: for the terminal, the Dagster UI and the README alike."""

from collections.abc import Iterator, Sequence

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import Doubt, why_doubted
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.technique_pages import Citation, TechniquePage, as_markdown


def page_markdown(
    page: TechniquePage, video: Video, made_by: str, doubts: Sequence[Doubt] = ()
) -> str:
    """The whole page: text with `[n]`, then the cited passages with their times, then who made it.

    `doubts` are those of the video's transcript: a passage with one of them in it is marked.
    """
    title, *text = _blocks(page, doubts)
    by = f"*{as_markdown(video.creator)}, {as_markdown(video.title)}*"
    made = f"*{_filed(page)} Written by {made_by}.*"
    return "\n\n".join([title, by, *text, made]) + "\n"


def page_text(page: TechniquePage) -> str:
    """What is compared of two versions: without whose video it is and who wrote it."""
    return "\n\n".join([*_blocks(page, ()), f"*{_filed(page)}*"]) + "\n"


def _filed(page: TechniquePage) -> str:
    return f"Category: {page.category}. Tags: {', '.join(page.tags) or 'none'}."


def _blocks(page: TechniquePage, doubts: Sequence[Doubt]) -> Iterator[str]:
    yield f"# {as_markdown(page.title)}"
    yield page.summary
    for section in page.sections:
        yield f"## {as_markdown(section.title)}"
        yield section.body
        for part in section.subsections:
            yield f"### {as_markdown(part.title)}"
            yield part.body
    for chain in page.signal_chains:
        yield f"**{as_markdown(chain.title)}:** {' → '.join(as_markdown(s) for s in chain.steps)}"
    if page.plugins:
        yield f"**Plugins:** {', '.join(as_markdown(name) for name in page.plugins)}"
    yield "## Where it is said"
    yield "\n".join(
        f"{c.number}. {clock(c.start_s)}-{clock(c.end_s)} “{as_markdown(c.quote)}”{_marked(c, doubts)}"
        for c in page.citations
    )


def _marked(citation: Citation, doubts: Sequence[Doubt]) -> str:
    """A line under a passage whose words may be wrong: listen before you believe it."""
    why = why_doubted(doubts, citation.start_s, citation.end_s)
    return f"  \n   *Perhaps misheard: {why}.*" if why else ""
