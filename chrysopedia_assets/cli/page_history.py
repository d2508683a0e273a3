"""How a page came to be as it is: its versions, what differs between two, and the change of the prompt behind it."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from chrysopedia_assets.cli.output import (
    Json,
    plain,
    print_json,
    print_table,
    results,
    shown_time,
    unknown,
)
from chrysopedia_assets.cli.pages import LISTED_BY, Page
from chrysopedia_assets.errors import ConfigurationError

if TYPE_CHECKING:
    from chrysopedia_assets.inspection.page_history import Edition, PageHistory, PromptChange
    from chrysopedia_assets.inspection.text_changes import Line

STYLES = {"same": "", "gone": "red strike", "new": "green"}
MARKS = {"gone": ("[-", "-]"), "new": ("{+", "+}"), "same": ("", "")}
"""Around what changed within a line, as git has them: a pipe has no colours."""
SIGNS = {"same": "  ", "gone": "- ", "new": "+ ", "changed": "~ "}
SHORT = 12
"""Of a run's id: enough to name it."""


def history_command(
    page: Page,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="N[..M]",
            help="Show what version N changed, or what differs from N to M, in the page and in its prompt.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """The versions of the page at an address, with what changed in each, and which run and prompt made it."""
    history = _gathered(page)
    pair = _pair(diff, history) if diff is not None else None
    if as_json:
        print_json(_as_dict(history) | ({"diff": _diff_as_dict(*pair)} if pair else {}))
    elif pair is not None:
        _print_diff(*pair)
    else:
        _print_versions(history)


def _gathered(name: str) -> "PageHistory":
    from resources.database import open_database
    from resources.event_log import event_log_on_disk
    from resources.page_history import page_history, prompts_on_record
    from resources.store.addresses import address_named, version_counts

    with open_database().reading() as connection:
        address = address_named(connection, name)
        known = [] if address else list(version_counts(connection))
        on_record = prompts_on_record(connection)
        found = page_history(connection, event_log_on_disk(), address or name, on_record)
    if found is None:
        raise unknown("page", name, known, LISTED_BY)
    return found


def _pair(asked: str, history: "PageHistory") -> "tuple[Edition | None, Edition]":
    """The older one is None for the first version, which came after nothing. Raises ConfigurationError."""
    found = re.fullmatch(r"v?(\d{1,9})(?:\.\.v?(\d{1,9}))?", asked.strip())
    if found is None:
        raise ConfigurationError(
            f"{asked!r} is no version", cure="Give one, or two: --diff 3, --diff 1..3"
        )
    editions = {edition.version: edition for edition in history.editions}
    named = [int(number) for number in found.groups() if number]
    for number in named:
        if number not in editions:
            raise ConfigurationError(
                f"there is no version {number} of {history.address}",
                cure=f"There are 1 to {len(editions)}: chrysopedia pages history {history.address}",
            )
    before = named[0] if len(named) == 2 else named[0] - 1
    return editions.get(before), editions[named[-1]]


def _print_versions(history: "PageHistory") -> None:
    rows = [
        {
            "version": edition.version,
            "made": shown_time(edition.made_at),
            "by": edition.made_by,
            "prompt": _prompt(edition),
            "run": (edition.run_id or "")[:SHORT],
            "what changed": "; ".join(_changed(edition)),
        }
        for edition in reversed(history.editions)
    ]
    results.print(plain(f"{history.editions[-1].page.title}", "bold"), soft_wrap=True)
    if not history.stands:
        now = f"leads to {history.leads_to}" if history.leads_to else "nothing has taken its place"
        results.print(plain(f"No page stands here any more; {now}.", "yellow"), soft_wrap=True)
    print_table(rows, "No versions.")


def _prompt(edition: "Edition") -> str:
    """An engine that reads none has none."""
    return (edition.prompt.version or "") if edition.prompt.read else ""


def _changed(edition: "Edition") -> Iterable[str]:
    return edition.changed or (["the first"] if edition.version == 1 else ["nothing that is read"])


def _print_diff(before: "Edition | None", after: "Edition") -> None:
    lines, prompt = _compared(before, after)
    told = f"Version {before.version} → {after.version}" if before else f"Version {after.version}"
    results.print(plain(f"{told}, {shown_time(after.made_at)}, {after.made_by}", "bold"))
    _print_lines(lines)
    if prompt is not None:
        results.print(plain(f"\nThe prompt of synthesis: {prompt.told}", "bold"), soft_wrap=True)
    for name, changed in prompt.texts.items() if prompt else ():
        results.print(plain(f"\n{name}", "bold"), soft_wrap=True)
        _print_lines(changed)


def _compared(
    before: "Edition | None", after: "Edition"
) -> "tuple[list[Line], PromptChange | None]":
    from chrysopedia_assets.inspection.page_history import prompt_change
    from chrysopedia_assets.inspection.text_changes import changes
    from chrysopedia_assets.site.pages import page_text

    text = page_text(before.page) if before else ""
    lines = changes(text, page_text(after.page))
    return lines, prompt_change(before, after) if before else None


def _print_lines(lines: "Iterable[Line]") -> None:
    from chrysopedia_assets.inspection.text_changes import with_context

    for line in with_context(lines):
        results.print("  ..." if line is None else _shown(line), soft_wrap=True)


def _shown(line: "Line") -> Text:
    shown = Text(SIGNS[line.word])
    for piece in line.pieces:
        before, after = MARKS[piece.word] if line.word == "changed" else ("", "")
        space = piece.text[: len(piece.text) - len(piece.text.lstrip())]
        said = f"{space}{before}{piece.text[len(space) :]}{after}"
        shown.append_text(plain(said, STYLES[piece.word]))
    return shown


def _as_dict(history: "PageHistory") -> dict[str, Any]:
    return {
        "page": history.address,
        "video": history.video.video_id,
        "stands": history.stands,
        "leads_to": history.leads_to,
        "versions": [
            {
                "version": edition.version,
                "title": edition.page.title,
                "made_at": edition.made_at.isoformat(),
                "made_by": edition.made_by,
                "run": edition.run_id,
                "prompt": edition.prompt.version,
                "prompt_read": edition.prompt.read,
                "changed": list(edition.changed),
            }
            for edition in history.editions
        ],
    }


def _diff_as_dict(before: "Edition | None", after: "Edition") -> dict[str, Any]:
    """Lines as pairs of what became of each piece and its text."""
    lines, prompt = _compared(before, after)
    texts = prompt.texts if prompt else {}
    return {
        "from": before.version if before else None,
        "to": after.version,
        "text": _pieces(lines),
        "prompt": {
            "told": prompt.told,
            "texts": {name: _pieces(changed) for name, changed in texts.items()},
        }
        if prompt
        else None,
    }


def _pieces(lines: "Iterable[Line]") -> list[list[list[str]]]:
    return [[[piece.word, piece.text] for piece in line.pieces] for line in lines]
