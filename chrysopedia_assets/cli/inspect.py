"""The inspector: what can be seen of one video, and two results of a stage or chapters beside its topics."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.inspection_text import (
    print_comparison,
    print_inspection,
    print_scores,
)
from chrysopedia_assets.cli.library import known_videos
from chrysopedia_assets.cli.output import Json, print_json, print_table, shown_time, write_page
from chrysopedia_assets.cli.run_names import run_id_of
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.inspection.chapter_scores import ChapterScores, against_chapters
from chrysopedia_assets.inspection.comparing import COMPARED, Comparison, compare
from chrysopedia_assets.inspection.inspecting import inspect
from chrysopedia_assets.inspection.seen import Inspection, Stored
from chrysopedia_assets.models.records import StageName, StageRecord
from chrysopedia_assets.models.topic_chunks import TopicChunks
from chrysopedia_assets.site.inspection import inspection_html
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.inspecting import Given, given_by, given_now, look_into
from resources.store.stage_versions import list_versions

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
    [video_id] = known_videos([video])
    if versions:
        if html is not None:
            raise ConfigurationError("--versions is a list", cure="Leave --html away.")
        _list_versions(video_id, as_json)
        return
    stored = look_into(open_database(), video_id)
    compared, scores = _compared(stored, stage, against, run)
    seen = inspect(stored)
    if html is not None:
        write_page(html, f"{video_id}.html", inspection_html(seen, compared, scores))
    if as_json:
        print_json(_as_dict(seen, compared, scores))
    elif html is None:
        _print(seen, compared, scores)


def _as_dict(
    seen: Inspection, compared: Comparison | None, scores: ChapterScores | None
) -> dict[str, Any]:
    beside = {"comparison": compared, "against_chapters": scores}
    return seen.model_dump(mode="json") | {
        name: found.model_dump(mode="json") for name, found in beside.items() if found
    }


def _print(seen: Inspection, compared: Comparison | None, scores: ChapterScores | None) -> None:
    """What was asked for stands last: nobody has to look for it above all the rest."""
    print_inspection(seen)
    if compared:
        print_comparison(compared)
    if scores:
        print_scores(scores)


def _compared(
    stored: Stored, stage: str, against: str | None, run: str | None
) -> tuple[Comparison | None, ChapterScores | None]:
    """With another result or with the chapters of the source, if with anything."""
    if against is None:
        if run is not None:
            raise ConfigurationError(
                "--run says what is compared", cure="Say with what: --against."
            )
        return None, None
    known = _stage(stage)
    ours = _given(stored, known, run) if run is not None else given_now(stored, known)
    if against == CHAPTERS:
        return None, _beside_chapters(stored, ours.record)
    other = _given(stored, known, against)
    titles = {moment.moment_id: moment.title for moment in stored.moments}
    return compare(other.record, ours.record, (other.name, ours.name), titles), None


def _stage(asked: str) -> StageName:
    for stage in COMPARED:
        if stage == asked:
            return stage
    raise ConfigurationError(
        f"{asked} cannot be compared", cure=f"Name one of {', '.join(COMPARED)}."
    )


def _given(stored: Stored, stage: StageName, asked: str) -> Given:
    return given_by(
        open_database(), event_log_on_disk(), stored.video.video_id, stage, run_id_of(asked)
    )


def _beside_chapters(stored: Stored, ours: StageRecord) -> ChapterScores:
    if not isinstance(ours, TopicChunks):
        raise ConfigurationError(
            "only topics are compared with chapters",
            cure=f"Leave --stage away, or say {COMPARED[0]}.",
        )
    if not stored.chapters:
        raise ConfigurationError(
            f"the source of {stored.video.video_id} has no chapters",
            cure="Put the .info.json of yt-dlp beside its transcript, and ingest it again.",
        )
    segments = stored.transcripts.segments if stored.transcripts else ()
    return against_chapters(stored.chapters, ours.chunks, segments)


def _list_versions(video_id: str, as_json: bool) -> None:
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
