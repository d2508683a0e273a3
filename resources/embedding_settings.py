"""Who makes embeddings, from the environment: `CHRYSOPEDIA_EMBEDDINGS_*`. Without a model search is full text alone."""

import os
from dataclasses import dataclass

from chrysopedia_assets.errors import ConfigurationError
from resources.settings import OPENAI_URL, LlmServer, access_key, refuse_unknown

EMBEDDINGS = "CHRYSOPEDIA_EMBEDDINGS_"
_NAMES = ("MODEL", "BASE_URL", "API_KEY", "API_KEY_FILE", "TIMEOUT_S")
TIMEOUT_S = 5.0
"""For a query or a batch. Whatever takes longer is told, and full text answers."""


@dataclass(frozen=True)
class EmbeddingSettings:
    server: LlmServer
    model: str
    timeout_s: float


def embedding_settings() -> EmbeddingSettings | None:
    """Read the environment anew; None where no model is set. Raises ConfigurationError."""
    refuse_unknown(EMBEDDINGS, [f"{EMBEDDINGS}{name}" for name in _NAMES])
    model = os.environ.get(f"{EMBEDDINGS}MODEL")
    if not model:
        return None
    base_url = os.environ.get(f"{EMBEDDINGS}BASE_URL") or OPENAI_URL
    server = LlmServer(base_url, access_key(f"{EMBEDDINGS}API_KEY"), model)
    return EmbeddingSettings(server, model, _timeout_s())


def _timeout_s() -> float:
    text = os.environ.get(f"{EMBEDDINGS}TIMEOUT_S") or str(TIMEOUT_S)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise ConfigurationError(
            f"{EMBEDDINGS}TIMEOUT_S is {text!r}", cure="Give seconds, more than 0: 5 or 0.5"
        )
    return seconds
