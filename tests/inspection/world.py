"""A video small enough to work out by hand: four segments, two chunks, three moments, two groups, one page."""

from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.synthesis_groups import (
    GroupedMoment,
    SynthesisGroup,
    SynthesisGroups,
)
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    TechniquePage,
    TechniquePages,
    UnusedMoment,
)
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript

VIDEO = Video(video_id="ann--kick", title="Kick", creator="Ann")
TIMES = ((0.0, 9.0), (10.0, 19.0), (22.5, 29.0), (30.0, 40.0))
TEXTS = ("kick drum low", "kick drum tuned", "pad chorus wide", "pad chorus soft")


def transcript() -> Transcript:
    segments = tuple(
        Segment(start_s=a, end_s=b, text=text) for (a, b), text in zip(TIMES, TEXTS, strict=True)
    )
    return Transcript(video=VIDEO, made_by="importer srt", language="en", duration_s=40.0, segments=segments)  # fmt: skip


def chunks(*firsts: int, maker: str = "extractive 1") -> TopicChunks:
    ends = [*firsts[1:], len(TIMES)]
    made = tuple(
        TopicChunk(
            chunk_id=f"c{first}",
            first_segment=first,
            last_segment=end - 1,
            start_s=TIMES[first][0],
            end_s=TIMES[end - 1][1],
            label=f"Topic at {first}",
            summary="",
            reason='opener "now"' if first else "",
        )
        for first, end in zip(firsts, ends, strict=True)
    )
    return TopicChunks(video=VIDEO, made_by=maker, chunks=made)


def moment(number: int, **changes: object) -> KeyMoment:
    start_s, end_s = TIMES[number]
    made = KeyMoment(
        moment_id=f"m{number}",
        first_segment=number,
        last_segment=number,
        start_s=start_s,
        end_s=end_s,
        title=f"Moment {number}",
        summary="s",
        kind="technique",
        quote="q",
        transcript="q",
    )
    return made.model_copy(update=changes)


def moments(*given: KeyMoment) -> KeyMoments:
    return KeyMoments(video=VIDEO, made_by="m", moments=given)


def classes(**category_of: str) -> Classifications:
    found = tuple(
        Classification(moment_id=key, category=category, tags=("eq",), evidence="said so")
        for key, category in category_of.items()
    )
    return Classifications(video=VIDEO, made_by="m", classifications=found)


def groups(*given: tuple[str, int, tuple[KeyMoment, ...]]) -> SynthesisGroups:
    """Category, tokens, moments of each."""
    made = tuple(
        SynthesisGroup(
            group_id=f"g{n}",
            category=category,
            tokens=tokens,
            moments=tuple(GroupedMoment(moment=m) for m in members),
        )
        for n, (category, tokens, members) in enumerate(given)
    )
    return SynthesisGroups(video=VIDEO, made_by="code 1", groups=made)


def pages(cited: tuple[KeyMoment, ...], unused: tuple[KeyMoment, ...] = ()) -> TechniquePages:
    """One page of the moments, and those that it does without."""
    citations = tuple(
        Citation(number=n, moment_id=m.moment_id, title=m.title, start_s=m.start_s, end_s=m.end_s, quote=m.quote)
        for n, m in enumerate(cited, start=1)
    )  # fmt: skip
    page = TechniquePage(
        page_id="ann--kick--low",
        title="Low Kick",
        summary="s [1]",
        category="mixing",
        source_quality="mixed",
        sections=(Section(title="One", body="b [1]"),),
        citations=citations,
    )
    left = tuple(
        UnusedMoment(moment_id=m.moment_id, title=m.title, start_s=m.start_s, reason="too thin")
        for m in unused
    )
    return TechniquePages(video=VIDEO, made_by="m", pages=(page,), unused=left)


def whole() -> Stored:
    """All stages of one run; nothing was found from segment 2 on, and moment 1 was left out."""
    return Stored(
        video=VIDEO,
        transcripts=transcript(),
        topic_chunks=chunks(0, 2),
        key_moments=moments(moment(0), moment(1)),
        classifications=classes(m0="mixing", m1="mastering"),
        synthesis_groups=groups(("mixing", 40, (moment(0),)), ("mastering", 30, (moment(1),))),
        technique_pages=pages((moment(0),), (moment(1),)),
        chapters=(Chapter(start_s=0.0, title="Kick"), Chapter(start_s=21.0, title="Pad")),
    )
