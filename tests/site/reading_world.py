"""A library small enough to look through, with every field in use: what the reading site is rendered from in tests."""

import json
from datetime import UTC, datetime
from typing import Any

from chrysopedia_assets.inspection.seen import Stored
from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import Video
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
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
from chrysopedia_assets.models.transcripts import Segment, Transcript
from chrysopedia_assets.site.content import (
    Card,
    Making,
    Media,
    ReadingPage,
    ReadingVideo,
    VideoCard,
)
from chrysopedia_assets.site.layout import static_files
from chrysopedia_assets.site.library import Library, list_files
from chrysopedia_assets.site.video_page import video_files
from tests.conftest import SHARED_DATA, shared

MADE_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TAXONOMY = Taxonomy(
    categories=(
        Category(
            key="mixing",
            name="Mixing",
            description="When parts are balanced.",
            tags=(Tag(key="eq", name="EQ"), Tag(key="drum_mixing", name="Drum Mixing")),
        ),
        Category(key="synthesis", name="Synthesis", description="Inside a synthesizer."),
    )
)
SPEECH = (
    (0.0, 4.0, "So today I want to show you how I treat a kick."),
    (4.0, 8.0, "I cut 3 dB at 300 hertz, because that is where the mud is."),
    (8.0, 12.0, "Then, um, a slow compressor after the saturation."),
    (12.5, 16.0, "And I never ever boost more than 2 dB at the top."),
    (16.0, 20.0, "That's all, thanks for watching."),
)
MOMENTS = ((1, "Cut the mud"), (2, "Slow compressor"), (3, "Small boosts"), (4, "Goodbye"))
"""The segment, and the title."""


def a_video(name: str = "ann--kick", creator: str = "Ann Ö'Brien", title: str = "Kick <&> clean") -> Video:  # fmt: skip
    return Video(video_id=name, title=title, creator=creator, url=f"https://example.com/{name}")


def stored(video: Video | None = None) -> Stored:
    video = video or a_video()
    made = {"video": video, "made_by": "extractive 1"}
    return Stored(
        video=video,
        transcripts=Transcript(
            **made,
            language="en",
            duration_s=20.0,
            segments=tuple(Segment(start_s=a, end_s=b, text=text) for a, b, text in SPEECH),
            doubts=(Doubt(kind="repeated", start_s=9.0, end_s=11.0, reason="again"),),
        ),
        topic_chunks=TopicChunks(
            **made,
            chunks=(
                TopicChunk(chunk_id="c0", first_segment=0, last_segment=2, start_s=0.0, end_s=12.0, label="The kick", summary="Cutting."),
                TopicChunk(chunk_id="c1", first_segment=3, last_segment=4, start_s=12.5, end_s=20.0, label="The top", summary=""),
            ),
        ),
        key_moments=KeyMoments(**made, moments=tuple(_moment(n, title) for n, title in MOMENTS)),
        classifications=Classifications(
            **made,
            classifications=tuple(Classification(moment_id=f"m{n}", category="mixing", tags=("eq",)) for n, _ in MOMENTS),
        ),
        technique_pages=TechniquePages(
            **made,
            pages=pages(video.video_id),
            unused=(UnusedMoment(moment_id="m4", title="Goodbye", start_s=16.0, reason="nothing is taught"),),
        ),
        chapters=(Chapter(start_s=0.0, title="Start"), Chapter(start_s=12.0, title="End")),
    )  # fmt: skip


def pages(video_id: str) -> tuple[TechniquePage, TechniquePage]:
    return (
        TechniquePage(
            page_id=f"{video_id}--mud",
            title="Clean kicks",
            summary="Ann cuts *where the mud is* [1].",
            category="mixing",
            tags=("eq", "drum_mixing"),
            plugins=("Pro-Q 3",),
            source_quality="structured",
            sections=(
                Section(
                    title="Cut the mud",
                    body='She says “I cut 3 dB at 300 hertz” [1], or "a slow compressor" [2].\n\n'
                    "- Never “boost 10 dB” [2]\n- Not cited: \\[1\\]",
                    subsections=(
                        Subsection(title="Cut the mud", body="“Then, a slow compressor” [2]."),
                    ),
                ),
                Section(title="Order", body="| Step | dB |\n|---|---|\n| cut | 3 |"),
            ),
            signal_chains=(SignalChain(title="Kick", steps=("EQ", "Saturation", "Compressor")),),
            citations=(_citation(1, 1), _citation(2, 2)),
        ),
        TechniquePage(
            page_id=f"{video_id}--top",
            title="Small boosts",
            summary="Two decibels [1].",
            category="mixing",
            tags=("eq",),
            source_quality="mixed",
            sections=(Section(title="How much", body="Not more than 2 dB [1]."),),
            citations=(_citation(1, 3),),
        ),
    )


def _moment(number: int, title: str) -> KeyMoment:
    start_s, end_s, said = SPEECH[number]
    return KeyMoment(
        moment_id=f"m{number}",
        first_segment=number,
        last_segment=number,
        start_s=start_s,
        end_s=end_s,
        title=title,
        summary=said,
        kind="technique",
        quote=said,
        transcript=said,
    )


def _citation(number: int, segment: int) -> Citation:
    start_s, end_s, said = SPEECH[segment]
    return Citation(number=number, moment_id=f"m{segment}", title=dict(MOMENTS)[segment], start_s=start_s, end_s=end_s, quote=said)  # fmt: skip


def reading_video(of: Stored | None = None, media: Media | None = None) -> ReadingVideo:
    of = of or stored()
    making = Making("extractive 1", MADE_AT, "8f65ba31", "a4f09c11d2e37b60", 1)  # fmt: skip
    stale = ("prompt synthesis has changed",)
    read = tuple(
        ReadingPage(page.page_id, page, making, stale if number else ())
        for number, page in enumerate(of.pages)
    )
    return ReadingVideo(of, of.video.video_id.split("--")[0], media, read)


def video_card(video: ReadingVideo) -> VideoCard:
    of = video.stored
    addresses = tuple(page.address for page in video.pages)
    return VideoCard(of.video.video_id, of.video.title, of.video.creator, video.creator_key, 20.0, addresses)  # fmt: skip


def cards(video: ReadingVideo) -> list[Card]:
    return [
        Card(
            address=one.address,
            title=one.page.title,
            summary=one.page.summary,
            category=one.page.category,
            tags=one.page.tags,
            video_id=video.stored.video.video_id,
            moments=len(one.page.citations),
            spoken_s=sum(c.end_s - c.start_s for c in one.page.citations),
            made_at=one.making.made_at,
        )
        for one in video.pages
    ]


def library(*videos: ReadingVideo, taxonomy: Taxonomy = TAXONOMY) -> Library:
    return Library(
        taxonomy,
        tuple(map(video_card, videos)),
        tuple(card for video in videos for card in cards(video)),
    )


def site(*videos: ReadingVideo, taxonomy: Taxonomy = TAXONOMY) -> dict[str, str]:
    """The text of every page."""
    made = library(*videos, taxonomy=taxonomy)
    files = {name: one.html() for name, one in list_files(made).items()}
    for video in videos:
        files |= video_files(video, made.terms)
    return files


def whole_site() -> dict[str, str]:
    """Of three videos: one with a file, one on YouTube, one that can be played nowhere."""
    return site(
        reading_video(media=Media("file", "kick 1.webm")),
        reading_video(stored(a_video("bo--mix", "Bo", "Mix")), Media("youtube", "dQw4w9WgXcQ")),
        reading_video(stored(a_video("cy--pad", "Cy", "Pad"))),
    )


def all_files() -> dict[str, bytes]:
    return static_files() | {name: text.encode() for name, text in whole_site().items()}


PLANTED = (
    "<script>alert(1)</script>",
    '"><img src=http://x.example/a.png onerror=alert(1)><svg onload=alert(1)>',
    "' style=color:red onmouseover=alert(1) x='",
    "</title></script></style><iframe src=javascript:alert(1)>",
    "[x](javascript:alert(1)) ![y](http://x.example/b.png) <https://x.example>",
    "{{ 7*7 }} {% raw %} ${7*7}",
    "<!-- --> ]]> <![CDATA[ &lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
    "\x01\x1b[31m\x7f\ufffe \u202egnp.exe \u2028",
)
"""Each of them ends a text, a tag, an attribute or a template, where nobody holds it."""


def naughty() -> list[str]:
    """A known list of strings that break programs, in a few groups; skips where it is not."""
    file = shared(SHARED_DATA / "badinputs" / "blns" / "blns.json")
    found = [text for text in json.loads(file.read_text()) if text.strip()]
    groups = (" ".join(found[at : at + 130]) for at in range(0, len(found), 130))
    # What no record can hold, and citations of what a page does not list.
    return [
        group.encode(errors="ignore").decode().replace("\0", "").replace("[", "[ ")
        for group in groups
    ]


KEPT = {"video_id", "page_id", "moment_id", "chunk_id", "source_quality", "kind", "language"}
"""What is no text: ids, which name files, and words of a closed list."""


MOST = dict.fromkeys(("title", "label", "steps", "reason", "creator"), 300) | {"summary": 2_000, "quote": 2_000}  # fmt: skip
"""Characters that a record takes."""


def spoilt(value: Any, payload: str, name: str = "") -> Any:
    """The JSON value with `payload` in every text that anybody else has written."""
    match value:
        case dict():
            return {key: spoilt(part, payload, key) for key, part in value.items()}
        case list():
            return [spoilt(part, payload, name) for part in value]
        case str() if name not in KEPT:
            return f"{value} {payload}"[: MOST.get(name, 5_000)]  # fmt: skip
    return value


def hostile(payload: str, media: Media | None = None, name: str = "ann--kick") -> ReadingVideo:
    """A video with `payload` in every text, and for its names as well where those are shown."""
    of = stored(a_video(name))
    records = {
        stage: type(record).model_validate(spoilt(record.model_dump(mode="json"), payload))
        for stage in ("transcripts", "topic_chunks", "key_moments", "classifications", "technique_pages")
        if (record := getattr(of, stage))
    }  # fmt: skip
    video = records["transcripts"].video
    of = Stored(
        video=video, chapters=(Chapter(start_s=1.0, title=payload[:300] or "x"),), **records
    )
    read = reading_video(of, media)
    making = Making(payload, MADE_AT, payload, payload, 1)
    spoilt_pages = tuple(ReadingPage(p.address, p.page, making, (payload,)) for p in read.pages)
    return ReadingVideo(of, read.creator_key, media, spoilt_pages)
