"""What is printed of what others said: as text, and as nothing else."""

import json
from pathlib import Path

import pytest

from chrysopedia_assets.cli.output import (
    one_line,
    print_json,
    print_page,
    print_table,
    refuse,
    write_page,
)
from chrysopedia_assets.errors import ConfigurationError

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


def test_json_escapes_what_commands_the_terminal_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"reply": f"{HOSTILE}\x7f\u2066 größer 音"})
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"} & set(shown)
    assert "größer 音" in shown
    assert json.loads(shown) == {"reply": f"{HOSTILE}\x7f\u2066 größer 音"}


def test_one_line_shows_where_something_was_replaced_as_a_table_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table([{"title": "a\n\x9bb"}], "")
    assert one_line("a\n\x9bb") == "a \ufffdb"
    assert "a \ufffdb" in capsys.readouterr().out


def test_a_page_is_written_to_a_file_or_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_page(tmp_path, "one.html", "ä") == tmp_path / "one.html"
    assert write_page(tmp_path / "here", "one.html", "c") == tmp_path / "here" / "one.html"
    assert write_page(tmp_path / "new" / "mine.html", "one.html", "b").read_text() == "b"
    assert (tmp_path / "one.html").read_text("utf-8") == "ä"
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("Written: ") == 3
    with pytest.raises(ConfigurationError, match="the page cannot be written"):
        write_page(tmp_path / "one.html" / "below.html", "one.html", "b")
