"""Where things are, from the environment. The one place that reads `CHRYSOPEDIA_*`, with `speech_settings.py` for
transcription and `embedding_settings.py` for search by meaning; `.env.example` lists them all.

A process that has no `DAGSTER_HOME` gets the project's own, so that nobody has to export anything by hand.
"""

import difflib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chrysopedia_assets.errors import ConfigurationError

if TYPE_CHECKING:  # loaded where they are used: every command reads where things are
    from sqlalchemy.engine import URL

    from chrysopedia_assets.models.prompts import PromptName

PROJECT = Path(__file__).resolve().parents[1]
SAMPLES = PROJECT / "samples"


@dataclass(frozen=True)
class Settings:
    """All paths are absolute; `database_url` is ours, `dagster_database_url` is None for SQLite."""

    data_dir: Path
    library_dir: Path
    prompts_dir: Path
    taxonomy_file: Path
    site_dir: Path
    database_url: "URL"
    dagster_database_url: "URL | None"

    @property
    def dagster_dir(self) -> Path:
        return self.data_dir / "dagster"


def settings() -> Settings:
    """Read the environment anew. Raises ConfigurationError."""
    data_dir = _path("CHRYSOPEDIA_DATA_DIR", PROJECT / "data")
    url, dagster_url = _database(data_dir)
    return Settings(
        data_dir=data_dir,
        library_dir=_path("CHRYSOPEDIA_LIBRARY", PROJECT / "library"),
        prompts_dir=_path("CHRYSOPEDIA_PROMPTS", PROJECT / "prompts"),
        taxonomy_file=_path("CHRYSOPEDIA_TAXONOMY", PROJECT / "prompts" / "taxonomy.toml"),
        site_dir=_path("CHRYSOPEDIA_SITE_DIR", data_dir / "site"),
        database_url=url,
        dagster_database_url=dagster_url,
    )


def refresh_budget() -> str | None:
    """What the sensor `refresh_on_change` may spend on one refresh; None where nobody has set it."""
    return os.environ.get("CHRYSOPEDIA_REFRESH_BUDGET") or None


def site_url() -> str | None:
    """Where readers find the site, without a slash at the end; None where nobody has set it. Raises ConfigurationError."""
    text = (os.environ.get("CHRYSOPEDIA_SITE_URL") or "").rstrip("/")
    if text and not re.fullmatch(r"https?://[^\s\"'<>]+", text):
        raise ConfigurationError(
            f"CHRYSOPEDIA_SITE_URL is {text!r}",
            cure="Give the address of the site: http://127.0.0.1:8000",
        )
    return text or None


def site_plays_files() -> bool:
    """Whether the site plays media files of this machine. Raises ConfigurationError."""
    text = os.environ.get("CHRYSOPEDIA_SITE_MEDIA") or "link"
    if text not in ("link", "none"):
        raise ConfigurationError(
            f"CHRYSOPEDIA_SITE_MEDIA is {text!r}",
            cure="Give link (the site plays the library's own files) or none (only YouTube, where a video is from there).",
        )
    return text == "link"


def month_budget_usd() -> float | None:
    """What all calls of one calendar month may cost; None where nobody has set it. Raises ConfigurationError."""
    text = os.environ.get("CHRYSOPEDIA_BUDGET_USD")
    if not text:
        return None
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise ConfigurationError(
            f"CHRYSOPEDIA_BUDGET_USD is {text!r}", cure="Give US dollars for a month: 50 or 12.50"
        )
    return float(text)


OPENAI_URL = "https://api.openai.com/v1"
LLM = "CHRYSOPEDIA_LLM_"
LLM_NAMES = (
    *("BASE_URL", "API_KEY", "API_KEY_FILE"),
    *("FALLBACK_BASE_URL", "FALLBACK_API_KEY", "FALLBACK_API_KEY_FILE", "FALLBACK_MODEL"),
    *("CONCURRENCY", "RETRIES_PER_VIDEO", "PRICE", "EXTRA"),
)
OURS = frozenset(
    {"model", "messages", "max_tokens", "max_completion_tokens", "temperature", "response_format", "n"}
)  # fmt: skip
"""No further fields of a request: we write them ourselves, or, with `n`, pay for replies that nobody reads."""


@dataclass(frozen=True)
class LlmServer:
    """`model` is None where each task has its own."""

    base_url: str = field(repr=False)
    api_key: str = field(repr=False)
    model: str | None = None


@dataclass(frozen=True)
class LlmSettings:
    """Where and how language models are asked; `of_task` is stronger than a prompt's own settings."""

    server: LlmServer
    fallback: LlmServer | None
    concurrency: int
    retries_per_video: int
    price: tuple[float, float, float] | None
    """US dollars for a million tokens: in, out, cached."""
    extra: Mapping[str, Any]
    of_task: "Mapping[PromptName, Mapping[str, str]]"


def llm_settings() -> LlmSettings:
    """Read the environment anew. Raises ConfigurationError."""
    from chrysopedia_assets.models.prompts import PROMPT_NAMES

    _refuse_unknown_of_llm()
    server = LlmServer(os.environ.get(f"{LLM}BASE_URL") or OPENAI_URL, access_key(f"{LLM}API_KEY"))
    own_url = os.environ.get(f"{LLM}FALLBACK_BASE_URL")
    own_key = access_key(f"{LLM}FALLBACK_API_KEY")
    fallback = LlmServer(
        own_url or server.base_url,
        own_key or ("" if own_url else server.api_key),  # a key goes to no server but its own
        os.environ.get(f"{LLM}FALLBACK_MODEL"),
    )
    return LlmSettings(
        server=server,
        fallback=fallback if fallback.model else None,
        concurrency=whole_number(f"{LLM}CONCURRENCY", default=8, least=1),
        retries_per_video=whole_number(f"{LLM}RETRIES_PER_VIDEO", default=20, least=0),
        price=_price(),
        extra=_extra(),
        of_task={task: _of_task(task) for task in PROMPT_NAMES},
    )


def use_share_of_calls(calls: int) -> None:
    """Let no more than so many calls of this process be in flight; other processes have the rest."""
    os.environ[f"{LLM}CONCURRENCY"] = str(calls)


def secrets() -> list[str]:
    """What lets us in somewhere; the longest first."""
    llm = llm_settings()
    keys = [llm.server.api_key, llm.fallback.api_key if llm.fallback else ""]
    others = ("CHRYSOPEDIA_TRANSCRIPTION_API_KEY", "CHRYSOPEDIA_EMBEDDINGS_API_KEY")
    keys += map(access_key, others)
    return _longest_first(*keys, settings().database_url.password or "")


def hidden_texts() -> list[str]:
    """What no exported file may hold: our secrets, and where things are on this machine; the longest first."""
    found = settings()
    places = [found.data_dir, found.library_dir, found.prompts_dir, PROJECT, Path.home()]
    return _longest_first(*secrets(), *map(str, places))


def _longest_first(*texts: str) -> list[str]:
    return sorted({text for text in texts if text}, key=lambda text: (-len(text), text))


def llm_variables() -> list[str]:
    """The names of all settings of language models that are set."""
    return sorted(name for name, text in os.environ.items() if name.startswith(LLM) and text)


def access_key(variable: str) -> str:
    """Empty where none is set. Raises ConfigurationError."""
    key = secret(variable)
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(
            f"{variable} holds what no key has: spaces, or letters beyond ASCII",
            cure="Copy it again, without quotation marks.",
        )
    return key


def secret(variable: str) -> str:
    """What it holds, or the file does that `<variable>_FILE` names; empty where neither is set. Raises ConfigurationError.

    No message shows what was read.
    """
    text, named = os.environ.get(variable, "").strip(), os.environ.get(f"{variable}_FILE")
    if not named:
        return text
    if text:
        raise ConfigurationError(
            f"{variable} and {variable}_FILE are both set", cure="Set the one that is to count."
        )
    file = PROJECT / Path(named).expanduser()
    try:
        text = file.read_text("utf-8").strip()
        reason = "" if text else "it is empty"
    except OSError as error:
        reason = str(error.strerror)
    except UnicodeDecodeError:
        reason = "it is no text"
    if reason:
        raise ConfigurationError(
            f"{variable}_FILE: nothing can be read: {reason}",
            where=str(file),
            cure="Let it name a text file with nothing else in it, and let who runs this read it.",
        )
    return text


def _of_task(task: "PromptName") -> dict[str, str]:
    """What the environment says of a prompt's settings: for this task, else for all."""
    from chrysopedia_assets.models.prompts import PromptSettings

    found = {}
    for name in PromptSettings.model_fields:
        for variable in (f"{LLM}{task.upper()}_{name.upper()}", f"{LLM}{name.upper()}"):
            if value := os.environ.get(variable):
                found[name] = value
                break
    return found


def _refuse_unknown_of_llm() -> None:
    from chrysopedia_assets.models.prompts import PROMPT_NAMES, PromptSettings

    fields = [name.upper() for name in PromptSettings.model_fields]
    known = [f"{LLM}{name}" for name in (*LLM_NAMES, *fields)]
    known += [f"{LLM}{task.upper()}_{name}" for task in PROMPT_NAMES for name in fields]
    refuse_unknown(LLM, known)


def refuse_unknown(prefix: str, known: Collection[str]) -> None:
    """A misspelt variable would be a setting that silently does nothing. Raises ConfigurationError."""
    for variable in os.environ:
        if variable.startswith(prefix) and variable not in known:
            close = difflib.get_close_matches(variable, known, n=1)
            meant = f"Did you mean {close[0]}? " if close else ""
            raise ConfigurationError(
                f"there is no setting {variable}", cure=f"{meant}.env.example lists them all."
            )


def whole_number(variable: str, *, default: int, least: int) -> int:
    """Raises ConfigurationError."""
    text = os.environ.get(variable) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ConfigurationError(
            f"{variable} is {text!r}", cure=f"Give a whole number of at least {least}."
        )
    return int(text)


def _price() -> tuple[float, float, float] | None:
    text = os.environ.get(f"{LLM}PRICE")
    if not text:
        return None
    try:
        tokens_in, tokens_out, *cached = (float(part) for part in text.split("/"))
        [tokens_cached] = cached or [tokens_in]
        if min(tokens_in, tokens_out, tokens_cached) < 0:
            raise ValueError(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{LLM}PRICE is {text!r}",
            cure="Give US dollars for a million tokens, in/out or in/out/cached: 0.15/0.60/0.075",
        ) from error
    return tokens_in, tokens_out, tokens_cached


def _extra() -> dict[str, Any]:
    text = os.environ.get(f"{LLM}EXTRA") or "{}"
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"{LLM}EXTRA is no JSON object",
            cure='It is added to the body of every request, for example {"reasoning_effort": "low"}.',
        )
    if ours := sorted(OURS & found.keys()):
        raise ConfigurationError(
            f"{LLM}EXTRA holds {', '.join(ours)}, which decide what a call may cost and how it is read",
            cure=f"Leave them away. {LLM}MODEL, {LLM}MAX_OUTPUT_TOKENS and {LLM}TEMPERATURE are settings of their own.",
        )
    return found


def use_project_dagster_home() -> None:
    """Point Dagster at the project's `dagster.yaml` unless the user has chosen another home."""
    os.environ.setdefault("DAGSTER_HOME", str(PROJECT))


def _path(variable: str, default: Path) -> Path:
    """A relative path is relative to the project, wherever the command is run from."""
    return (PROJECT / Path(os.environ.get(variable) or default).expanduser()).resolve()


def _database(data_dir: Path) -> "tuple[URL, URL | None]":
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError

    text = secret("CHRYSOPEDIA_DATABASE_URL")
    if not text:
        return URL.create("sqlite", database=str(data_dir / "chrysopedia.sqlite")), None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a ValueError is a port that is no number
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        # The value is not shown: it may hold a password.
        raise ConfigurationError(
            "CHRYSOPEDIA_DATABASE_URL is not a PostgreSQL URL",
            cure="Use postgresql://user:password@host/database, or unset it to use SQLite.",
        )
    # Two drivers on purpose: psycopg 3 is ours, dagster-postgres is written for psycopg2.
    return url.set(drivername="postgresql+psycopg"), url.set(drivername="postgresql+psycopg2")
