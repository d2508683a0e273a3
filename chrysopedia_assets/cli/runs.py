"""What ran: all runs or those of a video, one in full, and its events. All read before Dagster would be loaded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.output import (
    Json,
    one_line,
    plain,
    print_json,
    print_table,
    results,
    shown_time,
    shown_usd,
    unknown,
)
from chrysopedia_assets.cli.run_details import events_of, stages_of
from chrysopedia_assets.cli.run_names import Which, the_run
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import FRESH, Run, RunState, Trigger
from resources.database import open_database
from resources.event_log import run_tables_on_disk
from resources.store.costs import usage_by_run
from resources.store.dagster_runs import read_runs
from resources.store.run_events import count_events
from resources.store.videos import list_videos
from resources.work_without_run import WithoutRun, work_without_run

WHY_CHARS = 70


def list_command(
    video: Annotated[str | None, typer.Argument(help="Only the runs of this video.")] = None,
    state: Annotated[RunState | None, typer.Option(help="Only runs in this state.")] = None,
    trigger: Annotated[
        Trigger | None, typer.Option(help="Only runs that were started by this.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Runs, the newest first: how each went, what it made, what it used. `runs VIDEO` is short for `runs list VIDEO`."""
    if video is not None:
        _refuse_unknown(video)
    found = read_runs(
        run_tables_on_disk(),
        video,
        state=state,
        trigger=trigger,
        limit=limit,
    )
    told = _as_dicts(found)
    apart = work_without_run(open_database(), video)
    if as_json:
        print_json(
            {
                "runs": told,
                "without_run": [_without_run(work) for work in apart],
            }
        )
        return
    rows = [_as_row(run, its) for run, its in zip(found, told, strict=True)]
    print_table(rows, "No such run. Next: chrysopedia process", right=("cost_usd",))
    if apart:
        results.print("\nWork without a run:", highlight=False)
        print_table(
            [_without_run(work) | {"cost_usd": f"{work.used.cost_usd:.4f}"} for work in apart],
            "",
            right=("cost_usd",),
        )


def show_command(run: Which, as_json: Json = False) -> None:
    """Everything of one run: its stages with times and usage, its tags, why it failed and what to do next."""
    found = the_run(run)
    [told] = _as_dicts([found])
    stages = stages_of(found)
    if as_json:
        print_json({**told, "tags": dict(found.tags), "by_stage": stages})
        return
    for name, value in _facts(found, told).items():
        if value:
            results.print(plain(f"{name:10} {value}"), soft_wrap=True)
    results.print()
    print_table(stages, "No stage was begun.")
    if found.failure is not None:
        results.print()
        at = f" at {found.failure.stage}" if found.failure.stage else ""
        results.print(plain(f"Failed{at}: {found.failure.reason}", "red"), soft_wrap=True)
        if found.video_id:
            fresh = "--fresh " if FRESH in found.tags else ""
            told_next = f"Go on where it stopped: chrysopedia process {fresh}{found.video_id}"
            results.print(plain(told_next), soft_wrap=True)
    results.print(plain(f"Its events: chrysopedia events {found.name}"), soft_wrap=True)


def events_command(run: Which, as_json: Json = False) -> None:
    """The events of a run in order of time, with the calls of language models in their place."""
    found = the_run(run)
    rows = events_of(found)
    if as_json:
        print_json([row | {"at": _iso(row["at"])} for row in rows])
        return
    shown = [row | {"at": shown_time(row["at"], "milliseconds")} for row in rows]
    print_table(shown, "It has no events.")
    calls = sum(1 for row in rows if row["kind"] == "call")
    results.print(
        f"\n{len(rows) - calls} events, {calls} calls. Run {found.run_id}", highlight=False
    )


def _refuse_unknown(video_id: str) -> None:
    """A video that is gone may have runs still; one that never was has none."""
    with open_database().reading() as connection:
        known = [entry.video.video_id for entry in list_videos(connection)]
    if video_id not in known and not read_runs(run_tables_on_disk(), video_id, limit=1):
        raise unknown("video", video_id, known, "chrysopedia status")


def _as_dicts(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """For JSON: times as ISO, figures of the ledger beside what Dagster has on record."""
    run_ids = [run.run_id for run in runs]
    with open_database().reading() as connection:
        used = usage_by_run(connection, run_ids)
    events = count_events(run_tables_on_disk(), run_ids)
    return [_as_dict(run, used.get(run.run_id, Usage()), events[run.run_id]) for run in runs]


def _as_dict(run: Run, used: Usage, events: int) -> dict[str, Any]:
    took = run.took(datetime.now(UTC))
    return {
        "run_id": run.run_id,
        "video": run.video_id,
        "number": run.number,
        "job": run.job,
        "trigger": run.trigger,
        "state": run.state,
        "created_at": _iso(run.created_at),
        "started_at": _iso(run.started_at),
        "ended_at": _iso(run.ended_at),
        "took_s": None if took is None else round(took.total_seconds(), 1),
        "stages": list(run.stages),
        "failed_at": run.failure.stage if run.failure else None,
        "why": run.failure.reason if run.failure else None,
        "refresh": run.refresh_id,
        "tries_again": run.tries_again,
        **_figures(used),
        "events": events,
    }


def _as_row(run: Run, told: dict[str, Any]) -> dict[str, Any]:
    """For a table: the name of a run is what other commands take."""
    why = one_line(told["why"] or "")
    return {
        "run": run.name if run.video_id else f"{run.name} ({run.job})",
        "trigger": run.trigger,
        "state": run.state,
        "started": shown_time(run.started_at or run.created_at),
        "took": _duration(told["took_s"]),
        "stages": _stages_in_words(run.stages),
        "calls": told["calls"],
        "tokens_in": told["tokens_in"],
        "out": told["tokens_out"],
        "cached": told["tokens_cached"],
        "cost_usd": f"{told['cost_usd']:.4f}",
        "unpriced": told["unpriced"],
        "events": told["events"],
        "failed_at": told["failed_at"],
        "why": why if len(why) <= WHY_CHARS else f"{why[:WHY_CHARS]}...",
    }


def _facts(run: Run, told: dict[str, Any]) -> dict[str, str | None]:
    return {
        "run": f"{run.name}  {run.run_id}",
        "state": run.state,
        "trigger": run.trigger,
        "job": None if run.video_id else run.job,
        "started": shown_time(run.started_at),
        "ended": shown_time(run.ended_at),
        "took": _duration(told["took_s"]),
        "used": (
            f"{told['calls']} calls, {told['reused']} replies from the ledger, {told['tokens_in']} tokens in, "
            f"{told['tokens_out']} out, {told['tokens_cached']} cached, {shown_usd(told['cost_usd'], told['unpriced'])}"
        ),
        "refresh": run.refresh_id,
        "again": run.tries_again and f"tries {run.tries_again} again",
        "tags": ", ".join(f"{name}: {value}" for name, value in sorted(run.tags.items())),
    }


def _figures(used: Usage) -> dict[str, Any]:
    """The cost is of the calls whose price is known; `unpriced` are the others."""
    return {
        "calls": used.calls,
        "reused": used.reused,
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "tokens_cached": used.tokens_cached,
        "cost_usd": round(used.cost_usd, 6),
        "unpriced": used.unpriced,
    }


def _without_run(work: WithoutRun) -> dict[str, Any]:
    return {"work": work.work, "stored_stages": work.results, **_figures(work.used)}


def _stages_in_words(stages: Sequence[str]) -> str:
    """All six are told by their number."""
    done = [stage for stage in STAGES if stage in stages]
    others = [stage for stage in stages if stage not in STAGES]
    if len(done) == len(STAGES):
        return "all 6"
    return ", ".join(dict.fromkeys([*done, *others]))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
