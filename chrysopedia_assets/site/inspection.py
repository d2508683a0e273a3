"""The inspector as one HTML file that needs nothing else: no network, no script.

What belongs here: where each mark of the picture stands. What does not: what is seen (`inspection`).
"""

from collections.abc import Sequence

from chrysopedia_assets.inspection.chapter_scores import ChapterScores
from chrysopedia_assets.inspection.comparing import Comparison
from chrysopedia_assets.inspection.seen import Inspection
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import MEANS
from chrysopedia_assets.site.html import environment
from chrysopedia_assets.site.timeline import ticks

COLOURS = 8
"""Of categories; the style knows as many."""
FULL_PAUSE_S = 10.0
"""A pause of this length, or a longer one, fills its bar."""


def inspection_html(
    seen: Inspection, compared: Comparison | None = None, scores: ChapterScores | None = None
) -> str:
    """The whole page; everything that a model or a speaker has said is escaped."""
    number_of = {moment.moment_id: n for n, moment in enumerate(seen.moments, start=1)}
    return (
        environment()
        .get_template("inspection.html")
        .render(
            seen=seen,
            compared=compared,
            scores=scores,
            clock=clock,
            means=MEANS,
            colour_of=_colours(seen),
            number_of=number_of,
            moment_of={moment.moment_id: moment for moment in seen.moments},
            outside=[moment for moment in seen.moments if moment.chunk is None],
            page_number={page.address: n for n, page in enumerate(seen.pages, start=1)},
            title_of={page.address: page.title for page in seen.pages},
            at=lambda at_s: round(100 * min(1.0, at_s / (seen.duration_s or 1.0)), 3),
            chapter_ends=_ends([c.start_s for c in seen.chapters], seen.duration_s),
            ticks=ticks(seen.duration_s),
            pause_share=lambda pause_s: round(100 * min(1.0, pause_s / FULL_PAUSE_S)),
        )
    )


def _colours(seen: Inspection) -> dict[str, int]:
    """A number for each category, in order of appearance."""
    found = [category for chunk in seen.chunks for category in chunk.categories]
    found += [group.category for group in seen.groups] + [page.category for page in seen.pages]
    return {category: n % COLOURS for n, category in enumerate(dict.fromkeys(found))}


def _ends(starts_s: Sequence[float], end_s: float) -> list[float]:
    return [*starts_s[1:], max(end_s, *starts_s[-1:])] if starts_s else []
