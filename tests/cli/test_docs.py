"""docs/cli.md is what the commands say of themselves: generated, and held against them here."""

from collections.abc import Iterator

import click
import typer.main

from chrysopedia_assets.cli.main import app
from resources.settings import PROJECT

PAGE = PROJECT / "docs" / "cli.md"
HEAD = """# The `chrysopedia` command

Generated from the commands' own help by `make generated`; a test fails when it is out of date.

Exit codes: 0 done; 1 some videos failed or were refused, the others are done; 2 wrong usage or configuration.
"""


def generated() -> str:
    root = typer.main.get_command(app)
    sections = (
        f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in helps(root, "chrysopedia")
    )
    return HEAD + "".join(sections)


def helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    # What is listed is loaded by its context, whose command it then is.
    context = command.make_context(
        name, [], resilient_parsing=True, terminal_width=100, max_content_width=100
    )
    yield name, context.command.get_help(context).strip()
    for child, nested in getattr(command, "commands", {}).items():
        yield from helps(nested, f"{name} {child}")


def test_the_page_on_the_command_says_what_the_command_says() -> None:
    assert generated() == PAGE.read_text(), "out of date: make generated"


def test_every_command_says_in_a_sentence_what_it_does() -> None:
    for name, text in helps(typer.main.get_command(app), "chrysopedia"):
        first = text.split("\n\n")[1].strip()
        assert first.endswith(".") and len(first) > 15, name


if __name__ == "__main__":
    PAGE.write_text(generated())
