"""`prompt optimize` as a user has it: exported inputs in, a candidate in a folder out, and what to do next."""

import sys
from pathlib import Path

import pytest

from chrysopedia_assets.harness.fixtures import written
from resources.clients.prompts import read_prompt
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.harness.builders import fixture
from tests.harness.test_optimising import FIXTURES, plain_prompt


@pytest.fixture
def exported(own_world: Path) -> Path:
    folder = own_world / "fixtures"
    folder.mkdir()
    for number, one in enumerate(FIXTURES):
        (folder / f"{number}.json").write_text(written(one), "utf-8")
    return folder


def test_a_better_prompt_is_found_and_not_installed(
    chrysopedia: Command, exported: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = own_world / "out"
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia(
            "prompt", "optimize", "technique_pages", "--fixtures", exported, "--budget", "40",
            "--prompt", plain_prompt(own_world), "--no-judge", "--out", out,
        )  # fmt: skip
        compared = chrysopedia(
            "prompt", "compare", own_world / "plain", out / "candidate", "--fixtures", exported, "--no-judge", "--json",
        )  # fmt: skip
    assert compared.code == 0, compared.err
    parts = [one["part"] for one in compared.json["fixtures"]]
    assert sorted(parts) == ["held out", "tuned on", "tuned on", "tuned on"]
    assert done.code == 0, done.err
    assert "Round 1:" in done.told and "held out" in done.told
    assert "seed" in done.out and "1 (best)" in done.out and "Nothing is installed" in done.out
    assert f"chrysopedia prompt compare installed {out / 'candidate'}" in done.out
    assert f"chrysopedia prompt promote {out / 'candidate'} --stage technique_pages" in done.out
    assert read_prompt(out / "candidate", "synthesis").settings.model is None


def test_results_go_to_the_data_folder_by_default_and_say_so_as_json(
    chrysopedia: Command, exported: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia(
            "prompt", "optimize", "synthesis", "--fixtures", exported, "--budget", "12", "--no-judge", "--json",
        )  # fmt: skip
    folder = Path(done.json["folder"])
    assert folder.parent == own_world / "data" / "optimisations"
    assert done.json["candidate"] is None and done.json["next"] == []
    assert (folder / "trajectory.svg").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("synthesis", "--budget", "2.50"), "is no budget"),
        (("extraction", "--budget", "9"), "the fixtures are of technique_pages, not of key_moments"),
        (("pages", "--budget", "9"), "no stage pages has a prompt"),
        (("synthesis", "--budget", "9", "--voice", "3"), "Give a number from 0"),
        (("synthesis", "--budget", "9"), "name a model"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_paid(
    chrysopedia: Command, exported: Path, arguments: tuple[str, ...], told: str
) -> None:
    done = chrysopedia("prompt", "optimize", *arguments, "--fixtures", exported)
    assert done.code == 2
    assert told.casefold() in done.told.casefold()


def test_too_few_fixtures_say_what_to_export(chrysopedia: Command, own_world: Path) -> None:
    path = own_world / "one.json"
    path.write_text(written(fixture()), "utf-8")
    done = chrysopedia("prompt", "optimize", "synthesis", "--fixtures", path, "--budget", "9")
    assert done.code == 2
    assert "chrysopedia prompt export technique_pages VIDEO" in done.told


def test_without_the_package_it_says_how_to_install_it(
    chrysopedia: Command, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gepa", None)
    monkeypatch.setitem(sys.modules, "gepa.api", None)
    with ChatServer() as server:
        use(monkeypatch, server)
        done = chrysopedia("prompt", "optimize", "synthesis", "--fixtures", exported, "--budget", "40")  # fmt: skip
        assert server.requests == []
    assert done.code == 2 and "pip install 'chrysopedia[optimize]'" in done.told
