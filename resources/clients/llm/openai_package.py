"""The `openai` package, loaded without the types of its many APIs, none of which is called with them here.

They are two thirds of its modules, and half a second of a command that lasts one. While the package is loaded they are
modules in which every name is `Any`; afterwards they are forgotten, and who imports them gets the real ones.
"""

import importlib
import sys
import threading
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TYPES = "openai.types"
_loading = threading.Lock()


class _Untyped(ModuleType):
    __path__: list[str] = []  # noqa: RUF012  # the import system's own name for a package without files

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Any


class _Untypes:
    """A finder and loader, as the import system wants them."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        ours = name == TYPES or name.startswith(f"{TYPES}.")
        return ModuleSpec(name, self, is_package=True) if ours else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Untyped(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


@cache
def openai_package() -> Any:
    """The package; loaded at the first call, as it is where somebody else has loaded it."""
    with _loading:  # `cache` lets two threads in, and the second would get half a package
        return sys.modules["openai"] if "openai" in sys.modules else _loaded()


def _loaded() -> Any:
    untypes = _Untypes()
    sys.meta_path.insert(0, untypes)
    try:
        package = importlib.import_module("openai")
    finally:
        sys.meta_path.remove(untypes)
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{TYPES}.")]:
            del sys.modules[name]
    del package.types
    return package
