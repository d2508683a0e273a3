"""Who transcribes media files and how, from the environment: `CHRYSOPEDIA_WHISPER_*` and `CHRYSOPEDIA_TRANSCRIPTION_*`.

What belongs here: those variables. What does not: loading anything, saying what stands from which of them (`hearing`).
"""

import os
from dataclasses import dataclass, field
from typing import get_args

from chrysopedia_assets.errors import ConfigurationError
from resources.clients.speech.whisper_loading import ComputeType, Device, WhisperSettings
from resources.settings import OPENAI_URL, access_key, refuse_unknown, whole_number

WHISPER = "CHRYSOPEDIA_WHISPER_"
SERVER = "CHRYSOPEDIA_TRANSCRIPTION_"
_WHISPER_NAMES = ("MODEL", "DEVICE", "COMPUTE_TYPE", "BATCH", "LANGUAGE", "DOWNLOAD")
_SERVER_NAMES = ("MODEL", "BASE_URL", "API_KEY", "API_KEY_FILE", "MAX_MB")
_LANGUAGES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it"
    " ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn"
    " so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh"
)
"""That Whisper knows, here or behind a server."""


@dataclass(frozen=True)
class SpeechServer:
    """An OpenAI-compatible one. `max_mb` is what it takes at once."""

    model: str
    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    max_mb: int = 24


@dataclass(frozen=True)
class SpeechSettings:
    """`language` is None where it is to be found out."""

    recogniser: WhisperSettings | SpeechServer
    language: str | None = None


def speech_settings() -> SpeechSettings | None:
    """Read the environment anew; None where nothing is set up. Raises ConfigurationError."""
    refuse_unknown(WHISPER, [f"{WHISPER}{name}" for name in _WHISPER_NAMES])
    refuse_unknown(SERVER, [f"{SERVER}{name}" for name in _SERVER_NAMES])
    local, remote = os.environ.get(f"{WHISPER}MODEL"), os.environ.get(f"{SERVER}MODEL")
    if local and remote:
        raise ConfigurationError(
            f"{WHISPER}MODEL and {SERVER}MODEL are both set",
            cure="Set the one that is to transcribe.",
        )
    language = _language()
    if remote:
        url = os.environ.get(f"{SERVER}BASE_URL") or OPENAI_URL
        max_mb = whole_number(f"{SERVER}MAX_MB", default=SpeechServer.max_mb, least=1)
        server = SpeechServer(remote, url, access_key(f"{SERVER}API_KEY"), max_mb)
        return SpeechSettings(server, language)
    return SpeechSettings(_whisper(local), language) if local else None


def needed_speech_settings() -> SpeechSettings:
    """Raises ConfigurationError, also where nothing is set up that could transcribe."""
    found = speech_settings()
    if found is None:
        raise ConfigurationError(
            "nothing is set up to transcribe media files",
            cure=f"Set {WHISPER}MODEL to a Whisper model (small, or a folder), or {SERVER}MODEL to one of a server: see"
            " docs/transcribing.md. Or put a transcript beside the video.",
        )
    return found


def _language() -> str | None:
    text = os.environ.get(f"{WHISPER}LANGUAGE", "").lower()
    if text and text not in _LANGUAGES.split():
        raise ConfigurationError(
            f"{WHISPER}LANGUAGE is {text!r}",
            cure="Give a code such as en or de, or leave it out, and it is found out.",
        )
    return text or None


def _whisper(model: str) -> WhisperSettings:
    return WhisperSettings(
        model=model,
        device=_one_of("DEVICE", get_args(Device)),
        compute_type=_one_of("COMPUTE_TYPE", get_args(ComputeType)),
        batch=whole_number(f"{WHISPER}BATCH", default=0, least=0) or None,
        may_download=_one_of("DOWNLOAD", ("no", "yes")) == "yes",
    )


def _one_of(name: str, known: tuple[str, ...]) -> str:
    """The first is the default."""
    text = (os.environ.get(f"{WHISPER}{name}") or known[0]).lower()
    if text not in known:
        raise ConfigurationError(
            f"{WHISPER}{name} is {text!r}", cure=f"Give one of {', '.join(known)}."
        )
    return text
