"""What `chrysopedia transcribe` writes beside the words: doubts, and speech against words by minute.

What belongs here: reading them from a file that anybody may have edited. What does not: making them (`speech`).
"""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from chrysopedia_assets.models.records import Record

RecordT = TypeVar("RecordT", bound=Record)
MOST = 10_000


def sound(values: object, kind: type[RecordT]) -> tuple[RecordT, ...]:
    """Those that are what they should be; the others are nothing that words depend on."""
    return tuple(_sound(values, kind)) if isinstance(values, list) else ()


def _sound(values: list[object], kind: type[RecordT]) -> Iterator[RecordT]:
    for value in values[:MOST]:
        try:
            yield kind.model_validate(value)
        except ValidationError:
            continue
