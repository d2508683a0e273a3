"""`prompt export`: what a stage was really given, as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chrysopedia_assets.freshness.verdicts import Verdict
    from chrysopedia_assets.models.records import StageName


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
    from chrysopedia_assets.harness.exporting import export
    from chrysopedia_assets.harness.fixtures import stage_of, written
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import look
    from resources.settings import hidden_texts

    name, asked = stage_of(stage), _asked(videos or [], every=every)
    found = look(event_log_on_disk(), open_database(), None if every else asked)
    taxonomy, files = found.sources.known_taxonomy(), []
    for video_id in asked or sorted(found.videos):
        version = _prompt_version(found.verdicts[video_id], name)
        try:
            fixture = export(open_database(), name, video_id, taxonomy, version)
        except RecordMissing:
            if not every:
                raise
            continue
        text = written(fixture, hidden_texts())
        if out == Path("-"):
            print(text, end="")  # noqa: T201  # the file itself, for a pipe
        else:
            files.append(_put(text, _path(out, fixture.name, alone=len(asked) == 1)))
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


def _prompt_version(by_stage: "Mapping[StageName, Verdict]", stage: "StageName") -> str | None:
    """On record for what is stored: of an override, if it was made with one."""
    from chrysopedia_assets.harness.fixtures import TASK_OF
    from chrysopedia_assets.models.stage_defs import prompt_source

    made = by_stage[stage].made
    read = made.inputs.get(prompt_source(TASK_OF[stage])) if made else None
    return read.version if read else None


def _path(out: Path | None, name: str, *, alone: bool) -> Path:
    if out is not None and alone and out.suffix == ".json":
        return out
    return (out or Path()) / f"{name}.json"


def _put(text: str, path: Path) -> Path:
    from chrysopedia_assets.errors import ConfigurationError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the fixture cannot be written: {error.strerror}",
            where=str(path),
            cure="Name another place: --out",
        ) from error
    return path
