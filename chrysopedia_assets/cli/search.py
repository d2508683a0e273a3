"""`chrysopedia search`: words in; pages and passages out, with the second to play and why each was found."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from chrysopedia_assets.cli.output import Json, errors, one_line, plain, print_json, results
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.models.search import Answer, Filters, Hit, Kind, Snippet, Updated

CONTEXT_SETTINGS = {"ignore_unknown_options": True}
"""So that "-6 dB" is what somebody looks for."""
WORTH_TELLING_S = 1.0
INDENT = 4


def search_command(
    words: Annotated[
        list[str], typer.Argument(help='What to look for; "in quotation marks" word for word.')
    ],
    creator: Annotated[str | None, typer.Option(help="Only of this creator.")] = None,
    category: Annotated[str | None, typer.Option(help="Only of this category (key).")] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag (key).")] = None,
    video: Annotated[str | None, typer.Option(help="Only of this video.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only what was found in these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many hits.")] = 10,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Wait for all embeddings that are missing, if they are set up."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Search pages, moments and all that was said: what has every word first, then what has most."""
    from resources.database import open_database
    from resources.searching import search

    _refuse_options(words)
    filters = Filters(creator, category, tag, video, kind)
    answer = search(open_database(), " ".join(words), filters, limit, wait=update)
    _tell(answer)
    if as_json:
        print_json(asdict(answer))
    else:
        _show(answer)


def _refuse_options(words: list[str]) -> None:
    """Click takes what it does not know for words here."""
    for word in words:
        if word.startswith("--") and len(word) > 2:
            raise ConfigurationError(
                f"there is no option {word.partition('=')[0]}",
                cure="See chrysopedia search --help. To look for it, write it without the dashes.",
            )


def _tell(answer: Answer) -> None:
    """Beside the answer: what it took, and what could not be asked."""
    if answer.updated.seconds >= WORTH_TELLING_S:
        errors.print(plain(_updated(answer.updated)), soft_wrap=True)
    for report in answer.paths:
        if report.why:
            errors.print(plain(str(report)), soft_wrap=True)


def _updated(done: Updated) -> str:
    changed = done.videos + done.dropped
    return f"{changed} {'video was' if changed == 1 else 'videos were'} not in the index as stored: brought up to date in {done.seconds:.1f} s."


def _show(answer: Answer) -> None:
    if not (answer.words or answer.hits):
        results.print("No word to look for.")
        return
    for number, hit in enumerate(answer.hits, start=1):
        _show_hit(number, hit, fused=len(answer.paths) > 1)
    if not answer.hits:
        results.print("Nothing found.")
    if answer.meant:
        results.print(plain(f"Did you mean: {one_line(answer.meant)}"), soft_wrap=True)


def _show_hit(number: int, hit: Hit, *, fused: bool) -> None:
    head = Text(f"{number:>2}. ", "bold")
    head.append_text(plain(one_line(hit.title), "bold"))
    head.append(f"  {hit.clock}")
    _line(head, 0)
    facts = [hit.creator, *([hit.video_title] if hit.video_title != hit.title else [])]
    facts += [hit.category] if hit.category else []
    _line(plain(one_line(" · ".join(facts)), "dim"))
    _line(_marked(hit.snippet, f"{one_line(hit.section)}: " if hit.section else ""))
    _line(plain(one_line(_why(hit, fused=fused)), "dim"))
    _line(plain(hit.play or f"{hit.video_id} at {hit.clock}"))
    if hit.page:
        _line(plain(f"chrysopedia pages show {hit.page}"))
    results.print()


def _line(text: Text, indent: int = INDENT) -> None:
    results.print(Text(" " * indent) + text, soft_wrap=True)


def _marked(snippet: Snippet, before: str) -> Text:
    text = plain(snippet.text)
    for start, end in snippet.marks:
        text.stylize("bold yellow", start, end)
    return plain(before) + text


def _why(hit: Hit, *, fused: bool) -> str:
    told = [f"{', '.join(reason.words)} in {reason.where}" for reason in hit.reasons]
    told += [f"missed: {', '.join(hit.missed)}"] if hit.missed else []
    told += [f"by {' and '.join(hit.paths)}"] if fused else []
    return "; ".join(told)
