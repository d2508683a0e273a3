"""The OpenTelemetry packages: spans out over OTLP/HTTP, in the background, and without ever being in anybody's way.

What belongs here: those packages, and what becomes of a collector that does not answer. What does not: what is said in
a span (`resources.telemetry`). Whoever imports this needs the extra `otel`.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

TIMEOUT_S = 3.0
"""Of one attempt to get rid of spans, waiting included; a command may end that much later for it."""
TIMEOUT_VARIABLES = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
SERVICE = "OTEL_SERVICE_NAME"

Place = tuple[int, int]
"""The ids of a trace and of a span in it."""

_log = logging.getLogger(__name__)
_itself: ContextVar[Place | None] = ContextVar("itself", default=None)


class Spans:
    """Safe to use from many threads. Spans are put when they are over, with the times that they had."""

    def __init__(self) -> None:
        # What the packages log tells of addresses, once for each attempt; ours tells once, and no address.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        named = {} if os.environ.get(SERVICE) else {"service.name": "chrysopedia"}
        patient = any(os.environ.get(name) for name in TIMEOUT_VARIABLES)
        self._exporter = _Unhurried(OTLPSpanExporter(timeout=None if patient else TIMEOUT_S))
        self._provider = TracerProvider(
            resource=Resource.create(named), id_generator=_Ids(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("chrysopedia")

    def put(
        self,
        name: str,
        attributes: Mapping[str, Any],
        started_ns: int,
        ended_ns: int,
        *,
        itself: Place | None = None,
        below: Place | None = None,
        failed: bool = False,
        is_call: bool = False,
    ) -> None:
        """`itself` is where the span stands, if that has to be told; `below` where its parent does."""
        token = _itself.set(itself)
        try:
            span = self._tracer.start_span(
                name,
                context=_under(below),
                kind=trace.SpanKind.CLIENT if is_call else trace.SpanKind.INTERNAL,
                attributes={key: value for key, value in attributes.items() if value is not None},
                start_time=started_ns,
            )
        finally:
            _itself.reset(token)
        if failed:
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended_ns)

    def close(self) -> None:
        self._exporter.closing = True
        self._provider.shutdown()


class _Unhurried(SpanExporter):
    """Says once that a collector does not take what it is sent; and does not try again when the process ends."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._fails = self._told = self.closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.closing and self._fails:
            return SpanExportResult.FAILURE
        found = self._exporter.export(spans)
        self._fails = found is not SpanExportResult.SUCCESS
        if self._fails and not self._told:
            self._told = True
            _log.warning(
                "The OpenTelemetry collector does not take our spans (OTEL_EXPORTER_OTLP_ENDPOINT);"
                " the run goes on without them."
            )
        return found

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Ids(RandomIdGenerator):
    """Random, but for a span whose place is set."""

    def generate_trace_id(self) -> int:
        place = _itself.get()
        return place[0] if place else super().generate_trace_id()

    def generate_span_id(self) -> int:
        place = _itself.get()
        return place[1] if place else super().generate_span_id()


def _under(place: Place | None) -> Any:
    """The context of a span that some process has put, or will put; none is a trace of its own."""
    if place is None:
        return trace.set_span_in_context(trace.INVALID_SPAN)
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    parent = trace.SpanContext(*place, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))
