"""What is out of date, why, and what refreshing it costs. Answers before Dagster would be loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.output import (
    Json,
    print_json,
    print_table,
    refuse,
    results,
    unknown,
)
from chrysopedia_assets.freshness.plan import Choice, count_by_cause, plan
from chrysopedia_assets.freshness.summary import PAGES, for_all, page
from chrysopedia_assets.freshness.verdicts import WORDS, Root, Verdict
from chrysopedia_assets.freshness.words import when, why
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.stage_defs import prompt_source, settings_source
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import Forecast, Look, look
from resources.sources import commit_of
from resources.store.pages import count_stored
from resources.store.records import made_by

SHOWN = 20
"""Rows of a table on the terminal; --json has them all."""
SYNTHESIS = (prompt_source("synthesis"), settings_source("synthesis"))


def stale_command(
    asset: Annotated[str, typer.Option(help="Which stage's results: its name, or `all`.")] = PAGES,
    video: Annotated[str | None, typer.Option(help="Only this video.")] = None,
    cause: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this cause: a kind (prompt) or a name (prompts/synthesis). Repeatable."
        ),
    ] = None,
    versions: Annotated[
        bool,
        typer.Option("--versions", help="Which pages stand from which prompt, engine and model."),
    ] = False,
    as_json: Json = False,
) -> None:
    """What is out of date and why, through all stages, and what refreshing it costs. Runs nothing."""
    if asset != "all" and asset not in STAGES:
        raise unknown("stage", asset, STAGES, "chrysopedia stale --help")
    choice = Choice.of(cause or ())
    found = look(event_log_on_disk(), open_database())
    if video is not None and video not in found.videos:
        raise unknown("video", video, found.videos, "chrysopedia status")
    if versions:
        _tell_versions(found, as_json)
    else:
        chosen: Sequence[StageName] = STAGES if asset == "all" else (asset,)  # type: ignore[assignment]
        cells = [
            Cell(video_id, stage, page(by_stage) if stage == PAGES else verdict)
            for video_id, by_stage in found.verdicts.items()
            for stage, verdict in by_stage.items()
            if stage in chosen and video in (None, video_id)
        ]
        _tell(found, cells, choice, as_json)
    tell_news(found)


@dataclass(frozen=True)
class Cell:
    video_id: str
    stage: StageName
    verdict: Verdict

    def as_dict(self, choice: Choice) -> dict[str, Any]:
        return {
            "video": self.video_id,
            "asset": self.stage,
            "verdict": self.verdict.word,
            "dagster": self.verdict.status,
            "override": self.verdict.made.override if self.verdict.made else None,
            "causes": [
                {"at": root.stage, **root.cause._asdict()}
                for root in self.verdict.roots
                if choice(root)
            ],
        }

    def as_row(self, numbers: Mapping[Root, int]) -> dict[str, str]:
        """`numbers` are those of the causes in the table above it."""
        causes = [str(numbers[for_all(r)]) for r in self.verdict.roots if for_all(r) in numbers]
        if self.verdict.word == "accepted":
            roots = (Root(self.stage, cause) for cause in self.verdict.own)
            causes = [f"{why(root)}, which was accepted" for root in roots] or ["made of what is"]
        if self.verdict.word == "override":
            own = self.verdict.made and self.verdict.made.override
            given = (
                f"a prompt given for this video alone ({own})" if own else "what such a prompt gave"
            )
            causes.insert(0, f"made with {given}")
        return {
            "video": self.video_id,
            "asset": self.stage,
            "verdict": self.verdict.word,
            "causes": ", ".join(causes),
        }


def _tell(found: Look, cells: Sequence[Cell], choice: Choice, as_json: bool) -> None:
    shown = [cell for cell in cells if _is_shown(cell.verdict, choice)]
    videos = {cell.video_id for cell in shown}
    verdicts = {v: by_stage for v, by_stage in found.verdicts.items() if v in videos}
    to_refresh = plan(verdicts, Choice.of_refresh(choice.only))
    entries = [entry for entry in to_refresh if entry.at_most]
    costs = Forecast(found, open_database())(entries)
    counts = dict.fromkeys(WORDS, 0)
    for cell in cells:
        counts[cell.verdict.word] += 1
    pairs = [(c.video_id, root) for c in shown for root in c.verdict.roots if choice(root)]
    causes = _causes(found, pairs)
    if as_json:
        print_json(
            {
                "counts": counts,
                "causes": causes,
                "cells": [cell.as_dict(choice) for cell in shown],
                "refresh": costs.as_dict() | {"unknown": list(costs.unknown)},
                "broken": {name: str(error) for name, error in found.sources.broken.items()},
            }
        )
        return
    tell_broken(found)
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    results.print(told or "No videos yet. Next: chrysopedia ingest PATH", highlight=False)
    if not shown:
        return
    if causes:
        results.print()
        columns = ("cause", "since", "commit", "videos")
        rows = [
            {"no": n} | {name: row[name] for name in columns} for n, row in enumerate(causes, 1)
        ]
        print_table(rows, "")
    results.print()
    numbers = {root: number for number, root in enumerate(_number(pairs), start=1)}
    print_table([cell.as_row(numbers) for cell in shown[:SHOWN]], "")
    if len(shown) > SHOWN:
        results.print(f"... and {len(shown) - SHOWN} more: --json lists all.", highlight=False)
    if entries:
        results.print()
        results.print(f"To run: {costs}.", highlight=False, soft_wrap=True)
        for task in _unread(found, pairs):
            results.print(
                f"The embedded engine answers {task}, and reads no prompt.", soft_wrap=True
            )
        chosen = "".join(f" --cause {name}" for name in sorted(choice.only))
        chosen += f" --video {cells[0].video_id}" if len({c.video_id for c in cells}) == 1 else ""
        results.print(
            f"Refresh them: chrysopedia refresh{chosen} (--dry-run shows what it would do)",
            highlight=False,
            soft_wrap=True,
        )
    if counts["missing"]:
        results.print("What is missing was never made: chrysopedia process makes it.")


def _causes(found: Look, pairs: Sequence[tuple[str, Root]]) -> list[dict[str, Any]]:
    """One row a cause, that of most videos first."""
    number = _number(pairs)
    # Git takes longer to answer than all the rest, and one prompt is the cause of many rows.
    commits = {subject: commit_of(subject) or "" for subject in {r.cause.subject for r in number}}
    return [
        {
            "cause": why(root),
            "at": root.stage,
            **root.cause._asdict(),
            "since": when(found.since_s(root)),
            "commit": commits[root.cause.subject],
            "videos": videos,
        }
        for root, videos in number.items()
    ]


def _number(pairs: Sequence[tuple[str, Root]]) -> dict[Root, int]:
    return count_by_cause((video_id, for_all(root)) for video_id, root in pairs)


def _unread(found: Look, pairs: Sequence[tuple[str, Root]]) -> list[Task]:
    """The tasks whose prompt was edited while nobody reads it."""
    edited = {root.cause.subject for _, root in pairs if root.cause.kind == "prompt"}
    readable = found.sources.prompts.readable_of_stages().items()
    return [task for task, p in readable if not p.settings.model and prompt_source(task) in edited]


def _is_shown(verdict: Verdict, choice: Choice) -> bool:
    if not choice.only:
        return verdict.word != "fresh"
    return any(choice(root) for root in verdict.roots)


def _tell_versions(found: Look, as_json: bool) -> None:
    """One row for each combination of prompt, engine and model that pages stand from."""
    with open_database().reading() as connection:
        makers, pages = made_by(connection, PAGES), count_stored(connection)
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    now = found.recorded.sources
    for video_id, by_stage in found.verdicts.items():
        made = by_stage[PAGES].made
        if made is None:
            continue
        versions = [
            made.inputs[n].version if n in made.inputs else "not recorded" for n in SYNTHESIS
        ]
        key = (*versions, makers.get(video_id, ""), made.override or "")
        current = [now[n].version if n in now else "" for n in SYNTHESIS]
        row = rows.setdefault(
            key,
            {
                "prompt": versions[0],
                "answered_by": versions[1],
                "made_by": key[2],
                "in_force": "yes" if versions == current else "override" if made.override else "no",
                "videos": 0,
                "pages": 0,
            },
        )
        row["videos"] += 1
        row["pages"] += pages.get(video_id, {}).get("pages", 0)
    shown = sorted(rows.values(), key=lambda row: -row["pages"])
    if as_json:
        print_json(shown)
    else:
        print_table(shown, "No pages. Next: chrysopedia process")


def tell_broken(found: Look) -> None:
    """What cannot be read, and what that means for the verdicts."""
    for error in dict.fromkeys(str(error) for error in found.sources.broken.values()):
        refuse(f"{error} What was made with it counts as it did when it was last read.")


def tell_news(found: Look) -> None:
    """Dagster hears of an edited prompt from whoever sees it first; after the answer, for it takes seconds to load."""
    if found.news:
        import dagster as dg

        from resources.observations import observe_sources

        with dg.DagsterInstance.get() as instance:
            observe_sources(instance, found.sources)
