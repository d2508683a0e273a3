"""One small record of every stage, with every field in use, all about the same video."""

from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.doubts import Doubt, MinuteHeard
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.records import StageRecord, Video
from chrysopedia_assets.models.synthesis_groups import (
    GroupedMoment,
    SynthesisGroup,
    SynthesisGroups,
)
from chrysopedia_assets.models.technique_pages import (
    Citation,
    Section,
    SignalChain,
    Subsection,
    TechniquePage,
    TechniquePages,
    UnusedMoment,
)
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks
from chrysopedia_assets.models.transcripts import Segment, Transcript, Word
from resources.store.videos import LibraryVideo

VIDEO = Video(
    video_id="a--one", title="Ünïcode & “quotes”", creator="A", url="https://example.com/1"
)


def library_video(
    video_id: str = "a--one", path: str = "/one.vtt", content: str = "1" * 64, creator: str = "A"
) -> LibraryVideo:
    video = VIDEO.model_copy(update={"video_id": video_id, "creator": creator})
    return LibraryVideo(video, path, content, source_stamp="10:20")


def moment(number: int, **changes: object) -> KeyMoment:
    made = KeyMoment(
        moment_id=f"m{number}",
        first_segment=number,
        last_segment=number + 1,
        start_s=10.5 * number,
        end_s=10.5 * number + 0.1,
        title=f"Moment {number}",
        summary="Cut at 300 Hz.",
        kind="settings",
        quote="cut at 300 hertz",
        plugins=("Pro-Q 3",),
        transcript="so, cut at 300 hertz, right",
    )
    return made.model_copy(update=changes)


_CITATION = Citation(
    number=1, moment_id="m0", title="Moment 0", start_s=0.0, end_s=0.1, quote="cut at 300 hertz"
)

_RECORDS: dict[str, StageRecord] = {
    "transcripts": Transcript(
        video=VIDEO,
        made_by="importer webvtt",
        language="en",
        duration_s=61.25,
        segments=(
            Segment(start_s=0.1, end_s=1.0, text="cut at", words=(Word(start_s=0.1, end_s=0.2, text="cut"),)),
            Segment(start_s=1.0, end_s=2.0, text="300 hertz 🎛️"),
        ),
        repairs=("2 empty segments dropped",),
        doubts=(Doubt(kind="improbable", start_s=0.1, end_s=1.0, reason="mean log probability -1.20"),),
        minutes=(MinuteHeard(minute=0, speech_s=1.9, heard_s=1.8),),
    ),
    "topic_chunks": TopicChunks(
        video=VIDEO,
        made_by="test",
        chunks=(
            TopicChunk(chunk_id="c0", first_segment=0, last_segment=0, start_s=0.1, end_s=1.0, label="Cut", summary="s"),
            TopicChunk(chunk_id="c1", first_segment=1, last_segment=1, start_s=1.0, end_s=2.0, label="300", summary="", reason="after a pause"),
        ),
    ),
    "key_moments": KeyMoments(video=VIDEO, made_by="test", moments=(moment(0), moment(1))),
    "classifications": Classifications(
        video=VIDEO,
        made_by="test",
        classifications=(
            Classification(moment_id="m0", category="mixing", tags=("eq",), evidence="hertz", doubt="perhaps Mastering: master"),
            Classification(moment_id="m1", category="mixing"),
        ),
    ),
    "synthesis_groups": SynthesisGroups(
        video=VIDEO,
        made_by="code 1",
        groups=(
            SynthesisGroup(group_id="g0", category="mixing", tokens=40, moments=(GroupedMoment(moment=moment(0), tags=("eq",)),)),
            SynthesisGroup(group_id="g1", category="workflow", tokens=40, moments=(GroupedMoment(moment=moment(1)),)),
        ),
    ),
    "technique_pages": TechniquePages(
        video=VIDEO,
        made_by="test",
        pages=(
            TechniquePage(
                page_id="a--one--cut",
                title="Cut",
                summary="Cut [1].",
                category="mixing",
                tags=("eq",),
                plugins=("Pro-Q 3",),
                source_quality="mixed",
                sections=(Section(title="At 300 Hz", body="Do it [1].", subsections=(Subsection(title="Why", body="Mud [1]."),)),),
                signal_chains=(SignalChain(title="Chain", steps=("EQ", "Compressor")),),
                citations=(_CITATION,),
            ),
        ),
        unused=(UnusedMoment(moment_id="m1", title="Moment 1", start_s=10.5, reason="too thin"),),
    ),
}  # fmt: skip


def record_of(stage: str) -> StageRecord:
    return _RECORDS[stage]
