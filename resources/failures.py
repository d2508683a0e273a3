"""Our errors as Dagster's: final, because retries live in the clients, and with the name of what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from chrysopedia_assets.errors import ChrysopediaError
from chrysopedia_assets.models.runs import FAILURE


@contextmanager
def our_failures() -> Iterator[None]:
    """Raises dagster.Failure in place of a ChrysopediaError."""
    try:
        yield
    except ChrysopediaError as error:
        kind = dg.MetadataValue.text(type(error).__name__)
        raise dg.Failure(
            description=str(error), metadata={FAILURE: kind}, allow_retries=False
        ) from error
