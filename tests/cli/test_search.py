"""`chrysopedia search`, as it is typed and as it is read."""

import pytest

from chrysopedia_assets.cli import search as command
from tests.cli.conftest import Command
from tests.cli.test_start import started
from tests.library import put_vtt


@pytest.fixture
def searched(own_world, chrysopedia: Command) -> Command:  # type: ignore[no-untyped-def]
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    assert chrysopedia("process").code == 0
    return chrysopedia


def test_it_says_what_where_why_and_what_to_do_next(searched: Command) -> None:
    shown = searched("search", "compressor", "attack", "--limit", 1).out
    assert shown.startswith(" 1. ")
    assert "Ann · Kick" in shown and "  0:00\n" in shown
    assert "attack" in shown and " in " in shown
    assert "ann--kick at 0:" in shown and "chrysopedia pages show ann--kick--" in shown
    address = shown.split("pages show ")[1].split()[0]
    assert searched("pages", "show", address).code == 0


def test_values_can_be_typed_as_they_are(searched: Command) -> None:
    for words in (("30 hertz",), ("30", "Hz"), ("-30 Hz",), ("4:1",), ("Pro-Q 3",)):
        [first, *_] = searched("search", *words, "--json").json["hits"]
        assert first["missed"] == [], words


def test_json_holds_the_whole_answer(searched: Command) -> None:
    found = searched("search", "saturation", "zebra", "--json").json
    assert found["words"] == ["saturation", "zebra"] and found["meant"] is None
    [hit, *_] = found["hits"]
    assert hit["missed"] == ["zebra"] and hit["paths"] == ["full text"]
    assert hit["video_id"] == "ann--kick" and hit["clock"] and hit["play"] is None
    start, end = hit["snippet"]["marks"][0]
    assert hit["snippet"]["text"][start:end].lower() == "saturation"
    assert found["paths"] == [{"path": "full text", "used": True, "why": ""}]


def test_nothing_is_found_in_an_empty_library_and_a_typo_is_asked_about(
    chrysopedia: Command, searched: Command
) -> None:
    assert searched("search", "xyzzy").out == "Nothing found.\n"
    assert "Did you mean: saturation" in searched("search", "saturashion").out
    assert searched("search", "how", "is", "it").out == "No word to look for.\n"


def test_an_empty_library_is_no_error(chrysopedia: Command) -> None:
    assert chrysopedia("search", "kick").out == "Nothing found.\n"


def test_a_misspelt_option_or_filter_is_told(searched: Command) -> None:
    wrong = searched("search", "kick", "--limt", 3)
    assert wrong.code == 2 and "no option --limt" in wrong.told
    wrong = searched("search", "kick", "--creator", "An")
    assert wrong.code == 2 and "Did you mean Ann?" in wrong.told
    assert searched("search", "kick", "--kind", "nonsense").code == 2
    assert searched("search").code == 2


def test_bringing_the_index_up_to_date_is_told_where_it_takes_long(
    searched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "WORTH_TELLING_S", 0.0001)
    assert "1 video was not in the index as stored" in searched("search", "kick").told
    assert searched("search", "kick").told == ""


@pytest.mark.usefixtures("own_world")
def test_it_starts_without_what_it_does_not_need() -> None:
    _, loaded = started("search", "kick")
    assert "sqlalchemy" in loaded
    assert loaded & {"dagster", "openai", "numpy", "rapidfuzz", "httpx2"} == set()
