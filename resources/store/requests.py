"""What calls have asked, kept once for all that asked the same: how a request is packed, and what is never kept of it.

A request holds no header, and so no key of ours. Two things could still bring a secret in, and are hidden: a model
that says our key, whose words are shown to it again, and the fields that the environment adds to every request.
"""

import json
import re
import zlib
from collections.abc import Collection
from typing import Any

from chrysopedia_assets.models.calls import Request

HIDDEN = "[hidden]"
SECRET_FROM_CHARS = 12
"""What is shorter is no key, but a word: `low`, `flex`, `auto`."""
LEVEL = 1
"""Of zlib: the fastest; the others take several times as long for a tenth of the size."""
_SOUNDS_SECRET = re.compile(
    "key|token(?!s)|secret|passw|auth|credential|cookie|bearer", re.IGNORECASE
)


def packed(request: Request, secrets: Collection[str] = ()) -> bytes:
    """Its JSON, compressed; `secrets` are texts that stand nowhere in it."""
    kept = request.model_copy(update={"extra": harmless(request.extra)})
    return zlib.compress(_without(kept.model_dump_json(), secrets).encode(), LEVEL)


def unpacked(stored: bytes) -> Request:
    return Request.model_validate_json(zlib.decompress(stored))


def harmless(extra: Any) -> Any:
    """Without any text that is long enough for a key, or stands under a name that sounds like one."""
    match extra:
        case dict():
            return {
                name: HIDDEN if _SOUNDS_SECRET.search(name) else harmless(value)
                for name, value in extra.items()
            }
        case list():
            return [harmless(value) for value in extra]
        case str() if len(extra) >= SECRET_FROM_CHARS:
            return HIDDEN
    return extra


def _without(text: str, secrets: Collection[str]) -> str:
    """Of JSON, in which a secret stands as JSON writes it."""
    for secret in secrets:
        if len(secret) >= SECRET_FROM_CHARS:
            text = text.replace(json.dumps(secret, ensure_ascii=False)[1:-1], HIDDEN)
    return text
