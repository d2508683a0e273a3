"""How commands speak: results on stdout, everything else on stderr, and JSON that a script can read."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 200

results = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: object) -> None:
    """One JSON value on stdout, as it is: no colours, no wrapping."""
    print(json.dumps(value, indent=2, ensure_ascii=False))  # noqa: T201  # for machines, not through rich


def print_table(rows: Sequence[Mapping[str, Any]], empty: str) -> None:
    """Columns are the keys of the first row; numbers are set to the right. Text is shown as it is, never as markup."""
    if not rows:
        results.print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        numeric = isinstance(value, int | float)
        whole = not table.columns  # the first column is an id: people copy it
        justify: JustifyMethod = "right" if numeric else "left"
        table.add_column(name.replace("_", " "), justify=justify, no_wrap=whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    results.print(table)


def refuse(message: str) -> None:
    """One line on stderr about a file or video that failed; the rest goes on."""
    errors.print(Text(message, style="red"), soft_wrap=True)
