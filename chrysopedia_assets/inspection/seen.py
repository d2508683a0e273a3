"""What can be seen of a video: the records that text, JSON, page and metadata are all made from.

What belongs here: shapes. What does not: how they are found (`inspecting.py`) and how they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chrysopedia_assets.models.classifications import Classification, Classifications
from chrysopedia_assets.models.doubts import Doubt
from chrysopedia_assets.models.key_moments import KeyMoment, KeyMoments
from chrysopedia_assets.models.library_files import Chapter
from chrysopedia_assets.models.records import Record, Seconds, SegmentIndex, StageName, Text, Video
from chrysopedia_assets.models.synthesis_groups import SynthesisGroup, SynthesisGroups
from chrysopedia_assets.models.technique_pages import TechniquePage, TechniquePages, UnusedMoment
from chrysopedia_assets.models.topic_chunks import TopicChunk, TopicChunks
from chrysopedia_assets.models.transcripts import Transcript


@dataclass(frozen=True)
class Stored:
    """What there is of a video: by the name of its stage, None where that has not run.

    `addresses` are those of its pages, by page id; a page that is not stored has none yet, and is called by its id.
    """

    video: Video
    transcripts: Transcript | None = None
    topic_chunks: TopicChunks | None = None
    key_moments: KeyMoments | None = None
    classifications: Classifications | None = None
    synthesis_groups: SynthesisGroups | None = None
    technique_pages: TechniquePages | None = None
    chapters: tuple[Chapter, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)

    def address_of(self, page: TechniquePage) -> str:
        return self.addresses.get(page.page_id, page.page_id)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        return self.transcripts.doubts if self.transcripts else ()

    @property
    def chunks(self) -> tuple[TopicChunk, ...]:
        return self.topic_chunks.chunks if self.topic_chunks else ()

    @property
    def moments(self) -> tuple[KeyMoment, ...]:
        return self.key_moments.moments if self.key_moments else ()

    @property
    def classes(self) -> tuple[Classification, ...]:
        return self.classifications.classifications if self.classifications else ()

    @property
    def groups(self) -> tuple[SynthesisGroup, ...]:
        return self.synthesis_groups.groups if self.synthesis_groups else ()

    @property
    def pages(self) -> tuple[TechniquePage, ...]:
        return self.technique_pages.pages if self.technique_pages else ()

    @property
    def unused(self) -> tuple[UnusedMoment, ...]:
        return self.technique_pages.unused if self.technique_pages else ()


class Member(Record):
    """A moment as a group or page holds it, which may be of another run than the moments of now."""

    moment_id: Text
    title: Text
    start_s: Seconds
    end_s: Seconds


class SeenChunk(Record):
    """`pause_s` and `drop` are of its beginning: silence before it, and how much the words change there, from 0 to 1
    (`lexical.lexical_drops`).

    They are None for the first chunk, and where there is no transcript to measure in. `categories` are those of its
    moments, most frequent first.
    """

    number: int
    first_segment: SegmentIndex
    last_segment: SegmentIndex
    start_s: Seconds
    end_s: Seconds
    label: Text
    summary: Text
    reason: Text
    pause_s: float | None
    drop: float | None
    moments: tuple[Text, ...]
    categories: tuple[Text, ...]


class SeenMoment(Record):
    """`chunk` and `group` are numbers, `page` is an address and `citation` its number there; None where it is in none.

    `left_out` is why it is on no page; empty where it is on one, and where there are no pages yet. `doubt` is why
    it may belong to another category, `doubted` why its words may be wrong; both empty where nobody doubts them.
    """

    moment_id: Text
    title: Text
    kind: Text
    start_s: Seconds
    end_s: Seconds
    quote: Text
    chunk: int | None
    category: Text | None
    tags: tuple[Text, ...]
    evidence: Text
    doubt: Text
    group: int | None
    page: Text | None
    citation: int | None
    left_out: Text
    doubted: Text


class SeenGroup(Record):
    """`part` of `parts` of its category; `split_by` says which bound made more than one of it."""

    number: int
    group_id: Text
    category: Text
    part: int
    parts: int
    split_by: Literal["", "count", "tokens"]
    tokens: int
    max_tokens: int
    why: Text
    moments: tuple[Member, ...]


class SeenPage(Record):
    """`groups` are those that its moments came from."""

    address: Text
    title: Text
    category: Text
    groups: tuple[int, ...]
    moments: tuple[Member, ...]


class LeftOut(Record):
    """`what` of which stage is missing further down, or does not fit to what is stored of the others, and why."""

    stage: StageName
    what: Text
    start_s: Seconds | None
    why: Text


class Inspection(Record):
    """All that can be seen of a video.

    `made_by` names what there is, `missing` the stages that have not run. `left_out` did not get onto a page by a
    decision; `out_of_step` is of another run than the rest, so it is not clear what becomes of it. `heard_share` is how
    much of the speech has words; None where nobody has compared them.
    """

    video: Video
    duration_s: Seconds
    made_by: dict[StageName, Text]
    missing: tuple[StageName, ...]
    heard_share: float | None
    doubts: tuple[Doubt, ...]
    chapters: tuple[Chapter, ...]
    chunks: tuple[SeenChunk, ...]
    moments: tuple[SeenMoment, ...]
    groups: tuple[SeenGroup, ...]
    pages: tuple[SeenPage, ...]
    left_out: tuple[LeftOut, ...]
    out_of_step: tuple[LeftOut, ...]
