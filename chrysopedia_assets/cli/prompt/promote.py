"""`prompt promote`, `history`, `rollback`: install a prompt, and say what that makes of what is stored."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chrysopedia_assets.cli.output import Json, errors, print_json, print_table, results, shown_time
from resources.clients.library import shown

if TYPE_CHECKING:
    from chrysopedia_assets.freshness.changes import Changes
    from chrysopedia_assets.freshness.estimate import Estimate
    from chrysopedia_assets.harness.promotion import Installed, Place

SHOWN_VIDEOS = 5

Commit = Annotated[
    bool, typer.Option("--commit", help="Commit the prompt's folder to git, and nothing else.")
]
Note = Annotated[str | None, typer.Option(help="Why; it is kept in the history.")]


def promote_command(
    path: Annotated[
        Path, typer.Argument(help="A prompt's folder, or a file instead of system.md (user.md).")
    ],
    stage: Annotated[str, typer.Option(help="The stage, or its task: synthesis.")],
    evidence: Annotated[
        Path | None, typer.Option(help="The report.json of `prompt compare`; it is kept.")
    ] = None,
    note: Note = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Install it though the evidence says it is worse.")
    ] = False,
    commit: Commit = False,
    as_json: Json = False,
) -> None:
    """Install a prompt: checked first, all or nothing. Says which results are stale now, and what refreshing costs."""
    from chrysopedia_assets.harness.evidence import read_evidence
    from chrysopedia_assets.harness.promotion import Order, promote

    place = _place(stage)
    order = Order(_reason(note), read_evidence(evidence) if evidence else None, anyway, commit)
    installed = _install(place, lambda: promote(place, path, order), as_json)
    if evidence is None and installed.entry and not as_json:
        results.print("Nothing shows that it is better: chrysopedia prompt compare would.")


def rollback_command(
    stage: Annotated[str, typer.Argument(help="The stage, or its task: synthesis.")],
    to: Annotated[
        int | None, typer.Option(help="A number of the history; default: the one before.")
    ] = None,
    note: Note = None,
    commit: Commit = False,
    as_json: Json = False,
) -> None:
    """Install an earlier prompt again; what was made with it is fresh again."""
    from chrysopedia_assets.harness.promotion import Order, rollback

    place = _place(stage)
    _install(place, lambda: rollback(place, to, Order(_reason(note), commit=commit)), as_json)


def history_command(
    stage: Annotated[str, typer.Argument(help="The stage, or its task: synthesis.")],
    as_json: Json = False,
) -> None:
    """Which prompts were installed, when, from where and on what evidence; the newest first."""
    from chrysopedia_assets.harness.promotion import listed

    place = _place(stage)
    found = listed(place)
    rows = [
        {
            "number": entry.number,
            "installed": entry.number == found.in_place,
            "version": entry.prompt_version,
            "when": shown_time(entry.promoted_at, "minutes"),
            "from": shown(entry.source),
            "verdict": entry.verdict,
            "scores": None
            if entry.old_score is None or entry.new_score is None
            else f"{entry.old_score:.2f} to {entry.new_score:.2f}",
            "fixtures": len(entry.fixtures),
            "commit": entry.git_commit,
            "note": shown(entry.note) if entry.note else None,
        }
        for entry in found.entries
    ]
    if as_json:
        print_json(rows)
        return
    told = f"Nothing was promoted yet for {place.task}; installed is {found.version}."
    print_table([row | {"installed": "*" if row["installed"] else ""} for row in rows], told)
    if rows and found.in_place is None:
        results.print(
            f"What is installed ({found.version}) was edited by hand; the next promotion puts it on record.",
            highlight=False,
            soft_wrap=True,
        )


def _reason(note: str | None) -> str | None:
    """What was typed may hold bytes that are no text, which neither a database nor git would take."""
    return shown(note) if note else None


def _place(stage: str) -> "Place":
    from chrysopedia_assets.harness.fixtures import TASK_OF, stage_of
    from chrysopedia_assets.harness.promotion import Place, tidy
    from resources.database import open_database
    from resources.llm import prompt
    from resources.settings import llm_settings, settings

    task = TASK_OF[stage_of(stage)]
    folder = settings().prompts_dir / task
    place = Place(task, folder, open_database(), partial(prompt, task, llm_settings()))
    if tidy(place):
        errors.print("A promotion that was interrupted was put right.", highlight=False)
    return place


def _install(place: "Place", install: "Callable[[], Installed]", as_json: bool) -> "Installed":
    """With the verdicts before and after it: what it did is the difference."""
    from chrysopedia_assets.freshness.changes import changes
    from chrysopedia_assets.freshness.plan import plan
    from chrysopedia_assets.models.stage_defs import prompt_source, settings_source
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.freshness import Forecast, look

    before = look(event_log_on_disk(), open_database())
    installed = install()
    after = look(event_log_on_disk(), open_database())
    sources = (prompt_source(place.task), settings_source(place.task))
    changed = [
        name
        for name in sources
        if before.sources.versions.get(name) != after.sources.versions.get(name)
    ]
    made = changes(before.verdicts, after.verdicts, changed)
    estimate = Forecast(after, open_database())(plan(made.to_run))
    if as_json:
        print_json(_as_json(place, installed, made, estimate))
    else:
        _tell(place, installed, made, estimate)
    return installed


def _as_json(
    place: "Place", installed: "Installed", made: "Changes", estimate: "Estimate"
) -> dict[str, Any]:
    return {
        "task": place.task,
        "number": installed.entry.number if installed.entry else None,
        "version": installed.version,
        "old_version": installed.old_version,
        "changed_files": list(installed.changed),
        "commit": installed.entry.git_commit if installed.entry else None,
        "stale": {stage: list(videos) for stage, videos in made.stale.items()},
        "fresh": {stage: list(videos) for stage, videos in made.fresh.items()},
        "still_stale": {stage: list(videos) for stage, videos in made.still.items()},
        "cost": estimate.as_dict(),
    }


def _tell(place: "Place", installed: "Installed", made: "Changes", estimate: "Estimate") -> None:
    if installed.entry is None:
        _print(f"Version {installed.version} is what is installed already; nothing was changed.")
        return
    if installed.found:
        _print(f"What was in place is number {installed.found.number} of the history now.")
    commit = f", commit {installed.entry.git_commit}" if installed.entry.git_commit else ""
    _print(
        f"Installed as number {installed.entry.number} of {place.task}: version {installed.version}"
        f" instead of {installed.old_version} ({', '.join(installed.changed)}){commit}."
    )
    for word, cells in (
        ("stale now", made.stale),
        ("fresh again", made.fresh),
        ("stale as before, and by this too", made.still),
    ):
        for stage, videos in cells.items():
            more = f" and {len(videos) - SHOWN_VIDEOS} more" if len(videos) > SHOWN_VIDEOS else ""
            _print(f"{len(videos)} {stage} {word}: {', '.join(videos[:SHOWN_VIDEOS])}{more}")
    if made.stale:
        _print(f"Refreshing what this made stale: {estimate}.")
        _print(f"Next: chrysopedia refresh --cause prompts/{place.task}")
    elif made.still:
        _print("What refreshing them costs: chrysopedia stale")
    elif not made.fresh:
        _print("Nothing that is stored was made with another prompt than this.")


def _print(line: str) -> None:
    results.print(line, markup=False, highlight=False, soft_wrap=True)
