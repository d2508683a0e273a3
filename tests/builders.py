"""Short ways to say what a test needs: transcripts from plain sentences, moments, the taxonomy, a run of all stages.

What belongs here: builders without opinions. What does not: expectations, fakes.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from chrysopedia_assets.models.classifications import Classifications
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.synthesis_groups import GroupedMoment, SynthesisGroups
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.stages.classifications import classify
from chrysopedia_assets.stages.key_moments import find_key_moments
from chrysopedia_assets.stages.ports import Ask
from chrysopedia_assets.stages.synthesis_groups import group_for_synthesis
from chrysopedia_assets.stages.technique_pages import write_pages
from chrysopedia_assets.stages.topic_chunks import split_topics

PROJECT = Path(__file__).parents[1]


def video(title: str = "Low End", creator: str = "Ada Fader") -> Video:
    return Video(video_id="ada--low-end", title=title, creator=creator)


def transcript(
    *texts: str, creator: str = "Ada Fader", each_s: float = 6.0, gap_s: float = 0.0
) -> Transcript:
    """One segment per text, each `each_s` long, with `gap_s` of silence before the next."""
    step_s = each_s + gap_s
    segments = tuple(
        Segment(start_s=n * step_s, end_s=n * step_s + each_s, text=text)
        for n, text in enumerate(texts)
    )
    return transcript_of(segments, creator=creator)


def transcript_of(segments: tuple[Segment, ...], creator: str = "Ada Fader") -> Transcript:
    return Transcript(
        video=video(creator=creator),
        made_by="importer whisper_json",
        language="en",
        duration_s=max(s.end_s for s in segments),
        segments=segments,
    )


def moment(title: str, said: str, *, number: int = 1, plugins: tuple[str, ...] = ()) -> KeyMoment:
    """A moment of 30 s per number; its summary, quote and transcript are `said`."""
    return KeyMoment(
        moment_id=f"moment-{number}",
        first_segment=number,
        last_segment=number,
        start_s=30.0 * number,
        end_s=30.0 * number + 20.0,
        title=title,
        summary=said,
        kind="technique",
        quote=said or "-",
        plugins=plugins,
        transcript=said,
    )


def grouped(*moments: KeyMoment, tags: tuple[str, ...] = ()) -> tuple[GroupedMoment, ...]:
    return tuple(GroupedMoment(moment=m, tags=tags) for m in moments)


def product_taxonomy() -> Taxonomy:
    """The one that ships."""
    return Taxonomy.model_validate(tomllib.loads((PROJECT / "prompts/taxonomy.toml").read_text()))


def small_taxonomy() -> Taxonomy:
    """Two categories of two tags each; one word, "glue", that both claim."""
    return Taxonomy(
        categories=(
            Category(
                key="mixing",
                name="Mixing",
                description="Balancing tracks.",
                tags=(
                    Tag(key="eq", name="EQ", aliases=("high pass", "shelf")),
                    Tag(key="compression", name="Compression", aliases=("glue",)),
                ),
            ),
            Category(
                key="mastering",
                name="Mastering",
                description="Finishing the stereo file.",
                tags=(
                    Tag(key="limiting", name="Limiting", aliases=("limiter", "glue")),
                    Tag(key="dither", name="Dither"),
                ),
            ),
        ),
        plugins=("Pro-Q 3", "Valhalla VintageVerb", "Vital"),
    )


@dataclass(frozen=True)
class Everything:
    """What all stages gave for one transcript."""

    chunks: TopicChunks
    moments: KeyMoments
    classes: Classifications
    groups: SynthesisGroups
    pages: TechniquePages


def all_stages(source: Transcript, taxonomy: Taxonomy, ask: Ask) -> Everything:
    """Each stage on the output of the one before; raises ReplyRefused where a reply breaks its rules."""
    chunks = split_topics(source, ask)
    moments = find_key_moments(source, chunks, ask)
    classes = classify(moments, taxonomy, ask)
    groups = group_for_synthesis(moments, classes)
    return Everything(chunks, moments, classes, groups, write_pages(groups, ask))
