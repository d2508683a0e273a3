"""Read the taxonomy file. What a taxonomy is, and which words may not clash, is in `models/taxonomy.py`."""

import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.taxonomy import Taxonomy


def read_taxonomy(path: Path) -> Taxonomy:
    """Raises ConfigurationError naming the file and the place."""
    try:
        return _parsed(path.read_text("utf-8"))
    except OSError as error:
        what = f"the taxonomy cannot be read: {error.strerror}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"the taxonomy is not valid TOML: {error}"
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"the taxonomy is not valid at {place or 'its top level'}: {first['msg']}"
    raise ConfigurationError(
        what,
        where=str(path),
        cure="Correct it, or point CHRYSOPEDIA_TAXONOMY at another file.",
    )


@lru_cache(maxsize=4)
def _parsed(text: str) -> Taxonomy:
    """Once for each text: every run of every video reads the file, which hardly ever changes."""
    return Taxonomy.model_validate(tomllib.loads(text))
