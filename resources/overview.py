"""The figures of the overview, as they are now: each from where it was first written, nothing kept for it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from chrysopedia_assets.freshness.summary import CHECK, JUDGEMENT, stale_by_cause, stale_pages
from chrysopedia_assets.freshness.words import why
from chrysopedia_assets.models.overview import (
    SHOWN_DAYS,
    WEEK_DAYS,
    Broken,
    CreatorRow,
    Day,
    NewPage,
    NewVideo,
    Overview,
    RunningNow,
    StaleCause,
)
from chrysopedia_assets.models.runs import VideoStanding, VideoState
from resources.event_log import event_log_on_disk, run_tables_on_disk
from resources.freshness import Look, look, refresh_cost
from resources.llm import month_spent
from resources.settings import month_budget_usd
from resources.store.check_results import results_by_day
from resources.store.costs import by_day
from resources.store.dagster_runs import unfinished_runs
from resources.store.database import Database
from resources.store.pages import made_since
from resources.store.videos import added_since
from resources.video_states import failed, video_states


def gather(database: Database, at: datetime) -> Overview:
    """Raises ConfigurationError for a setting that is wrong for all."""
    week = _first_of(WEEK_DAYS, at)
    found = look(event_log_on_disk(), database)
    standings = video_states(found, database)
    stale = set(stale_pages(found.verdicts))
    return Overview(
        at=at,
        states=_states(standings),
        pages=sum(standing.stored["pages"] for standing in standings),
        new_videos=_new_videos(database, week),
        new_pages=_new_pages(database, found, week),
        running=_running(),
        broken=_broken(found, standings),
        stale_videos=len(stale),
        stale=tuple(
            StaleCause(cause=why(root, found.since_s(root)), pages=videos)
            for root, videos in stale_by_cause(found.verdicts).items()
        ),
        refresh_cost=str(refresh_cost(found, database)),
        faults=tuple(sorted({str(error) for error in found.sources.broken.values()})),
        days=_days(database, at),
        spent_this_month_usd=month_spent().usd,
        budget_usd=month_budget_usd(),
        creators=_creators(standings, stale),
    )


def _first_of(days: int, at: datetime) -> datetime:
    """When the first of so many days began, the last of which is the day of `at`."""
    return datetime.combine((at - timedelta(days=days - 1)).date(), datetime.min.time(), UTC)


def _states(standings: Iterable[VideoStanding]) -> dict[VideoState, int]:
    """Zeros included."""
    counts = Counter(standing.state for standing in standings)
    return {state: counts[state] for state in get_args(VideoState)}


def _new_videos(database: Database, since: datetime) -> tuple[NewVideo, ...]:
    with database.reading() as connection:
        added = added_since(connection, since)
    return tuple(
        NewVideo(video_id=v.video_id, title=v.title, creator=v.creator, added_at=at)
        for v, at in added
    )


def _new_pages(database: Database, found: Look, since: datetime) -> tuple[NewPage, ...]:
    with database.reading() as connection:
        made = made_since(connection, since)
    return tuple(
        NewPage(
            page=page.address,
            title=page.title,
            creator=found.videos[page.video_id].video.creator,
            version=page.version,
            stored_at=page.stored_at,
        )
        for page in made
    )


def _running() -> tuple[RunningNow, ...]:
    return tuple(
        RunningNow(
            run_id=run.run_id,
            about=run.video_id or run.job,
            trigger=run.trigger,
            queued=run.state == "queued",
            since=run.started_at,
        )
        for run in unfinished_runs(run_tables_on_disk())
    )


def _broken(found: Look, standings: Sequence[VideoStanding]) -> tuple[Broken, ...]:
    return tuple(
        Broken(
            video_id=standing.video_id,
            title=found.videos[standing.video_id].video.title,
            stage=standing.failed_at,
            why=standing.why,
        )
        for standing in failed(standings)
    )


def _days(database: Database, at: datetime) -> tuple[Day, ...]:
    first = _first_of(SHOWN_DAYS, at)
    checked = results_by_day(event_log_on_disk(), first, judge=JUDGEMENT, without=CHECK)
    usd: Mapping[date, dict[str, float]] = defaultdict(dict)
    calls: Counter[date] = Counter()
    unpriced: Counter[date] = Counter()
    with database.reading() as connection:
        for row in by_day(connection, first):
            day = date.fromisoformat(row["day"])
            usd[day][row["task"]] = row["cost_usd"]
            calls[day] += row["calls"]
            unpriced[day] += row["unpriced"]
    days = []
    for number in range(SHOWN_DAYS):
        day = first.date() + timedelta(days=number)
        told = checked.get(day)
        days.append(
            Day(
                day=day,
                usd=usd.get(day, {}),
                calls=calls[day],
                unpriced=unpriced[day],
                passed=told.passed if told else 0,
                failed=told.failed if told else 0,
                judged=sum(told.judged) / len(told.judged) if told and told.judged else None,
            )
        )
    return tuple(days)


def _creators(standings: Sequence[VideoStanding], stale: set[str]) -> tuple[CreatorRow, ...]:
    """The one with the most videos first."""
    of: Mapping[str, list[VideoStanding]] = defaultdict(list)
    for standing in standings:
        of[standing.creator].append(standing)
    rows = (
        CreatorRow(
            creator=creator,
            videos=len(theirs),
            pages=sum(one.stored["pages"] for one in theirs),
            stale=sum(one.video_id in stale for one in theirs),
            broken=len(failed(theirs)),
        )
        for creator, theirs in of.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.videos, row.creator)))
