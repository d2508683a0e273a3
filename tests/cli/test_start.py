"""A command loads only what it uses: told by what is imported in a process of its own, never by the clock."""

import os
import subprocess
import sys
from typing import Any

import pytest
import typer.main

from chrysopedia_assets.cli.lazy import lazy_group
from chrysopedia_assets.cli.main import app
from tests.cli.conftest import Command

HEAVY = {
    *("dagster", "genai_prices", "httpx2", "jinja2", "numpy", "openai", "sqlalchemy"),
    *("chrysopedia_assets.models", "resources.store", "resources.clients"),
}
PROGRAM = """
import atexit, sys
from chrysopedia_assets.cli.main import run
atexit.register(lambda: print("loaded:", *sys.modules))
sys.argv[0] = "chrysopedia"
run()
"""


def started(*arguments: str, code: int = 0, **environment: str) -> tuple[str, set[str]]:
    """What the command said, and the modules that were loaded for it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == code
    told, _, loaded = done.stdout.rpartition("loaded:")
    return told, set(loaded.split())


def commands_of(group: Any) -> dict[str, Any]:
    return getattr(group, "commands", {})


@pytest.mark.parametrize("group", [(), ("pages",), ("prompt",), ("calls",)])
def test_help_on_a_group_loads_none_of_its_commands(group: tuple[str, ...]) -> None:
    told, loaded = started(*group, "--help")
    assert "--help" in told
    assert loaded & HEAVY == set()


def test_help_on_all_of_it_loads_not_even_what_typer_reads_options_with() -> None:
    _, loaded = started("--help")
    assert "pydantic" not in loaded


def test_a_command_loads_what_it_needs() -> None:
    told, loaded = started("costs", "--help")
    assert "--by" in told
    assert loaded & HEAVY >= {"sqlalchemy"}
    assert loaded & {"dagster", "openai"} == set()


@pytest.mark.usefixtures("own_world")
def test_a_misspelt_video_is_told_of_before_dagster_is_loaded() -> None:
    _, loaded = started("rerun", "nobody", "key_moments", code=2)
    assert loaded & HEAVY >= {"sqlalchemy"}
    assert "dagster" not in loaded


def test_a_shell_completes_names_without_loading_them() -> None:
    told, loaded = started(
        _CHRYSOPEDIA_COMPLETE="complete_bash", COMP_WORDS="chrysopedia re", COMP_CWORD="1"
    )
    assert told.split() == ["refresh", "rerun-all", "rerun"]
    assert loaded & HEAVY == set()


def test_a_shell_completes_the_options_of_a_command() -> None:
    told, _ = started(
        _CHRYSOPEDIA_COMPLETE="complete_bash",
        COMP_WORDS="chrysopedia pages show --m",
        COMP_CWORD="3",
    )
    assert told.split() == ["--markdown"]


def test_a_list_says_of_each_command_what_the_command_says_of_itself() -> None:
    groups = [typer.main.get_command(app)]
    seen = 0
    for group in groups:
        for name, listed in commands_of(group).items():
            itself = listed.make_context(name, [], resilient_parsing=True).command
            assert listed.get_short_help_str(500) == itself.get_short_help_str(500) != "", name
            groups += [itself] if commands_of(itself) else []
            seen += 1
    assert seen > 14


def test_a_group_lists_its_commands_and_then_its_groups() -> None:
    inner = lazy_group("Inner.", {"costs": "chrysopedia_assets.cli.costs:costs_command"})
    outer = lazy_group("Outer.", {"stale": "chrysopedia_assets.cli.stale:stale_command"})
    outer.add_typer(inner, name="inner")
    assert list(commands_of(typer.main.get_command(outer))) == ["stale", "inner"]


def test_a_misspelt_command_is_told_which_is_meant(chrysopedia: Command) -> None:
    assert "Did you mean 'ingest'" in chrysopedia("injest").told
    assert "Did you mean 'show'?" in chrysopedia("pages", "shw").told
