"""What ran: all runs or those of a video, one in full, and its events. All read before Dagster would be loaded."""

from collections.abc import Mapping, Sequence
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
    unknown,
)
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.calls import Usage
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import Run, RunState, Trigger
from chrysopedia_assets.models.stage_defs import STAGE_OF
from resources.database import open_database
from resources.event_log import run_tables_on_disk
from resources.store.calls import calls_of_run
from resources.store.costs import usage_of_runs
from resources.store.dagster_runs import count_events, find_runs, read_events, read_runs
from resources.store.videos import list_videos
from resources.work_without_run import WithoutRun, work_without_run

WHY_CHARS = 70
LISTED_BY = "chrysopedia runs"

Which = Annotated[
    str, typer.Argument(metavar="RUN", help="VIDEO#NUMBER, or the beginning of a run's id.")
]


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
    apart = work_without_run(open_database(), video)
    if as_json:
        print_json(
            {
                "runs": [_as_dict(run) for run in found],
                "without_run": [_without_run(work) for work in apart],
            }
        )
        return
    print_table([_as_row(run) for run in found], "No such run. Next: chrysopedia process")
    if apart:
        results.print("\nWork without a run:", highlight=False)
        print_table([_without_run(work) for work in apart], "")


def show_command(run: Which, as_json: Json = False) -> None:
    """Everything of one run: its stages with times and usage, its tags, why it failed and what to do next."""
    found = _the_run(run)
    stages = _stages(found)
    if as_json:
        print_json({**_as_dict(found), "tags": dict(found.tags), "by_stage": stages})
        return
    for name, value in _facts(found).items():
        if value:
            results.print(plain(f"{name:10} {value}"), soft_wrap=True)
    results.print()
    print_table(stages, "No stage was begun.")
    if found.failure is not None:
        results.print()
        at = f" at {found.failure.stage}" if found.failure.stage else ""
        results.print(plain(f"Failed{at}: {found.failure.reason}", "red"), soft_wrap=True)
        if found.video_id:
            results.print(
                plain(f"Go on where it stopped: chrysopedia process {found.video_id}"),
                soft_wrap=True,
            )
    results.print(plain(f"Its events: chrysopedia events {found.name}"), soft_wrap=True)


def events_command(run: Which, as_json: Json = False) -> None:
    """The events of a run in order of time, with the calls of language models in their place."""
    found = _the_run(run)
    rows = _events(found)
    if as_json:
        print_json(rows)
        return
    shown = [row | {"at": row["at"][11:23]} for row in rows]
    print_table(shown, "It has no events.")
    calls = sum(1 for row in rows if row["kind"] == "call")
    results.print(
        f"\n{len(rows) - calls} events, {calls} calls. Run {found.run_id}", highlight=False
    )


def _the_run(name: str) -> Run:
    """The one that is meant. Raises ConfigurationError for none, or for more than one."""
    found = find_runs(run_tables_on_disk(), name)
    if len(found) > 1:
        raise ConfigurationError(
            f"{len(found)} runs begin with {name}", cure=f"Give more of the id. List them: {LISTED_BY}"
        )  # fmt: skip
    if not found:
        known = [run.name for run in read_runs(run_tables_on_disk(), limit=100)]
        raise unknown("run", name, known, LISTED_BY)
    return found[0]


def _refuse_unknown(video_id: str) -> None:
    """A video that is gone may have runs still; one that never was has none."""
    with open_database().reading() as connection:
        known = [entry.video.video_id for entry in list_videos(connection)]
    if video_id not in known and not read_runs(run_tables_on_disk(), video_id, limit=1):
        raise unknown("video", video_id, known, "chrysopedia status")


def _as_dict(run: Run) -> dict[str, Any]:
    """For JSON: times as ISO, figures of the ledger beside what Dagster has on record."""
    used, took = _used(run), run.took(datetime.now(UTC))
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
        "events": count_events(run_tables_on_disk(), run.run_id),
    }


def _as_row(run: Run) -> dict[str, Any]:
    """For a table: the name of a run is what other commands take."""
    told = _as_dict(run)
    began = run.started_at or run.created_at
    why = one_line(told["why"] or "")
    return {
        "run": run.name if run.video_id else f"{run.name} ({run.job})",
        "trigger": run.trigger,
        "state": run.state,
        "started": _local(began),
        "took": _duration(told["took_s"]),
        "stages": _stages_in_words(run.stages),
        "calls": told["calls"],
        "tokens_in": told["tokens_in"],
        "out": told["tokens_out"],
        "cached": told["tokens_cached"],
        "cost_usd": "unknown" if told["cost_usd"] is None else f"{told['cost_usd']:.4f}",
        "events": told["events"],
        "failed_at": told["failed_at"],
        "why": why if len(why) <= WHY_CHARS else f"{why[:WHY_CHARS]}...",
    }


def _facts(run: Run) -> dict[str, str | None]:
    told = _as_dict(run)
    cost = "US$ unknown" if told["cost_usd"] is None else f"US$ {told['cost_usd']:.4f}"
    return {
        "run": f"{run.name}  {run.run_id}",
        "state": run.state,
        "trigger": run.trigger,
        "job": None if run.video_id else run.job,
        "started": _local(run.started_at),
        "ended": _local(run.ended_at),
        "took": _duration(told["took_s"]),
        "used": (
            f"{told['calls']} calls, {told['reused']} replies from the ledger, {told['tokens_in']} tokens in, "
            f"{told['tokens_out']} out, {told['tokens_cached']} cached, {cost}"
        ),
        "refresh": run.refresh_id,
        "again": run.tries_again and f"tries {run.tries_again} again",
        "tags": ", ".join(f"{name}: {value}" for name, value in sorted(run.tags.items())),
    }


def _stages(run: Run) -> list[dict[str, Any]]:
    """Of each stage that was begun, when, how long, how it ended, and what it used."""
    begun: dict[str, dict[str, Any]] = {}
    with open_database().reading() as connection:
        calls = calls_of_run(connection, run.run_id)
    for event in read_events(run_tables_on_disk(), run.run_id):
        if event.stage is None:
            continue
        if event.kind == "step_start":
            begun[event.stage] = {"stage": event.stage, "state": "running", "at": event.at}
        elif event.stage in begun and event.kind in ("step_success", "step_failure"):
            begun[event.stage] |= {"state": "done" if event.kind == "step_success" else "failed"}
            begun[event.stage]["took"] = (event.at - begun[event.stage]["at"]).total_seconds()
    ended = {"error": "killed", "cancelled": "cancelled"}
    rows = []
    for stage, row in begun.items():
        own = [call for call in calls if STAGE_OF.get(call["task"]) == stage]
        state = row["state"] if row["state"] != "running" else ended.get(run.state, "running")
        rows.append(
            {
                "stage": stage,
                "state": state,
                "began": _local(row["at"]),
                "took_s": round(row["took"], 2) if "took" in row else None,
                **_of_calls(own),
            }
        )
    return rows


def _of_calls(calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sent = [call for call in calls if call["outcome"] != "reused"]
    return {
        "calls": len(sent),
        "reused": len(calls) - len(sent),
        **{
            name: sum(call[name] or 0 for call in calls)
            for name in ("tokens_in", "tokens_out", "tokens_cached")
        },
        "cost_usd": None
        if any(call["cost_usd"] is None for call in sent)
        else round(sum(call["cost_usd"] for call in sent), 6),
    }


def _events(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"at": event.at, "kind": event.kind, "stage": event.stage, "message": event.message}
        for event in read_events(run_tables_on_disk(), run.run_id)
    ]
    with open_database().reading() as connection:
        rows += [
            {
                "at": call["started_at"],
                "kind": "call",
                "stage": STAGE_OF.get(call["task"], call["task"]),
                "message": _call_in_words(call),
            }
            for call in calls_of_run(connection, run.run_id)
        ]
    ordered = sorted(rows, key=lambda row: row["at"])
    return [row | {"at": row["at"].isoformat()} for row in ordered]


def _call_in_words(call: Mapping[str, Any]) -> str:
    """Which question, how it went, what it used."""
    took = "" if call["latency_s"] is None else f", {call['latency_s']:.1f} s"
    tokens = f"{call['tokens_in'] or 0} tokens in, {call['tokens_out'] or 0} out"
    error = f": {call['error']}" if call["error"] else ""
    return f"call {call['call_id']}: {call['subject']}, {call['model']}: {call['outcome']}, {tokens}{took}{error}"


def _used(run: Run) -> Usage:
    with open_database().reading() as connection:
        return usage_of_runs(connection, [run.run_id])


def _figures(used: Usage) -> dict[str, Any]:
    """What is unpriced has no known cost."""
    return {
        "calls": used.calls,
        "reused": used.reused,
        "tokens_in": used.tokens_in,
        "tokens_out": used.tokens_out,
        "tokens_cached": used.tokens_cached,
        "cost_usd": None if used.unpriced else round(used.cost_usd, 6),
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


def _local(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else ""


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
