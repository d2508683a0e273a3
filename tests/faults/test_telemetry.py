"""OpenTelemetry with a real collector behind it, with one that is ill, with one that is away, and without the package."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from resources.database import open_database
from resources.llm import close_llm
from resources.settings import PROJECT
from resources.telemetry import close_telemetry
from tests.fakes.calling import KEY, rows
from tests.fakes.chat_server import ChatServer
from tests.fakes.collector import Collector, attributes, collector
from tests.fakes.faults import Fault, always, nth
from tests.faults.conftest import VIDEO
from tests.faults.test_secrets import processed

VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def telemetry_ends() -> Iterator[None]:
    yield
    close_telemetry()


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as found:
        close_telemetry()  # of whoever was here before, without a collector
        monkeypatch.setenv(VARIABLE, found.url)
        yield found
        close_telemetry()


def sent(found: Collector) -> Collector:
    close_llm()
    close_telemetry()
    return found


def test_every_call_is_a_span_below_its_stage_and_a_run_is_a_trace(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    collected: Collector,
) -> None:
    with ChatServer(faults=nth({0: Fault("rate_limited", retry_after_s=0.01)})) as server:
        use_server(server.base_url, PRICE="1/2")
        assert processed(instance).failed is None
    spans = sent(collected).spans
    assert collected.service == "chrysopedia"
    [run] = {row.run_id for row in rows(open_database())}
    assert {span.trace_id.hex() for span in spans} == {uuid.UUID(run).hex}
    stages = {span.name: span for span in spans if not span.parent_span_id}
    assert sorted(stages) == ["classifications", "key_moments", "technique_pages", "topic_chunks"]
    calls = {attributes(span)["chrysopedia.call"]: span for span in spans if span.parent_span_id}
    ledger = {row.call_id: row for row in rows(open_database())}
    assert calls.keys() == ledger.keys() and len(calls) == len(server.requests)
    of_task = {attributes(span)["chrysopedia.task"]: span.span_id for span in stages.values()}
    for call_id, span in calls.items():
        row, told = ledger[call_id], attributes(span)
        assert span.parent_span_id == of_task[row.task]
        assert span.name == "chat test-model" and span.kind == span.SPAN_KIND_CLIENT
        assert told["gen_ai.operation.name"] == "chat"
        assert told["gen_ai.provider.name"] == "openai"
        assert told["gen_ai.request.model"] == row.model
        assert told.get("gen_ai.usage.input_tokens") == row.tokens_in
        assert told.get("gen_ai.usage.output_tokens") == row.tokens_out
        assert told["chrysopedia.run"] == row.run_id
        assert told["chrysopedia.video"] == VIDEO
        assert told["chrysopedia.outcome"] == row.outcome
        assert told["chrysopedia.cost_usd"] == row.cost_usd
        assert told["server.address"] == "127.0.0.1"
        took_s = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9
        assert took_s == pytest.approx(row.latency_s, abs=1e-6)
        failed = row.outcome != "ok"
        assert (span.status.code == span.status.STATUS_CODE_ERROR) == failed
        assert told.get("error.type") == (row.outcome if failed else None)
    assert {row.outcome for row in ledger.values()} == {"ok", "rate_limited"}
    assert attributes(stages["technique_pages"])["chrysopedia.video"] == VIDEO


def test_no_prompt_no_reply_and_no_key_is_in_a_span(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    collected: Collector,
) -> None:
    with ChatServer() as server:
        use_server(server.base_url, EXTRA=json.dumps({"user": "sk-another-secret"}))
        processed(instance)
    everything = b"".join(sent(collected).bodies)
    assert everything
    said = [message["content"] for got in server.requests for message in got.body["messages"]]
    said += [row.reply for row in rows(open_database())]
    words = {word.encode() for text in said for word in text.split(". ") if len(word) > 30}
    assert words and [word for word in words if word in everything] == []
    for secret in (KEY, "sk-another-secret"):
        assert secret.encode() not in everything


def test_a_failed_stage_is_a_failed_span(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    collected: Collector,
) -> None:
    with ChatServer(faults=always(Fault("bad_key"))) as server:
        use_server(server.base_url)
        assert processed(instance).failed
    call, stage = sorted(sent(collected).spans, key=lambda span: span.name)
    assert (call.name, attributes(call)["error.type"]) == ("chat test-model", "denied")
    assert (stage.name, stage.status.code) == ("topic_chunks", stage.status.STATUS_CODE_ERROR)
    assert call.parent_span_id == stage.span_id and not stage.status.message


@pytest.mark.parametrize("ill", ["refuses", "fails", "away"])
def test_a_collector_that_does_not_work_fails_no_run_and_is_told_of_once(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ill: str,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    with (
        collector({"refuses": 400, "fails": 503, "away": 200}[ill]) as found,
        ChatServer() as server,
    ):
        away = "http://ann:planted-secret@127.0.0.1:9/?token=planted-secret"
        monkeypatch.setenv(VARIABLE, away if ill == "away" else found.url)
        use_server(server.base_url)
        assert processed(instance).failed is None
        close_telemetry()
    told = [record.getMessage() for record in caplog.records]
    assert sum("collector does not take our spans" in line for line in told) == 1
    assert not any("planted-secret" in line for line in told)


def test_a_span_that_cannot_be_put_fails_no_run_and_is_told_of_once(
    speech: Path,
    instance: dg.DagsterInstance,
    use_server: Callable[..., None],
    collected: Collector,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*given: object, **more: object) -> None:
        raise OSError("no span today")

    monkeypatch.setattr("resources.clients.spans.Spans.put", fail)
    with ChatServer() as server:
        use_server(server.base_url)
        assert processed(instance).failed is None
    told = [record.getMessage() for record in caplog.records]
    assert sum("does not take a span (OSError)" in line for line in told) == 1


PROGRAM = """
import atexit, sys
{before}
from resources.llm import open_llm
open_llm()
atexit.register(lambda: print(*sorted(name for name in sys.modules if name.startswith("opentelemetry"))))
"""


def opened(before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own that opens the way to a model."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        cwd=PROJECT,
        env=os.environ | {"CHRYSOPEDIA_LLM_API_KEY": KEY} | environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    "environment", [{}, {VARIABLE: ""}, {VARIABLE: "http://h", "OTEL_SDK_DISABLED": "true"}]
)
def test_where_it_is_not_switched_on_nothing_of_it_is_loaded(
    own_world: Path, environment: dict[str, str]
) -> None:
    done = opened(**environment)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_switched_on_without_the_package_it_says_what_to_install_and_goes_on(
    own_world: Path,
) -> None:
    missing = "import sys; sys.modules['opentelemetry'] = None"
    done = opened(missing, **{VARIABLE: "http://127.0.0.1:9"})
    assert "pip install 'chrysopedia[otel]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_variable_that_opentelemetry_cannot_use_is_told_of_and_stops_nothing(
    own_world: Path,
) -> None:
    wrong = {VARIABLE: "http://127.0.0.1:9", "OTEL_BSP_MAX_QUEUE_SIZE": "0"}
    [told] = opened(**wrong).stderr.splitlines()
    assert "cannot be set up (ValueError)" in told
