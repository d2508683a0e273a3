"""Groups of commands that load a command's module when it is run, not when it is listed: a list of all is there at once.

What a list says of a command is the docstring of its function, read from the module's text. A command is a function with
typer's annotations; nothing else in its module has to know of the group, and its module may import whatever it needs.
Its module's `CONTEXT_SETTINGS`, if there are any, are click's.
"""

import ast
import inspect
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup


def lazy_group(
    about: str, commands: Mapping[str, str], *, default: str | None = None, **settings: Any
) -> typer.Typer:
    """`commands`: name -> where its function is, as `package.module:function`, in the order in which they are listed.

    `default` is the one that is meant where none is named.
    """

    class Group(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            listed = {name: _NotLoaded(name, where) for name, where in commands.items()}
            self.commands = {**listed, **self.commands}

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            named = bool(args) and (args[0] in self.commands or args[0] == "--help")
            if default is not None and not named and not ctx.resilient_parsing:
                args = [default, *args]
            return super().parse_args(ctx, args)

    return typer.Typer(
        cls=Group, help=about, no_args_is_help=default is None, rich_markup_mode=None, **settings
    )


class _NotLoaded(TyperCommand):
    """Stands in a group's list. Asked to parse its arguments, it hands over to the command itself."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(name)
        self.module, _, self.function = where.partition(":")

    def get_short_help_str(self, limit: int = 45) -> str:
        self.help = _docstrings(self.module)[self.function]
        return super().get_short_help_str(limit)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        module = import_module(self.module)
        settings = getattr(module, "CONTEXT_SETTINGS", None)
        alone.command(self.name, context_settings=settings)(getattr(module, self.function))
        return typer.main.get_command(alone).make_context(info_name, args, parent, **extra)


@lru_cache
def _docstrings(module: str) -> dict[str, str]:
    """Of the module's functions, without running the module."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(module)
    return {
        node.name: inspect.cleandoc(ast.get_docstring(node) or "")
        for node in ast.parse(Path(found.origin).read_bytes()).body
        if isinstance(node, ast.FunctionDef)
    }
