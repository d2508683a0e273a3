"""What a person chose to make anew, and what that comes to: no Dagster, so that a command can say it at once."""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.estimate import Estimate
from chrysopedia_assets.freshness.plan import Choice, ToRun, plan
from chrysopedia_assets.freshness.verdicts import EMBEDDED, Verdicts
from chrysopedia_assets.models.records import STAGES, StageName
from resources.freshness import Forecast, Look
from resources.store.database import Database
from resources.store.pages import list_pages


@dataclass(frozen=True)
class Budget:
    """US dollars or calls, whichever is given."""

    usd: float | None = None
    calls: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """ "5" or "2.50" is money, "200calls" are calls. Raises ConfigurationError."""
        found = re.fullmatch(r"\$?(?P<usd>\d+(\.\d+)?)|(?P<calls>\d+) ?calls?", text.strip())
        if found is None:
            raise ConfigurationError(
                f"{text!r} is no budget", cure="Give US dollars (2.50), or calls (200calls)."
            )
        usd, calls = found["usd"], found["calls"]
        return cls(float(usd) if usd else None, int(calls) if calls else None)


@dataclass(frozen=True)
class Choices:
    """What a person chose to refresh."""

    causes: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    limit: int | None = None
    budget: Budget | None = None

    @property
    def choice(self) -> Choice:
        """Raises ConfigurationError for a cause that there is none of."""
        return Choice.of_refresh(self.causes)


@dataclass(frozen=True)
class Planned:
    """`beyond` are videos that the limit left for later; `kept` those with an override in the way."""

    entries: tuple[ToRun, ...]
    estimate: Estimate
    beyond: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def as_rows(self, most: int) -> list[dict[str, str]]:
        """For tables: what has to run, and what is spared where that comes out equal."""
        return [
            {
                "video": entry.video_id,
                "for_sure": ", ".join(entry.surely),
                "unless_spared": ", ".join(s for s in entry.at_most if s not in entry.surely),
            }
            for entry in self.entries[:most]
        ]

    def as_record(self) -> dict[str, Any]:
        """For the record of refreshes: of which videos, and what that comes to."""
        videos = [entry.video_id for entry in self.entries]
        return {"videos": videos} | self.estimate.as_dict()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "videos": [
                {"video": e.video_id, "surely": list(e.surely), "at_most": list(e.at_most)}
                for e in self.entries
            ],
            "estimate": self.estimate.as_dict() | {"unknown": list(self.estimate.unknown)},
            "beyond_limit": list(self.beyond),
            "kept_overrides": list(self.kept),
        }


def plan_refresh(found: Look, choices: Choices, forecast: Forecast) -> Planned:
    """What there is to do, and what it will cost. Nothing is run. Raises ConfigurationError."""
    chosen = _chosen(found, choices.videos)
    everything = plan(chosen, choices.choice)
    if not choices.causes:
        _refuse_downgrade(chosen)
    to_do = [entry for entry in everything if entry.at_most]
    limit = len(to_do) if choices.limit is None else choices.limit
    entries = to_do[:limit]
    kept = tuple(entry.video_id for entry in everything if entry.kept)
    beyond = tuple(entry.video_id for entry in to_do[limit:])
    return Planned(tuple(entries), forecast(entries), beyond, kept)


def _refuse_downgrade(found: Verdicts) -> None:
    """Pages that were paid for are not replaced by the embedded engine's because a variable is missing in a shell."""
    videos = {
        video_id
        for video_id, by_stage in found.items()
        for verdict in by_stage.values()
        for root in verdict.roots
        if root.cause.kind == "settings"
        and str(root.cause.new).startswith(EMBEDDED)
        and not str(root.cause.old).startswith(EMBEDDED)
    }
    if videos:
        raise ConfigurationError(
            f"{len(videos)} videos were made by a language model, and the embedded engine would make them anew",
            cure="Set CHRYSOPEDIA_LLM_MODEL as it was (.env is read by every command), or say that this is meant:"
            " --cause settings",
        )


def _chosen(found: Look, videos: Collection[str]) -> Verdicts:
    if not videos:
        return found.verdicts
    return {video_id: by for video_id, by in found.verdicts.items() if video_id in videos}


def plan_rerun(
    found: Look, stage: StageName, videos: Collection[str], limit: int | None, forecast: Forecast
) -> Planned:
    """One stage of some videos, whatever it stands like, and below it what then has other inputs."""
    kept = [v for v in videos if found.verdicts[v][stage].word == "override"]
    to_do = [ToRun(v, (stage,), (stage, *below(stage))) for v in videos if v not in kept]
    entries = to_do[: len(to_do) if limit is None else limit]
    beyond = tuple(entry.video_id for entry in to_do[len(entries) :])
    return Planned(tuple(entries), forecast(entries), beyond, tuple(kept))


def complete_videos(
    found: Look, creator: str | None, category: str | None, database: Database
) -> list[str]:
    """Those of which every stage was made; of a creator, or with a page of a category. Raises ConfigurationError."""
    creators = {entry.video.creator for entry in found.videos.values()}
    if creator is not None and creator not in creators:
        raise ConfigurationError(
            f"there is no creator {creator}", cure=f"Known are {', '.join(sorted(creators))}."
        )
    videos = [
        video_id
        for video_id, entry in found.videos.items()
        if creator in (None, entry.video.creator)
        and all(verdict.made is not None for verdict in found.verdicts[video_id].values())
    ]
    if category is None:
        return videos
    with database.reading() as connection:
        of_category = {row["video"] for row in list_pages(connection, category=category)}
    if not of_category:
        raise ConfigurationError(
            f"there is no page of the category {category}",
            cure="`chrysopedia pages list` has each page's category.",
        )
    return [video_id for video_id in videos if video_id in of_category]


def stage_named(asked: str) -> StageName:
    """Raises ConfigurationError, with what is meant most likely."""
    for stage in STAGES:
        if stage == asked:
            return stage
    close = difflib.get_close_matches(asked, STAGES, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise ConfigurationError(
        f"there is no stage {asked}", cure=f"{meant}Stages: {', '.join(STAGES)}."
    )


def below(stage: StageName) -> tuple[StageName, ...]:
    """The stages after it."""
    return STAGES[STAGES.index(stage) + 1 :]
