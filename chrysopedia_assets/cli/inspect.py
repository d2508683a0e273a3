"""The inspector: what can be seen of one video, and two results of a stage or chapters beside its topics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import Json, print_json, print_table, results, shown_time
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.inspection.chapter_scores import ChapterScores, against_chapters
from chrysopedia_assets.inspection.comparing import COMPARED, Comparison, compare
from chrysopedia_assets.models.records import StageName

if TYPE_CHECKING:
    from chrysopedia_assets.inspection.seen import Stored

CHAPTERS = "chapters"


def inspect_command(
    video: Annotated[str, typer.Argument(help="The video's id.")],
    against: Annotated[
        str | None,
        typer.Option(
            help="Compare with: the source's `chapters`, or what was given before: by a run (VIDEO#NUMBER, or the beginning of its id), or a version as `v2`."
        ),
    ] = None,
    stage: Annotated[
        str, typer.Option(help=f"What is compared: {', '.join(COMPARED)}.")
    ] = COMPARED[0],
    run: Annotated[
        str | None,
        typer.Option(help="Compare what this run or version gave, instead of what is stored now."),
    ] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="List what is kept of earlier runs, to compare with.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Write it as a page of HTML that needs nothing else: a file, or a folder for it."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show why a video is divided as it is, what was found in each part, and what became of it."""
    from chrysopedia_assets.inspection.inspecting import inspect
    from resources.database import open_database
    from resources.inspecting import look_into

    [video_id] = known_videos([video])
    if versions:
        _list_versions(video_id, as_json)
        return
    if run is not None and against is None:
        raise ConfigurationError("--run says what is compared", cure="Say with what: --against.")
    stored = look_into(open_database(), video_id)
    compared, scores = None, None
    if against is not None:
        compared, scores = _compared(stored, _stage(stage), against, run)
    seen = inspect(stored)
    if html is not None:
        from chrysopedia_assets.site.inspection import inspection_html

        path = html / f"{video_id}.html" if html.is_dir() else html
        _write(path, inspection_html(seen, compared, scores))
    elif as_json:
        print_json(
            seen.model_dump(mode="json")
            | ({"comparison": compared.model_dump(mode="json")} if compared else {})
            | ({"against_chapters": scores.model_dump(mode="json")} if scores else {})
        )
    else:
        from chrysopedia_assets.cli.inspection_text import (
            print_comparison,
            print_inspection,
            print_scores,
        )

        # What was asked for stands last: nobody has to look for it above all the rest.
        print_inspection(seen)
        if compared:
            print_comparison(compared)
        if scores:
            print_scores(scores)


def _stage(asked: str) -> StageName:
    for stage in COMPARED:
        if stage == asked:
            return stage
    raise ConfigurationError(
        f"{asked} cannot be compared", cure=f"Name one of {', '.join(COMPARED)}."
    )


def _compared(
    stored: "Stored", stage: StageName, against: str, run: str | None
) -> tuple[Comparison | None, ChapterScores | None]:
    from chrysopedia_assets.cli.run_names import run_id_of
    from chrysopedia_assets.models.topic_chunks import TopicChunks
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.inspecting import given_by, given_now

    database, connect, video_id = open_database(), event_log_on_disk(), stored.video.video_id
    run, against = run and run_id_of(run), run_id_of(against)
    ours = (
        given_now(stored, stage)
        if run is None
        else given_by(database, connect, video_id, stage, run)
    )
    if against != CHAPTERS:
        other = given_by(database, connect, video_id, stage, against)
        titles = {moment.moment_id: moment.title for moment in stored.moments}
        return compare(other.record, ours.record, (other.name, ours.name), titles), None
    if not isinstance(ours.record, TopicChunks):
        raise ConfigurationError(
            "only topics are compared with chapters",
            cure=f"Leave --stage away, or say {COMPARED[0]}.",
        )
    if not stored.chapters:
        raise ConfigurationError(
            f"the source of {video_id} has no chapters",
            cure="Put the .info.json of yt-dlp beside its transcript, and ingest it again.",
        )
    segments = stored.transcripts.segments if stored.transcripts else ()
    return None, against_chapters(stored.chapters, ours.record.chunks, segments)


def _list_versions(video_id: str, as_json: bool) -> None:
    from resources.database import open_database
    from resources.store.stage_versions import list_versions

    with open_database().reading() as connection:
        kept = list_versions(connection, video_id)
    rows: list[dict[str, Any]] = [
        {
            "stage": one.stage,
            "version": f"v{one.version}",
            "stored": one.stored_at.isoformat(timespec="seconds")
            if as_json
            else shown_time(one.stored_at),
            "made_by": one.made_by,
            "run": one.run_id,
        }
        for one in kept
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, f"Nothing is kept. Next: chrysopedia process {video_id}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the page cannot be written: {error.strerror or error}",
            where=str(path),
            cure="Name a file in a folder that exists and that you may write to.",
        ) from error
    results.print(f"Written: {path}", markup=False, highlight=False, soft_wrap=True)
