"""What a page was made from, whichever stage the fixture is of: the same passages for checks and for the judge."""

from chrysopedia_assets.harness.fixtures import Fixture
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.technique_pages import Citation, TechniquePage
from chrysopedia_assets.models.transcripts import Transcript
from chrysopedia_assets.stages.judging import Passage


def given_passages(fixture: Fixture) -> dict[str, Passage]:
    """Of every moment that the fixture holds, by its id; empty where its stage comes before there are moments."""
    given = fixture.input
    if given.synthesis_groups:
        moments = [m.moment for group in given.synthesis_groups.groups for m in group.moments]
    else:
        moments = list(given.key_moments.moments) if given.key_moments else []
    return {moment.moment_id: _of_moment(moment) for moment in moments}


def passages_of(page: TechniquePage, fixture: Fixture, given: dict[str, Passage]) -> list[Passage]:
    """In the order of the page's citations; of a moment that the fixture has not, what is said at its time."""
    transcript = fixture.input.transcripts
    return [given.get(one.moment_id) or _of_citation(one, transcript) for one in page.citations]


def _of_moment(moment: KeyMoment) -> Passage:
    return Passage(
        moment_id=moment.moment_id,
        title=moment.title,
        summary=moment.summary,
        quote=moment.quote,
        said=moment.transcript,
        plugins=moment.plugins,
    )


def _of_citation(citation: Citation, transcript: Transcript | None) -> Passage:
    segments = transcript.segments if transcript else ()
    said = [s.text for s in segments if citation.start_s <= s.start_s < citation.end_s]
    return Passage(
        moment_id=citation.moment_id,
        title=citation.title,
        quote=citation.quote,
        said=" ".join(said),
    )
