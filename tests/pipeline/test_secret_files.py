"""Secrets that lie in files: read where their variable would be, told as missing, never shown."""

from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from resources.database import local_if_offline
from resources.embedding_settings import embedding_settings
from resources.settings import llm_settings, secrets, settings
from resources.speech_settings import SpeechServer, needed_speech_settings

KEY = "sk-planted-0123456789"


def put(monkeypatch: pytest.MonkeyPatch, **values: object) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"CHRYSOPEDIA_{name}", str(value))


def test_every_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key, url = tmp_path / "key", tmp_path / "url"
    key.write_text(f"{KEY}\n")
    url.write_text("postgresql://ann:planted@host/db\n")
    put(monkeypatch, DATABASE_URL_FILE=url, LLM_API_KEY_FILE=key, LLM_FALLBACK_API_KEY_FILE=key)
    put(monkeypatch, LLM_FALLBACK_MODEL="other", LLM_FALLBACK_BASE_URL="http://127.0.0.1:9/v1")
    put(monkeypatch, TRANSCRIPTION_MODEL="whisper-1", TRANSCRIPTION_API_KEY_FILE=key)
    put(monkeypatch, EMBEDDINGS_MODEL="some", EMBEDDINGS_API_KEY_FILE=key)
    found, hearing, embedding = llm_settings(), needed_speech_settings(), embedding_settings()
    assert found.server.api_key == KEY
    assert found.fallback and found.fallback.api_key == KEY
    assert isinstance(hearing.recogniser, SpeechServer) and hearing.recogniser.api_key == KEY
    assert embedding and embedding.server.api_key == KEY
    assert settings().database_url.password == "planted"
    assert secrets() == [KEY, "planted"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file"), (b" \n", "empty"), (b"\xff" + KEY.encode(), "no text")],
)
def test_a_file_that_holds_no_secret_is_told_and_no_default_stands_in_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    put(monkeypatch, DATABASE_URL_FILE=file, LLM_API_KEY_FILE=file)
    for read in (settings, llm_settings):
        with pytest.raises(ConfigurationError) as refused:
            read()
        shown = str(refused.value)
        assert told in shown and str(file) in shown and "_FILE" in shown
        assert KEY not in shown + repr(refused.value)


def test_a_secret_that_is_no_url_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(f"mysql://ann:{KEY}@host/db")
    put(monkeypatch, DATABASE_URL_FILE=tmp_path / "url")
    with pytest.raises(ConfigurationError, match="not a PostgreSQL URL") as refused:
        settings()
    assert KEY not in str(refused.value) + repr(refused.value)


def test_a_secret_and_a_file_of_it_are_one_too_many(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(KEY)
    put(monkeypatch, LLM_API_KEY=KEY, LLM_API_KEY_FILE=tmp_path / "key")
    with pytest.raises(ConfigurationError, match="both set") as refused:
        llm_settings()
    assert KEY not in str(refused.value)


def test_a_server_named_by_a_file_that_is_away_is_done_without_where_it_only_counts_calls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("postgresql://ann:planted@127.0.0.1:9/db")
    put(monkeypatch, DATABASE_URL_FILE=tmp_path / "url")
    assert "does not answer" in (local_if_offline() or "")
    assert settings().dagster_database_url is None
