"""OpenTelemetry: a span for each call of a language model, below one for the stage that asked, all of a run in one trace.

Switched on by OpenTelemetry's own variables, and by nothing else: without them no package of it is loaded. A span says
what the ledger's row says in figures and names; no prompt, no reply, no error's words, no header, no key.

A run's id is its trace's id, and a stage's span is named by what it is about, so that processes need not tell each other
of spans: a call that is made ahead of its stage, or outlives a killed one, still stands where it belongs.
"""

import atexit
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chrysopedia_assets.models.calls import Attempt, Completion, Dialect, Request, Result
from chrysopedia_assets.models.prompts import TASKS, Task
from chrysopedia_assets.models.records import StageName, content_hash
from resources.clients.llm.caller import Ledger

if TYPE_CHECKING:  # loaded where it is switched on
    from resources.clients.spans import Spans

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Where spans go to."""
OFF = "OTEL_SDK_DISABLED"
NEEDS = "OpenTelemetry is switched on, and not installed: pip install 'chrysopedia[otel]'. The run goes on without it."
LOST = "OpenTelemetry does not take a span (%s); the run goes on without such spans."
WRONG = "OpenTelemetry cannot be set up (%s): correct its variables, OTEL_*. The run goes on without it."

_log = logging.getLogger(__name__)


def traced(ledger: Ledger) -> Ledger:
    """A ledger whose calls are spans too, where that is switched on."""
    spans = _spans()
    return TracedLedger(ledger, spans) if spans else ledger


@contextmanager
def stage_span(run_id: str, stage: StageName, task: Task, video_id: str) -> Iterator[None]:
    """The work of one stage, above the calls that it makes."""
    spans = _spans()
    if spans is None:
        yield
        return
    started_ns, failed = time.time_ns(), True
    try:
        yield
        failed = False
    finally:
        about = {"chrysopedia.stage": stage, **_about(run_id, task, video_id)}
        place = _stage_place(run_id, task, video_id)
        with _harmless():
            spans.put(stage, about, started_ns, time.time_ns(), itself=place, failed=failed)


@dataclass
class TracedLedger:
    """Reused replies are no calls, and no spans."""

    ledger: Ledger
    spans: "Spans"
    _begun: dict[int, tuple[Attempt, Request, int]] = field(default_factory=dict)

    def reply(self, key: str) -> Completion | None:
        return self.ledger.reply(key)

    def dialect(self, endpoint: str, model: str) -> Dialect | None:
        return self.ledger.dialect(endpoint, model)

    def reuse(self, attempt: Attempt, request: Request) -> None:
        self.ledger.reuse(attempt, request)

    def begin(self, attempt: Attempt, request: Request) -> int:
        call_id = self.ledger.begin(attempt, request)
        self._begun[call_id] = attempt, request, time.time_ns()
        return call_id

    def end(self, call_id: int, result: Result) -> None:
        self.ledger.end(call_id, result)
        attempt, request, started_ns = self._begun.pop(call_id)
        label, run_id = attempt.label, attempt.run_id
        of_stage = run_id is not None and label.task in TASKS
        place = _stage_place(run_id, label.task, label.video_id) if run_id and of_stage else None
        with _harmless():
            self.spans.put(
                f"chat {attempt.model}",
                _of_call(call_id, attempt, request, result),
                started_ns,
                started_ns + int(result.latency_s * 1e9),
                below=place,
                failed=result.outcome != "ok",
                is_call=True,
            )


def close_telemetry() -> None:
    """Send what is left; a collector that does not answer is not waited for."""
    if _spans.cache_info().currsize:
        if spans := _spans():
            spans.close()
        _spans.cache_clear()


@lru_cache(maxsize=1)
def _spans() -> "Spans | None":
    """None where it is switched off, or not installed."""
    switched_on = any(os.environ.get(name) for name in VARIABLES)
    if not switched_on or os.environ.get(OFF, "").strip().lower() == "true":
        return None
    try:
        from resources.clients.spans import Spans

        spans = Spans()
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        _log.warning(NEEDS)
        return None
    except Exception as error:  # noqa: BLE001  # whatever its variables hold, no stage fails for it
        _log.warning(WRONG, type(error).__name__)
        return None
    atexit.register(close_telemetry)
    return spans


@contextmanager
def _harmless() -> Iterator[None]:
    """The work that a span is about has been done, and is not undone for the span."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        _say_lost(type(error).__name__)


@lru_cache
def _say_lost(why: str) -> None:
    _log.warning(LOST, why)


def _stage_place(run_id: str, task: str, video_id: str) -> tuple[int, int] | None:
    """The ids of trace and span; None for what is filed under no run of the graph."""
    try:
        trace_id = uuid.UUID(run_id).int
    except ValueError:
        return None
    return trace_id, int(content_hash(run_id, task, video_id), 16)


def _about(run_id: str | None, task: str, video_id: str) -> dict[str, Any]:
    return {
        "chrysopedia.run": run_id,
        "chrysopedia.task": task,
        "chrysopedia.video": video_id,
    }


def _of_call(call_id: int, attempt: Attempt, request: Request, result: Result) -> dict[str, Any]:
    """By the conventions for generative AI; what those have no word for is ours."""
    label, came = attempt.label, result.completion
    host, _, port = attempt.endpoint.partition("/")[0].rpartition(":")
    known = came is not None and came.finish_reason.isidentifier()  # else it may be any text
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.output.type": "text" if attempt.dialect.reply_format == "text" else "json",
        "gen_ai.request.model": attempt.model,
        "gen_ai.request.max_tokens": request.max_output_tokens,
        "gen_ai.request.temperature": request.temperature,
        "gen_ai.response.finish_reasons": (came.finish_reason,) if came and known else None,
        "gen_ai.usage.input_tokens": came.tokens_in if came else None,
        "gen_ai.usage.output_tokens": came.tokens_out if came else None,
        "gen_ai.usage.cache_read.input_tokens": came.tokens_cached if came else None,
        "server.address": host or port,
        "server.port": int(port) if host and port.isdecimal() else None,
        "error.type": None if result.outcome == "ok" else result.outcome,
        "chrysopedia.call": call_id,
        "chrysopedia.outcome": result.outcome,
        "chrysopedia.cost_usd": result.cost_usd,
        "chrysopedia.prompt_version": label.prompt_version,
        "chrysopedia.tried": label.tried,
        **_about(attempt.run_id, label.task, label.video_id),
    }
