"""What did not get onto a page, by a decision or because stages are of different runs.

What belongs here: naming it, with the reason. What does not: what to do about it (`chrysopedia stale`, checks).
"""

from collections.abc import Iterator, Mapping, Sequence

from chrysopedia_assets.inspection.seen import LeftOut, SeenMoment, Stored
from chrysopedia_assets.models.records import StageName


def left_out(stored: Stored, moments: Sequence[SeenMoment]) -> Iterator[LeftOut]:
    """By a decision: chunks in which nothing was found, moments that the pages do without."""
    filled = {moment.chunk for moment in moments}
    for number, chunk in enumerate(stored.chunks if stored.key_moments else (), start=1):
        if number not in filled:
            why = "no moment was found in it"
            yield LeftOut(stage="topic_chunks", what=chunk.label, start_s=chunk.start_s, why=why)
    for unused in stored.unused:
        yield LeftOut(
            stage="key_moments", what=unused.title, start_s=unused.start_s, why=unused.reason
        )


def out_of_step(stored: Stored) -> Iterator[LeftOut]:
    """What one stage has and another of those that have run does not know."""
    now = {moment.moment_id: (moment.title, moment.start_s) for moment in stored.moments}
    for stage, known in _known_by(stored).items():
        if stored.key_moments is None or getattr(stored, stage) is None:
            continue
        for moment_id, (title, start_s) in known.items():
            if moment_id not in now:
                why = "its moment is not among the key moments of now"
                yield LeftOut(stage=stage, what=title, start_s=start_s, why=why)
        for moment_id, (title, start_s) in now.items():
            if moment_id not in known:
                why = f"it is not in the {stage} of now, which are of another run"
                yield LeftOut(stage="key_moments", what=title, start_s=start_s, why=why)


def _known_by(stored: Stored) -> Mapping[StageName, Mapping[str, tuple[str, float | None]]]:
    """By stage below the key moments, title and time of each moment that it was made from."""
    grouped = (member.moment for group in stored.groups for member in group.moments)
    cited = (citation for page in stored.pages for citation in page.citations)
    unused = {m.moment_id: (m.title, m.start_s) for m in stored.unused}
    return {
        "classifications": {c.moment_id: (c.moment_id, None) for c in stored.classes},
        "synthesis_groups": {m.moment_id: (m.title, m.start_s) for m in grouped},
        "technique_pages": {m.moment_id: (m.title, m.start_s) for m in cited} | unused,
    }
