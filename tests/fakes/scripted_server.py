"""A server that answers whatever it is told to, byte for byte: for what no chat completions server should ever send.

What belongs here: sending it over real HTTP, and what was asked. What does not: servers that speak the protocol, well
or badly (`chat_server`).
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Sent:
    body: bytes | str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    body: bytes


Respond = Callable[[Asked], Sent]


@dataclass
class ScriptedServer:
    """A context manager that serves inside its block."""

    respond: Respond
    asked: list[Asked] = field(default_factory=list, init=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        return f"http://{self.address}/v1"

    @cached_property
    def _server(self) -> ThreadingHTTPServer:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): text for name, text in self.headers.items()}
                asked = Asked(self.path, headers, self.rfile.read(size))
                scripted.asked.append(asked)
                sent = scripted.respond(asked)
                body = sent.body.encode() if isinstance(sent.body, str) else sent.body
                self.send_response(sent.status)
                for name, text in {"content-type": "application/json", **sent.headers}.items():
                    self.send_header(name, text)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def completion(text: str = "{}", **changes: Any) -> str:
    """A chat completion's body; `changes` replace its fields, those of its one choice included."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    choice |= {name: changes.pop(name) for name in ("message", "finish_reason") if name in changes}
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    found = {"id": "1", "object": "chat.completion", "created": 1, "model": "test-model"}
    return json.dumps({**found, "choices": [choice], "usage": usage, **changes})


def refusal(message: str, **more: Any) -> str:
    """An error's body, as OpenAI words it."""
    return json.dumps(
        {"error": {"message": message, "type": None, "param": None, "code": None, **more}}
    )
