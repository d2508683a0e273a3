"""What is printed of what others said: as text, and as nothing else."""

import pytest

from chrysopedia_assets.cli.output import print_page, print_table, refuse

HOSTILE = "a[red]b\x1b[2J\x1b]0;c\x07\x9bd\u202ee"


def test_nothing_that_somebody_said_commands_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table([{"title": HOSTILE}], "")
    refuse(HOSTILE)
    print_page(HOSTILE)
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert "a[red]b" in text
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
