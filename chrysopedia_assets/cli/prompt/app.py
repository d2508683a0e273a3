"""The group itself: which commands it has."""

import typer

app = typer.Typer(
    help="Try a prompt on what a stage was really given, find out whether it is better, and install it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
