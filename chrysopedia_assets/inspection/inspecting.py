"""From what is stored of a video to what can be seen of it.

What belongs here: bringing the stages' records together, whichever of them there are, of one run or of several.
What does not: judging (checks), measuring words (`lexical.py`), showing.
"""

import math
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

from chrysopedia_assets.inspection.left_out import left_out, out_of_step
from chrysopedia_assets.inspection.lexical import lexical_drops
from chrysopedia_assets.inspection.seen import (
    Inspection,
    Member,
    SeenChunk,
    SeenGroup,
    SeenMoment,
    SeenPage,
    Stored,
)
from chrysopedia_assets.models.doubts import heard_share, why_doubted
from chrysopedia_assets.models.key_moments import KeyMoment
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.synthesis_groups import (
    MAX_GROUP_MOMENTS,
    MAX_GROUP_TOKENS,
    SynthesisGroup,
)
from chrysopedia_assets.models.technique_pages import Citation
from chrysopedia_assets.models.topic_chunks import TopicChunk


def inspect(stored: Stored) -> Inspection:
    """What there is is shown, what has not run is named, and what does not fit together is told."""
    records = {stage: getattr(stored, stage) for stage in STAGES}
    moments = tuple(_moments(stored))
    return Inspection(
        video=stored.video,
        duration_s=duration_s(stored),
        made_by={stage: record.made_by for stage, record in records.items() if record},
        missing=tuple(stage for stage, record in records.items() if record is None),
        heard_share=_heard_share(stored),
        doubts=stored.doubts,
        chapters=stored.chapters,
        chunks=tuple(_chunks(stored, moments)),
        moments=moments,
        groups=tuple(_groups(stored)),
        pages=tuple(_pages(stored)),
        left_out=tuple(left_out(stored, moments)),
        out_of_step=tuple(out_of_step(stored)),
    )


def duration_s(stored: Stored) -> float:
    """Of the video, as far as anybody knows."""
    if stored.transcripts:
        return stored.transcripts.duration_s
    ends = [chunk.end_s for chunk in stored.chunks] + [m.end_s for m in stored.moments]
    return max(ends, default=0.0)


def _heard_share(stored: Stored) -> float | None:
    minutes = stored.transcripts.minutes if stored.transcripts else ()
    return round(heard_share(minutes), 4) if minutes else None


# Chunks ------------------------------------------------------------------------------------------


def _chunks(stored: Stored, moments: tuple[SeenMoment, ...]) -> Iterator[SeenChunk]:
    cuts = _cuts(stored)
    for number, chunk in enumerate(stored.chunks, start=1):
        inside = [moment for moment in moments if moment.chunk == number]
        categories = Counter(moment.category for moment in inside if moment.category)
        pause_s, drop = cuts.get(number, (None, None))
        yield SeenChunk(
            number=number,
            first_segment=chunk.first_segment,
            last_segment=chunk.last_segment,
            start_s=chunk.start_s,
            end_s=chunk.end_s,
            label=chunk.label,
            summary=chunk.summary,
            reason=chunk.reason,
            pause_s=pause_s,
            drop=drop,
            moments=tuple(moment.moment_id for moment in inside),
            categories=tuple(category for category, _ in categories.most_common()),
        )


def _cuts(stored: Stored) -> dict[int, tuple[float, float]]:
    """By number of the chunk that begins there, pause and drop; none where the transcript is not the one that was cut."""
    segments = stored.transcripts.segments if stored.transcripts else ()
    if not stored.chunks or stored.chunks[-1].last_segment != len(segments) - 1:
        return {}
    firsts = [chunk.first_segment for chunk in stored.chunks[1:]]
    drops = lexical_drops([segment.text for segment in segments], firsts)
    pauses = [max(0.0, b.start_s - a.end_s) for a, b in pairwise(segments)]
    return {
        number: (round(pauses[first - 1], 2), round(drop, 3))
        for number, (first, drop) in enumerate(zip(firsts, drops, strict=True), start=2)
    }


# Moments -----------------------------------------------------------------------------------------


def _moments(stored: Stored) -> Iterator[SeenMoment]:
    classes = {c.moment_id: c for c in stored.classes}
    groups = _group_of(stored)
    cited = {
        citation.moment_id: (stored.address_of(page), citation.number)
        for page in stored.pages
        for citation in page.citations
    }
    unused = {moment.moment_id: moment.reason for moment in stored.unused}
    for moment in stored.moments:
        found = classes.get(moment.moment_id)
        page, citation = cited.get(moment.moment_id, (None, None))
        why = unused.get(moment.moment_id, "none of the pages was made from it")
        yield SeenMoment(
            moment_id=moment.moment_id,
            title=moment.title,
            kind=moment.kind,
            start_s=moment.start_s,
            end_s=moment.end_s,
            quote=moment.quote,
            chunk=_chunk_of(moment, stored.chunks),
            category=found.category if found else None,
            tags=found.tags if found else (),
            evidence=found.evidence if found else "",
            doubt=found.doubt if found else "",
            group=groups.get(moment.moment_id),
            page=page,
            citation=citation,
            left_out=why if stored.technique_pages and page is None else "",
            doubted=why_doubted(stored.doubts, moment.start_s, moment.end_s),
        )


def _chunk_of(moment: KeyMoment, chunks: tuple[TopicChunk, ...]) -> int | None:
    return next(
        (
            number
            for number, chunk in enumerate(chunks, start=1)
            if chunk.first_segment <= moment.first_segment <= chunk.last_segment
        ),
        None,
    )


def _group_of(stored: Stored) -> dict[str, int]:
    """By moment, the number of its group."""
    return {
        member.moment.moment_id: number
        for number, group in enumerate(stored.groups, start=1)
        for member in group.moments
    }


# Groups and pages --------------------------------------------------------------------------------


def _groups(stored: Stored) -> Iterator[SeenGroup]:
    for number, group in enumerate(stored.groups, start=1):
        of_category = [other for other in stored.groups if other.category == group.category]
        split_by = _split_by(of_category)
        yield SeenGroup(
            number=number,
            group_id=group.group_id,
            category=group.category,
            part=of_category.index(group) + 1,
            parts=len(of_category),
            split_by=split_by,
            tokens=group.tokens,
            max_tokens=MAX_GROUP_TOKENS,
            why=_why_together(of_category, split_by),
            moments=tuple(_member(member.moment) for member in group.moments),
        )


def _split_by(groups: list[SynthesisGroup]) -> Literal["", "count", "tokens"]:
    """Which bound asks for more parts; as the stage divides."""
    if len(groups) == 1:
        return ""
    by_count = sum(len(group.moments) for group in groups) / MAX_GROUP_MOMENTS
    by_tokens = sum(group.tokens for group in groups) / MAX_GROUP_TOKENS
    return "tokens" if math.ceil(by_tokens) > math.ceil(by_count) else "count"


def _why_together(groups: list[SynthesisGroup], split_by: str) -> str:
    together = f"moments of {groups[0].category}, in order of time"
    moments = sum(len(group.moments) for group in groups)
    tokens = sum(group.tokens for group in groups)
    if split_by == "count":
        return f"{together}; {moments} of them are more than the {MAX_GROUP_MOMENTS} of one call"
    if split_by == "tokens":
        return f"{together}; their {tokens:,} tokens are more than the {MAX_GROUP_TOKENS:,} of one call"
    return f"all {together}" if moments > 1 else f"the only moment of {groups[0].category}"


def _pages(stored: Stored) -> Iterator[SeenPage]:
    group_of = _group_of(stored)
    for page in stored.pages:
        numbers = {group_of[c.moment_id] for c in page.citations if c.moment_id in group_of}
        yield SeenPage(
            address=stored.address_of(page),
            title=page.title,
            category=page.category,
            groups=tuple(sorted(numbers)),
            moments=tuple(_member(citation) for citation in page.citations),
        )


def _member(moment: KeyMoment | Citation) -> Member:
    return Member(
        moment_id=moment.moment_id,
        title=moment.title,
        start_s=moment.start_s,
        end_s=moment.end_s,
    )
