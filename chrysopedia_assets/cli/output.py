"""How commands speak: results on stdout, everything else on stderr, and JSON that a script can read."""

import difflib
import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from chrysopedia_assets.errors import ConfigurationError

PIPED_WIDTH = 200
PAGE_WIDTH = 100

results = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True)

_CONTROLS = [
    code
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    if chr(code) not in "\n\t"
]
"""Of the terminal, and of the direction in which a line is read."""
_REPLACED = dict.fromkeys(_CONTROLS, "\N{REPLACEMENT CHARACTER}")
_ESCAPED = {code: f"\\u{code:04x}" for code in _CONTROLS}

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: object) -> None:
    """One JSON value on stdout, as it is: no colours, no wrapping, and controls only as escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(text.translate(_ESCAPED))  # noqa: T201  # for machines, not through rich


def plain(text: str, style: str = "") -> Text:
    """What a model, a file or a speaker says: nothing in it is markup, and nothing commands the terminal."""
    return Text(text.translate(_REPLACED), style=style)


def print_table(
    rows: Sequence[Mapping[str, Any]],
    empty: str,
    *,
    total: Mapping[str, Any] | None = None,
    right: Collection[str] = (),
) -> None:
    """Columns are the keys of the first row; numbers, and what `right` names, are set to the right. Text is shown as it is,
    never as markup. `total` is a row of its own, below the others.

    Never folded or cropped: on a narrow terminal a line goes on below, and an id can still be copied. Not rich's own
    table, which takes a second for five hundred rows.
    """
    if not rows:
        results.print(empty)
        return
    to_right = [name in right or isinstance(value, int | float) for name, value in rows[0].items()]
    heads = [name.replace("_", " ") for name in rows[0]]
    cells = [[_cell(value) for value in row.values()] for row in rows]
    sums = [_cell(value) for value in total.values()] if total is not None else [""] * len(heads)
    widths = [max(map(cell_len, column)) for column in zip(heads, *cells, sums, strict=True)]

    def line(texts: Sequence[str]) -> str:
        padded = (
            " " * (width - cell_len(text)) + text
            if is_right
            else text + " " * (width - cell_len(text))
            for text, width, is_right in zip(texts, widths, to_right, strict=True)
        )
        return "  ".join(padded).rstrip()

    results.print(Text(line(heads), "bold"), soft_wrap=True)
    for texts in cells:
        print(line(texts))  # noqa: T201  # rich would look for what to fold and to colour
    if total is not None:
        results.print(Text(f"\n{line(sums)}", "bold"), soft_wrap=True)


def _cell(value: object) -> str:
    return one_line(str("" if value is None else value))


def one_line(text: str) -> str:
    """What may quote a model or a file: without line breaks, and nothing in it commands the terminal."""
    return " ".join(text.split()).translate(_REPLACED)


def shown_time(at: datetime | None, timespec: str = "seconds") -> str:
    """As people read it: in UTC, like all days and months here, and saying so."""
    if at is None:
        return ""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', timespec)} UTC"


def shown_usd(usd: float, unpriced: int) -> str:
    """What is known of it, and of how many calls it is not."""
    return f"US$ {usd:.4f}" + (f" + {unpriced} unpriced" if unpriced else "")


def print_page(markdown: str) -> None:
    """A page as one reads it: no wider than the eye likes, and no link that a terminal would follow."""
    # Only here: its parser takes as long to load as the rest of rich.
    from rich.markdown import Markdown

    results.print(
        Markdown(markdown.translate(_REPLACED), hyperlinks=False),
        width=min(results.width, PAGE_WIDTH),
    )


def write_page(where: Path, name: str, html: str) -> Path:
    """Write a page of HTML to a file, or as `name` into a folder (what is one, or is named without a suffix), and say where it is.

    Folders are made. It is said on stderr, so that `--json` beside it stays JSON. Raises ConfigurationError.
    """
    path = where / name if where.is_dir() or not where.suffix else where
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the page cannot be written: {error.strerror or error}",
            where=str(path),
            cure="Name a file that you may write, or a folder: --html.",
        ) from error
    errors.print(plain(f"Written: {path}"), soft_wrap=True)
    return path


def unknown(kind: str, asked: str, known: Iterable[str], listed_by: str) -> ConfigurationError:
    """Somebody asked for what is not there: say what is meant most likely, and what lists them all."""
    close = difflib.get_close_matches(asked, known, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return ConfigurationError(f"there is no {kind} {asked}", cure=f"{meant}List them: {listed_by}")


def refuse(message: str) -> None:
    """One line on stderr about a file or video that failed; the rest goes on."""
    errors.print(plain(message, "red"), soft_wrap=True)
