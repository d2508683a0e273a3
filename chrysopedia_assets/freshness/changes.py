"""What one change has made out of date and what it has made fresh again: the verdicts before it and after it.

What belongs here: comparing verdicts. What does not: what running it costs (`estimate.py`), words for people.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from chrysopedia_assets.freshness.verdicts import Verdict, Verdicts, Word
from chrysopedia_assets.models.records import STAGES, StageName

GOOD: tuple[Word, ...] = ("fresh", "accepted")

ByStage = Mapping[StageName, tuple[str, ...]]


@dataclass(frozen=True)
class Changes:
    """By stage, the videos. `stale` and `fresh` are the change's own doing; `still` were out of date before, and what
    changed is a cause of it now too. `to_run` are the verdicts of `stale` alone, for a plan.
    """

    stale: ByStage
    fresh: ByStage
    still: ByStage
    to_run: Verdicts


def changes(before: Verdicts, after: Verdicts, changed: Collection[str]) -> Changes:
    """`changed` are the sources that have another version than before."""

    def cells(holds: Callable[[Verdict, Verdict], bool]) -> ByStage:
        found = {
            stage: tuple(
                video_id
                for video_id, by_stage in after.items()
                if video_id in before and holds(before[video_id][stage], by_stage[stage])
            )
            for stage in STAGES
        }
        return {stage: videos for stage, videos in found.items() if videos}

    def has_the_cause(verdict: Verdict) -> bool:
        return any(root.cause.subject in changed for root in verdict.roots)

    stale = cells(lambda old, new: old.word in GOOD and new.word == "stale")
    videos = dict.fromkeys(video_id for of_stage in stale.values() for video_id in of_stage)
    return Changes(
        stale=stale,
        fresh=cells(lambda old, new: old.word == "stale" and new.word in GOOD),
        still=cells(lambda old, new: old.word == new.word == "stale" and has_the_cause(new)),
        to_run={
            video_id: {
                stage: verdict
                for stage, verdict in after[video_id].items()
                if video_id in stale.get(stage, ())
            }
            for video_id in videos
        },
    )
