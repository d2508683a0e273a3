"""The settings of transcription: what is taken, what is refused, what a version depends on."""

import shutil
from pathlib import Path

import pytest

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.taxonomy import Category, Tag, Taxonomy
from resources.clients.speech.whisper_loading import WhisperSettings, device_for
from resources.hearing import hints, in_words, job_with_hints, recogniser_version
from resources.settings import secrets
from resources.speech_settings import (
    _LANGUAGES,
    SpeechServer,
    needed_speech_settings,
    speech_settings,
)
from tests.clients.speech.sounds import MODEL


def put(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"CHRYSOPEDIA_{name}", value)


def test_nothing_is_set_up_unless_somebody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert speech_settings() is None
    assert in_words().startswith("none set (CHRYSOPEDIA_WHISPER_MODEL)")
    with pytest.raises(ConfigurationError, match="see docs/transcribing"):
        needed_speech_settings()


def test_a_whisper_model_with_all_that_can_be_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, WHISPER_MODEL="small", WHISPER_DEVICE="CPU", WHISPER_COMPUTE_TYPE="int8")
    put(monkeypatch, WHISPER_BATCH="4", WHISPER_LANGUAGE="EN", WHISPER_DOWNLOAD="yes")
    found = needed_speech_settings()
    assert found.recogniser == WhisperSettings(
        model="small", device="cpu", compute_type="int8", batch=4, may_download=True
    )
    assert found.language == "en"


def test_languages_are_those_that_whisper_knows() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert set(_LANGUAGE_CODES) == set(_LANGUAGES.split())


def test_a_server_and_its_key_which_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, TRANSCRIPTION_MODEL="whisper-1", TRANSCRIPTION_API_KEY="sk-very-secret")
    found = needed_speech_settings()
    assert found.recogniser == SpeechServer(
        "whisper-1", "https://api.openai.com/v1", "sk-very-secret"
    )
    assert "sk-very-secret" not in repr(found)
    assert "sk-very-secret" in secrets()
    assert in_words() == "whisper-1 at api.openai.com/v1, which was not asked"


def test_what_a_server_takes_at_once_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, TRANSCRIPTION_MODEL="whisper-1", TRANSCRIPTION_MAX_MB="8")
    smaller = needed_speech_settings().recogniser
    assert isinstance(smaller, SpeechServer) and smaller.max_mb == 8
    put(monkeypatch, TRANSCRIPTION_MAX_MB="0")
    with pytest.raises(ConfigurationError, match="a whole number of at least 1"):
        speech_settings()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("WHISPER_MODLE", "small", "Did you mean CHRYSOPEDIA_WHISPER_MODEL"),
        ("TRANSCRIPTION_URL", "x", "there is no setting CHRYSOPEDIA_TRANSCRIPTION_URL"),
        ("WHISPER_DEVICE", "gpu", "Give one of auto, cpu, cuda"),
        ("WHISPER_BATCH", "many", "a whole number"),
        ("WHISPER_DOWNLOAD", "1", "Give one of no, yes"),
        ("WHISPER_LANGUAGE", "english", "Give a code such as en"),
        ("TRANSCRIPTION_MODEL", "whisper-1", "are both set"),
    ],
)
def test_what_would_do_nothing_or_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    put(monkeypatch, WHISPER_MODEL="small", **{variable: value})
    with pytest.raises(ConfigurationError, match=told):
        speech_settings()


def test_the_version_is_of_model_and_language_and_not_of_hints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(MODEL, tmp_path / "model")
    put(monkeypatch, WHISPER_MODEL=str(tmp_path / "model"))
    first = recogniser_version()
    chosen = needed_speech_settings()
    assert job_with_hints(chosen, "Ann").version != job_with_hints(chosen, "Bob").version
    put(monkeypatch, WHISPER_DEVICE="cpu")
    assert recogniser_version() == first, "where it runs does not matter"
    put(monkeypatch, WHISPER_LANGUAGE="en")
    assert recogniser_version() != first
    monkeypatch.delenv("CHRYSOPEDIA_WHISPER_LANGUAGE")
    (tmp_path / "model" / "config.json").write_text("{}")
    assert recogniser_version() != first


def test_a_model_that_is_not_here_is_told_unless_it_will_be_downloaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(monkeypatch, WHISPER_MODEL="small")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigurationError, match="set CHRYSOPEDIA_WHISPER_DOWNLOAD=yes"):
        in_words()
    put(monkeypatch, WHISPER_DOWNLOAD="yes")
    assert in_words() == "small is not here yet, and is downloaded when it is needed"


def test_a_device_that_is_not_here_is_told_before_the_first_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(monkeypatch, WHISPER_MODEL=str(MODEL))
    assert f"on {device_for('auto')}, in " in in_words()
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    put(monkeypatch, WHISPER_DEVICE="cuda")
    with pytest.raises(ConfigurationError, match="no GPU here that CUDA can use"):
        in_words()


def test_hints_are_names_that_would_be_misspelt() -> None:
    tags = (Tag(key="eq", name="EQ"),)
    category = Category(key="mixing", name="Mixing", description="Balancing.", tags=tags)
    found = hints("Ann", Taxonomy(categories=(category,), plugins=("Pro-Q 3",)))
    assert (found.prompt, found.hotwords) == ("Ann.", "Pro-Q 3, EQ")
    assert hints("Ann", None).hotwords == ""
