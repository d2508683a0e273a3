"""From verdicts to what has to run: at once for sure, and at most if every result comes out different.

What belongs here: choosing (stage, video) pairs. What does not: running them, or what they cost (`estimate.py`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.verdicts import KINDS, Root, Verdict, Verdicts
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import SOURCES, STAGE_DEFS

ByStage = Mapping[StageName, Verdict]


@dataclass(frozen=True)
class Choice:
    """Which causes count: `only` are kinds of causes or names of what changed (none: all); `never` are kinds."""

    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    @classmethod
    def of(cls, causes: Collection[str], *, never: Collection[str] = ()) -> "Choice":
        """Of what a person has named. Raises ConfigurationError for a cause that there is none of."""
        for name in causes:
            if name not in KINDS and name not in SOURCES and name not in STAGES:
                raise ConfigurationError(
                    f"there is no cause {name}",
                    cure=f"Kinds of causes: {', '.join(KINDS)}. Or name what changed: {', '.join(SOURCES)}.",
                )
        return cls(frozenset(causes), frozenset(never))

    @classmethod
    def of_refresh(cls, causes: Collection[str]) -> "Choice":
        """Those that a person has named, else all but `missing`: what was never made is for `process`.

        Raises ConfigurationError for a cause that there is none of.
        """
        return cls.of(causes, never=() if causes else ("missing",))

    def __call__(self, root: Root) -> bool:
        cause = root.cause
        if cause.kind in self.never:
            return False
        return not self.only or cause.kind in self.only or cause.subject in self.only


EVERYTHING = Choice()


@dataclass(frozen=True)
class ToRun:
    """The stages of one video, in order. `surely` has causes of its own; the rest of `at_most` is below it, and is
    spared where what is above comes out equal. `kept` have an override, which nobody but a person takes back.
    """

    video_id: str
    surely: tuple[StageName, ...]
    at_most: tuple[StageName, ...]
    kept: tuple[StageName, ...] = ()


def to_run(video_id: str, by_stage: ByStage, choice: Choice = EVERYTHING) -> ToRun:
    """What the chosen causes ask for. Only stages with a chosen root count, whatever else is out of date."""
    surely: list[StageName] = []
    at_most: list[StageName] = []
    kept: list[StageName] = []
    for stage, verdict in by_stage.items():
        chosen = [root for root in verdict.roots if choice(root)]
        if verdict.word == "override":
            if chosen:
                kept.append(stage)
            continue
        above = [name for name in STAGE_DEFS[stage].reads if name in at_most]
        if any(root.stage == stage for root in chosen):
            surely.append(stage)
            at_most.append(stage)
        elif chosen and above:
            at_most.append(stage)
    return ToRun(video_id, tuple(surely), tuple(at_most), tuple(kept))


def plan(found: Verdicts, choice: Choice = EVERYTHING) -> list[ToRun]:
    """One entry for each video that has something to run; those with an override in the way have it named."""
    planned = (to_run(video_id, by_stage, choice) for video_id, by_stage in found.items())
    return [entry for entry in planned if entry.at_most or entry.kept]


def next_stages(
    by_stage: ByStage, wanted: Collection[StageName] = STAGES, choice: Choice = EVERYTHING
) -> list[StageName]:
    """The stages to run next, in order: the first that has a cause of its own, and those after it that have to run
    whatever it gives (never made, lost, other code, another prompt).

    A stage below that is stale only through an input may turn out fresh once that input is made again (early
    cut-off), so it is left for the next look. Empty when nothing wanted has to run.
    """
    chosen: list[StageName] = []
    for stage, verdict in by_stage.items():
        if stage not in wanted or verdict.word == "override":
            continue
        own = [
            root.cause.kind
            for root in verdict.roots
            if root.stage == stage and (root.cause.kind == "input" or choice(root))
        ]
        whatever = any(kind not in ("input", "file", "recogniser") for kind in own)
        if chosen and not whatever:
            break
        if own:
            chosen.append(stage)
    return chosen


def is_unfinished(by_stage: ByStage) -> bool:
    """Whether something of the video was never made, or was lost, or its file is another: work that is not optional."""
    kinds = {root.cause.kind for verdict in by_stage.values() for root in verdict.roots}
    return bool(kinds & {"missing", "lost", "file"})


def count_by_cause(entries: Iterable[tuple[str, Root]]) -> dict[Root, int]:
    """How many videos each root makes stale, the most first."""
    videos: dict[Root, set[str]] = {}
    for video_id, root in entries:
        videos.setdefault(root, set()).add(video_id)
    return dict(sorted(((root, len(ids)) for root, ids in videos.items()), key=lambda c: -c[1]))
