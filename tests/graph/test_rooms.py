"""The import walls between the rooms, enforced. The table is the documentation; change it with an ADR."""

import ast
from pathlib import Path

import pytest

from chrysopedia_assets.site.build import ROOMS as DRAWN_BY
from resources.settings import PROJECT

WORLD = {"os", "pathlib", "time", "random", "socket", "subprocess", "urllib", "httpx", "requests"}
OURS = "chrysopedia_assets"

# room -> what it must never import, at any depth of its files, inside functions too
NEVER: dict[str, set[str]] = {
    f"{OURS}/models": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("stages", "engines", "assets", "automation", "cli", "site", "freshness", "harness", "inspection", "search")),
    },
    f"{OURS}/stages": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("engines", "assets", "automation", "cli", "site", "freshness", "harness", "inspection", "search")),
    },
    f"{OURS}/engines": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("assets", "automation", "cli", "site", "freshness", "harness", "inspection", "search")),
    },
    f"{OURS}/freshness": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("stages", "engines", "assets", "automation", "cli", "site", "harness", "inspection", "search")),
    },
    f"{OURS}/inspection": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("stages", "engines", "assets", "automation", "cli", "site", "freshness", "harness", "search")),
    },
    f"{OURS}/search": {
        "dagster", "resources", "sqlalchemy", *WORLD,
        *(f"{OURS}.{room}" for room in ("stages", "engines", "assets", "automation", "cli", "freshness", "harness", "inspection")),
    },
    f"{OURS}/site": {
        "dagster", "resources", "sqlalchemy",
        *(f"{OURS}.{room}" for room in ("stages", "engines", "assets", "automation", "cli", "search")),
    },
    f"{OURS}/assets": {
        "sqlalchemy", "openai", "faster_whisper", "subprocess", "os",
        f"{OURS}.engines", f"{OURS}.cli", f"{OURS}.automation.ingest",
        f"{OURS}.automation.process", f"{OURS}.automation.sensors", "resources.clients", "resources.store",
    },
    f"{OURS}/automation": {f"{OURS}.stages", f"{OURS}.engines", f"{OURS}.cli", "sqlalchemy"},
    f"{OURS}/definitions": {f"{OURS}.stages", f"{OURS}.engines", "resources.clients", "resources.store"},
    f"{OURS}/cli": {"sqlalchemy", f"{OURS}.stages", f"{OURS}.engines"},
    f"{OURS}/harness": {
        "sqlalchemy", "openai",
        *(f"{OURS}.{room}" for room in ("assets", "automation", "cli", "definitions")),
    },
    "resources": {
        f"{OURS}.assets", f"{OURS}.automation", f"{OURS}.cli", f"{OURS}.definitions", "tests",
    },
    "resources/clients": {"dagster", "sqlalchemy", f"{OURS}.stages", f"{OURS}.engines"},
    "resources/store": {"dagster", f"{OURS}.stages", f"{OURS}.engines", "resources.clients"},
}  # fmt: skip

# room -> what it must not import when it is imported itself: too slow for every command
NOT_AT_IMPORT: dict[str, set[str]] = {
    f"{OURS}/cli": {"dagster", f"{OURS}.assets", f"{OURS}.automation", f"{OURS}.definitions"},
    f"{OURS}/harness": {"dagster", "gepa"},
    "resources/clients/speech": {
        *("av", "ctranslate2", "faster_whisper", "huggingface_hub", "onnxruntime", "openai"),
    },
}


def files_of(room: str) -> list[Path]:
    folder, module = PROJECT / room, PROJECT / f"{room}.py"
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [module]


def imports(tree: ast.AST) -> set[str]:
    return {name for node in ast.walk(tree) for name in imports_of(node)}


def imports_at_import(tree: ast.AST) -> set[str]:
    later = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = imports_of(tree)
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, later) and not is_for_the_type_checker(node):
            names |= imports_at_import(node)
    return names


def imports_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return set()


def is_for_the_type_checker(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def crossings(found: set[str], never: set[str]) -> list[str]:
    return sorted(
        name for name in found if any(name == bad or name.startswith(f"{bad}.") for bad in never)
    )


@pytest.mark.parametrize("room", NEVER)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    files = files_of(room)
    assert files, f"{room} is empty: rename it here too"
    found = {
        str(path.relative_to(PROJECT)): crossings(imports(ast.parse(path.read_text())), NEVER[room])
        for path in files
    }
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("room", NOT_AT_IMPORT)
def test_a_command_pays_only_for_what_it_uses(room: str) -> None:
    found = {
        str(path.relative_to(PROJECT)): crossings(
            imports_at_import(ast.parse(path.read_text())), NOT_AT_IMPORT[room]
        )
        for path in files_of(room)
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_a_file_of_the_site_is_drawn_again_when_code_of_any_room_that_draws_it_changes() -> None:
    files = [file for room in DRAWN_BY for file in files_of(f"{OURS}/{room}")]
    found = {name for file in files for name in imports(ast.parse(file.read_text()))}
    rooms = {name.split(".")[1] for name in found if name.startswith(f"{OURS}.")}
    assert rooms - {"errors"} == set(DRAWN_BY)


def test_every_room_is_in_the_table() -> None:
    rooms = {
        f"{top}/{path.name}"
        for top in (OURS, "resources")
        for path in (PROJECT / top).iterdir()
        if path.is_dir() and path.name != "__pycache__"
    }
    assert rooms - NEVER.keys() == set()


def test_a_crossing_is_seen_wherever_it_stands() -> None:
    tree = ast.parse("def f():\n    from dagster._core import events\n")
    assert crossings(imports(tree), {"dagster"}) == ["dagster._core", "dagster._core.events"]
    assert crossings(imports_at_import(tree), {"dagster"}) == []
    typed = ast.parse("if TYPE_CHECKING:\n    import dagster\nif x:\n    import dagster.core\n")
    assert crossings(imports_at_import(typed), {"dagster"}) == ["dagster.core"]
    of_class = ast.parse("class A:\n    import dagster\n    def f(self):\n        import numpy\n")
    assert imports_at_import(of_class) == {"dagster"}


@pytest.mark.parametrize("room", ["chrysopedia_assets", "resources", "benchmarks"])
def test_every_module_says_what_belongs_there(room: str) -> None:
    silent = [
        str(path.relative_to(PROJECT))
        for path in files_of(room)
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
