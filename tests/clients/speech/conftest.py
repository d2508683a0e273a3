"""No test of this room reaches a network, and the model is loaded once."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from resources.clients.speech.whisper import WhisperRecogniser
from resources.clients.speech.whisper_loading import WhisperSettings, load_whisper
from tests.clients.speech.sounds import MODEL


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Who asks for an address that is not this machine's fails, whoever catches the error."""
    ask, away = socket.getaddrinfo, []

    def asked(host: Any, *more: Any, **named: Any) -> Any:
        if host not in ("127.0.0.1", "localhost", None):
            away.append(host)
            raise OSError("no network in tests")
        return ask(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    yield
    assert away == []


@pytest.fixture(scope="session")
def whisper() -> WhisperRecogniser:
    return load_whisper(WhisperSettings(model=str(MODEL), threads=1))
