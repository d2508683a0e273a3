"""`prompt export`: what a stage was really given, as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import results

if TYPE_CHECKING:
    from chrysopedia_assets.harness.fixtures import Fixture
    from chrysopedia_assets.models.records import StageName
    from resources.freshness import Look


def export_command(
    stage: Annotated[
        str, typer.Argument(help="The stage, or its task: technique_pages or synthesis.")
    ],
    videos: Annotated[list[str] | None, typer.Argument(help="Ids of videos.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every video for which the stage has its input.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder, or a file for one video; default: the current folder. `-` prints it."
        ),
    ] = None,
) -> None:
    """Write what a stage was given, and what it gave, as one JSON file for each video: a fixture."""
    from chrysopedia_assets.errors import ConfigurationError, RecordMissing
    from chrysopedia_assets.harness.fixtures import stage_of, written
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import look
    from resources.settings import hidden_texts

    name, asked = stage_of(stage), _asked(videos or [], every=every)
    found = look(event_log_on_disk(), open_database(), None if every else asked)
    files = []
    for video_id in asked or sorted(found.videos):
        try:
            fixture = fixture_of_now(found, name, video_id)
        except RecordMissing:
            if not every:
                raise
            continue
        if out == Path("-"):
            print(written(fixture, hidden_texts()), end="")  # noqa: T201  # the file itself, for a pipe
        else:
            files.append(put(fixture, _path(out, fixture.name, alone=len(asked) == 1)))
    for file in files:
        results.print(str(file), markup=False, highlight=False, soft_wrap=True)
    if every and not files and out != Path("-"):
        raise ConfigurationError(
            f"no video has what {name} reads", cure="Make it first: chrysopedia process"
        )


def _asked(videos: list[str], *, every: bool) -> list[str]:
    from chrysopedia_assets.errors import ConfigurationError

    if every and videos:
        raise ConfigurationError("both videos and --all are given", cure="Give one of them.")
    if not (every or videos):
        raise ConfigurationError("no video is named", cure="Name some, or give --all.")
    return known_videos(videos) if videos else []


def fixture_of_now(found: "Look", stage: "StageName", video_id: str) -> "Fixture":
    """With the prompt version on record for what is stored: of an override, if it was made with one. Raises RecordMissing."""
    from chrysopedia_assets.harness.exporting import export
    from chrysopedia_assets.harness.fixtures import TASK_OF
    from chrysopedia_assets.models.stage_defs import prompt_source
    from resources.database import open_database

    made = found.verdicts[video_id][stage].made
    read = made.inputs.get(prompt_source(TASK_OF[stage])) if made else None
    version = read.version if read else None
    return export(open_database(), stage, video_id, found.sources.known_taxonomy(), version)


def _path(out: Path | None, name: str, *, alone: bool) -> Path:
    if out is not None and alone and out.suffix == ".json":
        return out
    return (out or Path()) / f"{name}.json"


def put(fixture: "Fixture", path: Path) -> Path:
    """Write it, with no secret in it. Raises ConfigurationError."""
    from chrysopedia_assets.errors import ConfigurationError
    from chrysopedia_assets.harness.fixtures import written
    from resources.settings import hidden_texts

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(fixture, hidden_texts()), "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the fixture cannot be written: {error.strerror}",
            where=str(path),
            cure="Name another place: --out",
        ) from error
    return path
