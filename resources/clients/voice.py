"""The voice dial: what `voice.toml` in a prompt's folder makes of a number from 0 to 1.

What belongs here: reading the anchors, the words and the target between them. What does not: how near a page comes to
the target (`harness.voice`).
"""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.records import Record, Text

VOICE_FILE = "voice.toml"
SHARE = "{{ share }}"
MANNER = "{{ manner }}"


class Band(Record):
    """`share` of a page's words stand as they were said, at this point of the dial; `manner` says how that reads."""

    at: Annotated[float, Field(ge=0, le=1)]
    share: Annotated[float, Field(ge=0, le=1)]
    manner: Text


class Voices(Record):
    """Anchors from 0 to 1. Between two of them the share is interpolated; the manner is that of the nearer one."""

    text: Text
    bands: tuple[Band, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _covers_the_dial(self) -> Self:
        if any(low.at >= high.at or low.share > high.share for low, high in pairwise(self.bands)):
            raise ValueError("bands have to rise, in `at` and in `share`")
        if (self.bands[0].at, self.bands[-1].at) != (0, 1):
            raise ValueError("bands have to begin at 0 and end at 1")
        if any(self.text.count(name) != 1 for name in (SHARE, MANNER)):
            raise ValueError(f"the text has to hold {SHARE} and {MANNER}, each once")
        return self

    def target(self, value: float) -> float:
        """The share of a page's words that is to stand as it was said."""
        low, high = next(pair for pair in pairwise(self.bands) if value <= pair[1].at)
        part = (value - low.at) / (high.at - low.at)
        return low.share + part * (high.share - low.share)

    def paragraph(self, value: float) -> str:
        """What is added to the system text."""
        nearest = min(self.bands, key=lambda band: abs(band.at - value))
        filled = self.text.replace(SHARE, f"{100 * self.target(value):.0f}")
        return filled.replace(MANNER, " ".join(nearest.manner.split())).strip()


def read_voices(path: Path) -> Voices | None:
    """None where there is no such file. Raises ConfigurationError for one that is wrong."""
    try:
        return Voices.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise ConfigurationError(
            f"the voice dial cannot be read: {told}",
            where=str(path),
            cure=f"It holds a text with {SHARE} and {MANNER}, and bands with at, share and manner.",
        ) from error
