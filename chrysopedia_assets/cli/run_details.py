"""One run in detail: its stages as rows, and its events with the calls of models in their place."""

from collections.abc import Mapping, Sequence
from typing import Any

from chrysopedia_assets.cli.output import shown_time
from chrysopedia_assets.models.runs import Run
from chrysopedia_assets.models.stage_defs import STAGE_OF
from resources.database import open_database
from resources.event_log import run_tables_on_disk
from resources.store.calls import calls_of_run
from resources.store.run_events import read_events


def stages_of(run: Run) -> list[dict[str, Any]]:
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
                "began": shown_time(row["at"]),
                "took_s": round(row["took"], 2) if "took" in row else None,
                **_of_calls(own),
            }
        )
    return rows


def _of_calls(calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    reused = sum(call["outcome"] == "reused" for call in calls)
    return {
        "calls": len(calls) - reused,
        "reused": reused,
        **{
            name: sum(call[name] or 0 for call in calls)
            for name in ("tokens_in", "tokens_out", "tokens_cached")
        },
        "cost_usd": round(sum(call["cost_usd"] or 0.0 for call in calls), 6),
        "unpriced": sum(call["cost_usd"] is None for call in calls),
    }


def events_of(run: Run) -> list[dict[str, Any]]:
    """In order of time; a call has the kind "call"."""
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
    return sorted(rows, key=lambda row: row["at"])


def _call_in_words(call: Mapping[str, Any]) -> str:
    """Which question, how it went, what it used."""
    took = "" if call["latency_s"] is None else f", {call['latency_s']:.1f} s"
    tokens = f"{call['tokens_in'] or 0} tokens in, {call['tokens_out'] or 0} out"
    error = f": {call['error']}" if call["error"] else ""
    return f"call {call['call_id']}: {call['subject']}, {call['model']}: {call['outcome']}, {tokens}{took}{error}"
