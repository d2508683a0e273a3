"""Whether a stage's result for a video is still what its code would make of its present inputs, and if not, why.

Two answers for each (stage, video). One hop, as Dagster itself has it, cell for cell: `own_causes`. And the effective
verdict through all stages above, with its roots: what changed first. Everything is computed from versions that were
recorded; nothing here reads an event log or a database.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from chrysopedia_assets.models.records import StageName
from chrysopedia_assets.models.stage_defs import (
    NOT_HEARD,
    SOURCES,
    SPEECH_RECOGNITION,
    STAGE_DEFS,
    StageDef,
)

CauseKind = Literal[
    "missing",  # never made
    "lost",  # made, and no longer what is stored
    "code",
    "dependency",  # it reads something that it did not read then, or no longer reads it
    "input",  # a stage above gave another result
    "file",
    "recogniser",
    "prompt",
    "settings",
    "taxonomy",
]
KINDS: tuple[CauseKind, ...] = get_args(CauseKind)
Word = Literal["fresh", "stale", "missing", "override", "accepted"]
WORDS: tuple[Word, ...] = get_args(Word)
Status = Literal["FRESH", "STALE", "MISSING"]
"""Dagster's words, for one hop."""

EMBEDDED = "extractive"
"""How a version of settings begins where the embedded engine answers."""
NEVER_OBSERVED = "INITIAL"
"""What Dagster takes for the version of a source that nobody has observed."""


class Cause(NamedTuple):
    """Why a stage has to run. `subject` is what changed; `old` is the version that was read, `new` the present one."""

    kind: CauseKind
    subject: str
    old: str | None = None
    new: str | None = None


class Root(NamedTuple):
    """A cause, and the stage at which it takes effect."""

    stage: StageName
    cause: Cause


class Read(NamedTuple):
    """An input as it was read: its version, and the event that gave it (None where there was none)."""

    version: str
    event_id: int | None


class Made(NamedTuple):
    """What was recorded when a stage last gave a result, or a source of one video was last observed.

    Without a `code_version` nobody recorded what it was made from. `override` is the version of a prompt that was
    given for this video alone.
    """

    event_id: int
    at_s: float
    data_version: str | None
    code_version: str | None
    inputs: Mapping[str, Read]
    override: str | None = None


class Source(NamedTuple):
    """The present version of something observed, and since when it is that (seconds since 1970, if known)."""

    version: str
    since_s: float | None = None


@dataclass(frozen=True)
class Recorded:
    """Everything that a verdict looks at.

    `made` by stage (and source with a version for each video), then video; `older` gives the data version of events that were read and are
    no longer the newest; `stored` the version that our tables hold, by (video, stage), and None where nobody looked.
    """

    made: Mapping[str, Mapping[str, Made]]
    sources: Mapping[str, Source] = field(default_factory=dict)
    older: Mapping[tuple[str, str, int], str | None] = field(default_factory=dict)
    stored: Mapping[tuple[str, str], str] | None = None


class Accepted(NamedTuple):
    """Two versions of a source that a person has declared equal."""

    subject: str
    one: str
    other: str


class Verdict(NamedTuple):
    """`own` are the one-hop causes, as Dagster has them; `roots` is empty unless something has to run."""

    word: Word
    own: tuple[Cause, ...] = ()
    roots: tuple[Root, ...] = ()
    made: Made | None = None

    @property
    def status(self) -> Status:
        """What Dagster says of it."""
        if self.made is None:
            return "MISSING"
        return "STALE" if self.own else "FRESH"


Verdicts = Mapping[str, Mapping[StageName, Verdict]]
"""By video, then stage."""

_FRESH: dict[int, Verdict] = {}


def own_causes(stage: StageDef, video_id: str, made: Made, recorded: Recorded) -> tuple[Cause, ...]:
    """One hop; empty when the stage is fresh by its own inputs, though something above it may not be."""
    if made.code_version is None:
        return tuple(_causes_by_time(stage, video_id, made, recorded))
    found = []
    if made.code_version != stage.code_version:
        found.append(Cause("code", stage.name, made.code_version, stage.code_version))
    if made.inputs.keys() - set(stage.reads):
        gone = sorted(made.inputs.keys() - set(stage.reads))
        found += [Cause("dependency", name, made.inputs[name].version, None) for name in gone]
    for name in stage.reads:
        read = made.inputs.get(name)
        by_video = recorded.made.get(name)
        if read is None:
            found.append(Cause("dependency", name))
        elif by_video is not None:
            now = by_video.get(video_id)
            if now is None or read.event_id is None or now.event_id <= read.event_id:
                continue
            before = recorded.older.get((name, video_id, read.event_id))
            if before != now.data_version:
                found.append(
                    Cause(_kind(name, before, now.data_version), name, before, now.data_version)
                )
        else:
            source = recorded.sources.get(name)
            version = source.version if source else NEVER_OBSERVED
            if read.version != version:
                found.append(Cause(_kind(name, read.version, version), name, read.version, version))
    return tuple(found)


def _causes_by_time(
    stage: StageDef, video_id: str, made: Made, recorded: Recorded
) -> Iterable[Cause]:
    """Of a result that somebody reported without saying what it was made from: only times can tell."""
    for name in stage.reads:
        if name in SOURCES:
            continue
        now = recorded.made.get(name, {}).get(video_id)
        if now is None or now.at_s > made.at_s:
            yield Cause("input", name, None, now.data_version if now else None)


def _kind(name: str, old: str | None, new: str | None) -> CauseKind:
    """The settings of the embedded engine end with a hash of the taxonomy, which it takes its words from."""
    kind: CauseKind = SOURCES.get(name, "input")
    if kind == "settings" and old and new:
        who, whose = old.rpartition("-")[0], new.rpartition("-")[0]
        if who == whose and who.startswith(EMBEDDED):
            return "taxonomy"
    return kind


def verdicts(
    video_ids: Iterable[str],
    recorded: Recorded,
    *,
    accepted: Iterable[Accepted] = (),
    stages: Mapping[StageName, StageDef] = STAGE_DEFS,
) -> dict[str, dict[StageName, Verdict]]:
    """Every stage of every video; `stages` come in the order in which they run."""
    same = _Equal(accepted)
    return {video_id: _of_video(video_id, recorded, same, stages) for video_id in video_ids}


def _of_video(
    video_id: str, recorded: Recorded, same: "_Equal", stages: Mapping[StageName, StageDef]
) -> dict[StageName, Verdict]:
    found: dict[StageName, Verdict] = {}
    for name, stage in stages.items():
        made = recorded.made.get(name, {}).get(video_id)
        if made is None:
            missing = Root(name, Cause("missing", name))
            found[name] = Verdict("missing", (), (missing,))
            continue
        own = own_causes(stage, video_id, made, recorded)
        known = [known for cause in own for known in _known(cause, video_id, recorded)]
        causes = [cause for cause in known if not same(cause)]
        by_acceptance = len(causes) < len(known)
        if made.override is not None:
            causes = [cause for cause in causes if cause.kind != "prompt"]
        if recorded.stored is not None:
            stored = recorded.stored.get((video_id, name))
            if stored != made.data_version:
                causes.append(Cause("lost", name, made.data_version, stored))
        roots = _roots(name, causes, [found[read] for read in stage.reads if read in found])
        word: Word = "stale" if roots else "accepted" if by_acceptance else "fresh"
        found[name] = Verdict("override" if made.override is not None else word, own, roots, made)
    return found


def _known(cause: Cause, video_id: str, recorded: Recorded) -> Iterable[Cause]:
    """What is more than Dagster can know: a transcript from before anything was transcribed here, which it takes to have a
    new dependency until it is made anew, was made from a transcript file."""
    if cause != Cause("dependency", SPEECH_RECOGNITION):
        yield cause
        return
    now = recorded.made.get(SPEECH_RECOGNITION, {}).get(video_id)
    if now is not None and now.data_version != NOT_HEARD:
        yield Cause("recogniser", SPEECH_RECOGNITION, NOT_HEARD, now.data_version)


def _roots(
    name: StageName, causes: Iterable[Cause], parents: Iterable[Verdict]
) -> tuple[Root, ...]:
    roots = [Root(name, cause) for cause in causes]
    for parent in parents:
        if parent.roots:
            roots += parent.roots
    return tuple(dict.fromkeys(roots)) if roots else ()


class _Equal:
    """Whether a cause is only the difference between versions that count as one, directly or over others."""

    def __init__(self, accepted: Iterable[Accepted]) -> None:
        self._of: dict[tuple[str, str], tuple[str, str]] = {}
        for subject, one, other in accepted:
            self._of[self._first((subject, one))] = self._first((subject, other))

    def _first(self, version: tuple[str, str]) -> tuple[str, str]:
        while version in self._of and self._of[version] != version:
            version = self._of[version]
        return version

    def __call__(self, cause: Cause) -> bool:
        if not self._of or cause.old is None or cause.new is None or cause.subject not in SOURCES:
            return False
        return self._first((cause.subject, cause.old)) == self._first((cause.subject, cause.new))
