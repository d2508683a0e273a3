"""Declare versions equal: a cosmetic edit makes nothing out of date. On record with who, when and why; never silent."""

import getpass
import os
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.output import (
    Json,
    print_json,
    print_table,
    results,
    shown_time,
    unknown,
)
from chrysopedia_assets.cli.stale import tell_news
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.verdicts import Accepted
from chrysopedia_assets.models.stage_defs import LIBRARY_FILES, NOT_HEARD, SOURCES, TAXONOMY
from resources.database import open_database
from resources.event_log import event_log_on_disk
from resources.freshness import Look, look
from resources.store import acceptances

ACCEPTABLE = [name for name in SOURCES if name != LIBRARY_FILES]


def accept_command(
    subject: Annotated[
        str | None,
        typer.Argument(help="What was edited: prompts/synthesis, extraction_settings, ..."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why its versions count as equal.")] = "",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Take back all that was accepted for it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Declare the present version of a prompt or setting equal to those that results were made with.

    Without an argument: all that was ever accepted, and by whom.
    """
    if subject is None:
        _list(as_json)
        return
    if subject not in ACCEPTABLE:
        raise unknown("prompt or setting", subject, ACCEPTABLE, "chrysopedia stale")
    who = _who()
    if revoke:
        with open_database().writing(lock="acceptances") as connection:
            count = acceptances.revoke(connection, subject, revoked_by=who)
        results.print(f"{count} taken back for {subject}.", highlight=False)
        return
    if not reason.strip():
        raise ConfigurationError(
            "nothing is accepted without a reason", cure='Give one: --reason "only a typo"'
        )
    found = look(event_log_on_disk(), open_database())
    pairs = _pairs(found, subject)
    with open_database().writing(lock="acceptances") as connection:
        acceptances.accept(connection, pairs, reason=reason.strip(), accepted_by=who)
    for pair in pairs:
        results.print(
            f"{pair.subject}: {pair.one} counts as {pair.other} from now on.",
            highlight=False,
            soft_wrap=True,
        )
    if not pairs:
        results.print(f"Nothing is out of date because of {subject}.", highlight=False)
    tell_news(found)


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return f"user {os.getuid()}"


def _pairs(found: Look, subject: str) -> list[Accepted]:
    """Each older version that something stands from, with the present one.

    The embedded engine reads the taxonomy too, where it stands for its settings. A transcript file is not declared equal
    to what was heard: over it, all recognisers would be equal to each other.
    """
    broken = found.sources.broken.get(subject)
    if broken is not None:
        raise broken
    causes = {
        root.cause
        for by_stage in found.verdicts.values()
        for verdict in by_stage.values()
        for root in verdict.roots
        if root.cause.subject == subject or (subject == TAXONOMY and root.cause.kind == "taxonomy")
    }
    return [
        Accepted(cause.subject, cause.old, cause.new)
        for cause in sorted(causes)
        if cause.old and cause.new and NOT_HEARD not in (cause.old, cause.new)
    ]


def _list(as_json: bool) -> None:
    with open_database().reading() as connection:
        rows: list[dict[str, Any]] = acceptances.list_acceptances(connection)
    for row in rows:
        for name in ("accepted_at", "revoked_at"):
            if as_json:
                row[name] = row[name].isoformat(timespec="seconds") if row[name] else None
            else:
                row[name] = shown_time(row[name])
        del row["acceptance_id"]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, "Nothing was accepted yet.")
