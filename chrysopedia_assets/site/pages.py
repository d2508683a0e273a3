"""A technique page as Markdown: for the terminal, the Dagster UI and the README alike."""

from collections.abc import Iterator

from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.technique_pages import TechniquePage, as_markdown


def page_markdown(page: TechniquePage, video: Video, made_by: str) -> str:
    """The whole page: text with `[n]`, then the cited passages with their times, then who made it."""
    return "\n\n".join(_blocks(page, video, made_by)) + "\n"


def _blocks(page: TechniquePage, video: Video, made_by: str) -> Iterator[str]:
    yield f"# {as_markdown(page.title)}"
    yield f"*{as_markdown(video.creator)}, {as_markdown(video.title)}*"
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
        f"{c.number}. {clock(c.start_s)}-{clock(c.end_s)} “{as_markdown(c.quote)}”"
        for c in page.citations
    )
    yield f"*Category: {page.category}. Tags: {', '.join(page.tags) or 'none'}. Written by {made_by}.*"
