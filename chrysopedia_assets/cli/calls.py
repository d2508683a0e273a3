"""Commands on single calls of language models: which there were, what one asked and was answered, its fixture."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from rich.rule import Rule
from rich.text import Text

from chrysopedia_assets.cli.output import (
    PAGE_WIDTH,
    Json,
    plain,
    print_json,
    print_table,
    results,
    shown_time,
    unknown,
)
from chrysopedia_assets.models.calls import Outcome
from chrysopedia_assets.models.prompts import PROMPT_NAMES
from chrysopedia_assets.models.stage_defs import STAGE_OF

if TYPE_CHECKING:
    from resources.store.calls import KeptCall

MOST = 2**31 - 1
"""A larger number is no call's: the database counts no further."""
CallId = Annotated[
    int, typer.Argument(min=1, max=MOST, help="The call's number, as in `calls list`.")
]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
TASKS = (*PROMPT_NAMES, "check")
INDENT = 14


def list_command(
    run: Annotated[
        str | None,
        typer.Option(help="Only calls of this run: VIDEO#NUMBER, or the beginning of its id."),
    ] = None,
    video: Annotated[str | None, typer.Option(help="Only calls about this video.")] = None,
    task: Annotated[
        str | None, typer.Option(help="Only calls of this task, or of its stage.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only calls that went so: ok, reused, truncated, ...")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many.")] = 20,
    as_json: Json = False,
) -> None:
    """Calls of language models, the newest first: what each was about, how it went, what it cost."""
    from chrysopedia_assets.cli.run_names import run_id_of
    from resources.database import open_database
    from resources.store.calls import Which, list_calls, videos_of_calls

    which = Which(video, run=run and run_id_of(run), task=_task(task), outcome=_outcome(outcome))
    with open_database().reading() as connection:
        rows = list_calls(connection, which, limit)
        known = videos_of_calls(connection) if video and not rows else []
    if video and not rows and video not in known:
        raise unknown("call about", video, known, "chrysopedia calls list")
    if as_json:
        print_json([row | {"started_at": row["started_at"].isoformat()} for row in rows])
        return
    for row in rows:
        row["started_at"] = shown_time(row["started_at"])
        row["cost_usd"] = None if row["cost_usd"] is None else f"{row['cost_usd']:.4f}"
    print_table(rows, "No such calls.")
    if rows:
        results.print("Read one: chrysopedia calls show CALL", highlight=False)


def show_command(call: CallId, as_json: Json = False) -> None:
    """What one call asked, word for word, and what came back; of a reused reply also who was paid for it."""
    found = _found(call)
    if as_json:
        print_json(_as_json(found))
        return
    results.print(plain(f"Call {found.call_id}: {found.outcome}", "bold"))
    for name, value in _facts(found):
        _say(Text.assemble((f"{name:{INDENT}}", "dim"), plain(value)))
    if found.request is None:
        _section("Request", _why_no_request(found), said=False)
    else:
        for message in found.request.messages:
            _section(message.role.capitalize(), message.content)
    reply, why = _reply(found)
    _section("Reply", reply or why, said=bool(reply))


def export_command(
    call: CallId,
    out: Annotated[Path | None, typer.Option(help="A folder; default: the current folder.")] = None,
) -> None:
    """Write the fixture of the call's stage and video, and say whether it asks this very request."""
    from chrysopedia_assets.cli.library import known_videos
    from chrysopedia_assets.cli.prompt.export import fixture_of_now, put
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.harness.same_request import Asking, compare
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import look
    from resources.settings import llm_settings
    from resources.store.ledger import Ledger

    found = _found(call)
    stage = {str(task): stage for task, stage in STAGE_OF.items()}.get(found.task)
    if stage is None:
        raise ConfigurationError(
            f"call {call} is of {found.task}, which is no stage's",
            cure=f"Only what a stage asks has a fixture; read it: chrysopedia calls show {call}",
        )
    videos = known_videos([found.video_id])
    seen = look(event_log_on_disk(), open_database(), videos)
    fixture = fixture_of_now(seen, stage, found.video_id)
    path = put(fixture, (out or Path()) / f"{fixture.name}.json")
    results.print(str(path), markup=False, highlight=False, soft_wrap=True)
    now = Asking(seen.sources.prompts[fixture.task], llm_settings().extra)
    _say(plain(compare(found, fixture, now, Ledger(open_database()).reply).why))


def _task(asked: str | None) -> str | None:
    of_stage = {str(stage): task for task, stage in STAGE_OF.items()}
    task = of_stage.get(asked or "", asked)
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS, ", ".join(TASKS))
    return task


def _outcome(asked: str | None) -> Outcome | None:
    if asked is not None and asked not in OUTCOMES:
        raise unknown("outcome", asked, OUTCOMES, ", ".join(OUTCOMES))
    return asked  # type: ignore[return-value]  # one of them


def _found(call_id: int) -> "KeptCall":
    from resources.database import open_database
    from resources.store.calls import find_call, newest_call

    with open_database().reading() as connection:
        found = find_call(connection, call_id)
        newest = newest_call(connection)
    if found is None:
        known = [] if newest is None else [str(newest)]
        raise unknown("call", str(call_id), known, "chrysopedia calls list")
    return found


def _facts(call: "KeptCall") -> Iterator[tuple[str, str]]:
    yield "about", f"{call.task} of {call.video_id}: {call.subject}"
    yield "started", shown_time(call.started_at)
    yield "asked", f"{call.model} at {call.endpoint}, try {call.tried}"
    if asked := call.request:
        yield "parameters", ", ".join(f"{name} {value}" for name, value in _parameters(call))
    yield "prompt", call.prompt_version or "none"
    yield "run", call.run_id or "none"
    if call.outcome == "reused":
        yield "cost", f"nothing: {_who_paid(call)}"
    else:
        yield "tokens", _tokens(call)
        took = "unknown" if call.latency_s is None else f"{call.latency_s:.2f} s"
        cost = "unknown" if call.cost_usd is None else f"US$ {call.cost_usd:.6f}"
        yield "cost", f"{cost}, took {took}"
    if asked and asked.sample:
        yield "sample", str(asked.sample)
    if call.error:
        yield "error", call.error


def _parameters(call: "KeptCall") -> Iterator[tuple[str, Any]]:
    assert call.request, "asked for only where it is kept"
    if call.request.temperature is not None:
        yield "temperature", call.request.temperature
    yield "at most", f"{call.request.max_output_tokens} tokens"
    if call.outcome != "reused":
        yield "held to", call.reply_format
    yield "schema", call.request.schema_name
    if call.request.thinks:
        yield "thinks", "first"
    if call.request.extra:
        yield "and", json.dumps(call.request.extra, ensure_ascii=False)


def _tokens(call: "KeptCall") -> str:
    if call.tokens_in is None and call.tokens_out is None:
        return "unknown"
    cached = (
        "" if call.tokens_cached is None else f" ({call.tokens_cached} from the server's cache)"
    )
    return f"{call.tokens_in or 0} in{cached}, {call.tokens_out or 0} out"


def _who_paid(call: "KeptCall") -> str:
    paid = call.paid_by
    if paid is None:
        return "the reply was in the ledger"
    cost = "at an unknown price" if paid.cost_usd is None else f"for US$ {paid.cost_usd:.6f}"
    return f"call {paid.call_id} paid for the reply, {cost} ({_tokens(paid)})"


def _why_no_request(call: "KeptCall") -> str:
    if call.answer and call.answer.reply is not None:
        return "What was asked was never kept: the call was made by an older version."
    return (
        "What was asked is not on record: it was dropped (chrysopedia prune), or the call was made by an older"
        " version, which kept none."
    )


def _reply(call: "KeptCall") -> tuple[str, str]:
    """The reply, and in its absence why there is none."""
    if call.outcome == "started":
        return "", "None yet: the call is under way, or its process was stopped."
    if call.answer is None:
        return "", "None came, or none that was kept."
    if call.answer.reply is None:
        return "", "It was dropped (chrysopedia prune)."
    refusal = f"(refusal) {call.answer.refusal}" if call.answer.refusal else ""
    return "\n".join(part for part in (_readable(call.answer.reply), refusal) if part), "Empty."


def _readable(reply: str) -> str:
    """JSON over several lines; anything else as it is."""
    try:
        return json.dumps(json.loads(reply), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return reply


def _section(title: str, text: str, *, said: bool = True) -> None:
    """What was said as it was said, what we say of it dimmed."""
    results.print()
    _say(Rule(title, align="left", style="dim"))
    _say(plain(text, "" if said else "dim"))


def _say(what: Text | Rule) -> None:
    results.print(what, width=min(results.width, PAGE_WIDTH))


def _as_json(call: "KeptCall") -> dict[str, Any]:
    """`reply` of a reused one is that of the call that paid."""
    found = asdict(call) | {"started_at": call.started_at.isoformat()}
    found["request"] = call.request.model_dump(mode="json") if call.request else None
    found["why_no_request"] = None if call.request else _why_no_request(call)
    found["paid_by"] = call.paid_by.call_id if call.paid_by else None
    found["reply"] = call.answer.reply if call.answer else None
    found["why_no_reply"] = _reply(call)[1] if found["reply"] is None else None
    return found
