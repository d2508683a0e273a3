"""What commands that try prompts share: how a prompt is named, how it is run, who scores, and what is said before
anything is asked.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.output import errors
from chrysopedia_assets.errors import ConfigurationError

if TYPE_CHECKING:
    from chrysopedia_assets.harness.fixtures import Fixture
    from chrysopedia_assets.harness.samples import JudgeRecord
    from chrysopedia_assets.harness.trying import Tried
    from resources.clients.prompts import PromptTemplate
    from resources.engine import Judge

Model = Annotated[
    str | None, typer.Option(help="Ask this model instead of the one that is set up.")
]
Voice = Annotated[
    float | None,
    typer.Option(help="How much of the creator's own voice pages keep, 0 to 1 (synthesis)."),
]
Repeat = Annotated[
    int, typer.Option(min=1, help="How many answers to the same input; each is paid once.")
]
Fixtures = Annotated[
    list[Path], typer.Argument(help="Fixtures, or folders of them, all of one stage.")
]


def tell(line: str) -> None:
    """On stderr, as it is."""
    errors.print(line, markup=False, highlight=False, soft_wrap=True)


def tell_if_offline() -> None:
    """A database server that does not answer is no hindrance: here it is only a ledger."""
    from resources.database import local_if_offline

    if told := local_if_offline():
        tell(f"{told} The ledger in the data folder is used meanwhile.")


def tell_if_unread(prompt: "PromptTemplate") -> None:
    """Whoever edits a prompt that nobody reads should know."""
    if not prompt.settings.model:
        tell(
            f"The embedded engine answers {prompt.task}, and reads no prompt; name a model: --model."
        )


def tried(
    prompt: "PromptTemplate",
    given: "Sequence[Fixture]",
    *,
    samples: int = 1,
    fresh: bool = False,
    to_pages: bool = False,
) -> "Iterator[Tried]":
    """What the prompt makes of each fixture, as each is done, with progress."""
    from chrysopedia_assets.cli.running import progress_bar
    from chrysopedia_assets.harness.trying import try_all
    from resources.engine import engine_to_try

    tell_if_unread(prompt)
    ask = cache(lambda sample: engine_to_try(prompt, sample=sample, fresh=fresh))
    with progress_bar() as bar:
        what = f"{prompt.task} with prompt {prompt.version}"
        task = bar.add_task("", total=len(given) * samples, what=what)
        for done in try_all(given, ask, samples, to_pages=to_pages):
            bar.advance(task)
            yield done


@contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Into the folder that --out names. Raises ConfigurationError."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"the {what} cannot be written: {error.strerror}",
            where=str(folder),
            cure="Name another folder: --out",
        ) from error


def judging(ask: "Judge") -> "JudgeRecord":
    """Who is asked, as what scores."""
    from chrysopedia_assets.harness.judging import judge

    return lambda fixture, record: judge(fixture, record, ask)
