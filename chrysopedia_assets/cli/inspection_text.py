"""The inspector in a terminal: a timeline, then parts with their moments indented, groups, pages, what was left out.

What belongs here: lines. What does not: what stands in them (`inspection`). Everything that was said goes through `plain`.
"""

from collections.abc import Iterable, Sequence

from rich.padding import Padding
from rich.text import Text

from chrysopedia_assets.cli.output import plain, results
from chrysopedia_assets.inspection.chapter_scores import ChapterScores
from chrysopedia_assets.inspection.comparing import Comparison
from chrysopedia_assets.inspection.seen import (
    Inspection,
    LeftOut,
    SeenChunk,
    SeenGroup,
    SeenMoment,
    SeenPage,
)
from chrysopedia_assets.models.clock import clock
from chrysopedia_assets.models.doubts import MEANS, Doubt

WIDTH = 110
COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red", "bright_cyan", "bright_yellow")
BAR = 8


def print_inspection(seen: Inspection) -> None:
    """All of it, in the order in which it came to be."""
    _line(seen.video.title, "bold")
    makers = "; ".join(f"{stage}: {maker}" for stage, maker in seen.made_by.items())
    _line(
        f"{seen.video.creator}, {clock(seen.duration_s)}. {makers or 'Nothing has run yet'}", "dim"
    )
    if told := _heard(seen):
        _line(told, "yellow" if seen.doubts else "dim")
    if seen.missing:
        _line(f"Has not run: {', '.join(seen.missing)}.", "yellow")
    colours = _colours(seen)
    if seen.chunks:
        _heading("Timeline")
        _timeline(seen, colours)
    moments = {moment.moment_id: moment for moment in seen.moments}
    titles = {page.address: page.title for page in seen.pages}
    for chunk in seen.chunks:
        _chunk(chunk, colours)
        for moment_id in chunk.moments:
            _moment(moments[moment_id], titles)
    if outside := [moment for moment in seen.moments if moment.chunk is None]:
        _heading("Moments of no chunk")
        for moment in outside:
            _moment(moment, titles)
    _groups(seen.groups, colours)
    _pages(seen.pages)
    _doubts(seen.doubts)
    _left("Left out", seen.left_out)
    _left("Of different runs", seen.out_of_step)


def print_comparison(compared: Comparison) -> None:
    _heading(f"{compared.stage}: A is {compared.a}; B is {compared.b}")
    for one in compared.differences:
        times = " → ".join(clock(at) for at in (one.a_s, one.b_s) if at is not None)
        _line(f"{one.word:9} {times:13} {one.title}", "" if one.word == "same" else "bold", 2, 26)
        if one.told:
            _line(one.told, "dim", 26)
    told = ", ".join(f"{count} {word}" for word, count in compared.counts.items())
    _line(f"{told or 'Nothing to compare'}.")


def print_scores(scores: ChapterScores) -> None:
    _heading("Topics against the chapters of the source")
    for mark in scores.marks:
        off = f"{mark.off_s:+.1f} s" if mark.off_s is not None else ""
        _line(
            f"{mark.word:6} {clock(mark.at_s):>8} {off:>8}  {mark.title}", _MARK[mark.word], 2, 28
        )
    for one in scores.within:
        _line(
            f"Within {one.tolerance_s:g} s: precision {one.precision:.2f}, recall {one.recall:.2f}, F1 {one.f1:.2f}"
        )
    if scores.pk is not None:
        _line(f"Pk {scores.pk:.2f}, WindowDiff {scores.window_diff:.2f} (0 is best)")


_MARK = {"hit": "green", "near": "yellow", "missed": "red", "extra": "dim"}


def _line(text: str, style: str = "", indent: int = 0, hanging: int | None = None) -> None:
    """Folded to the width; further lines begin where `hanging` says."""
    width = min(results.width, WIDTH)
    inner = indent if hanging is None else hanging
    first, *rest = plain(text, style).wrap(results, max(20, width - inner)) or [Text()]
    results.print(Padding(first, (0, 0, 0, indent), expand=False), highlight=False)
    for more in rest:
        results.print(Padding(more, (0, 0, 0, inner), expand=False), highlight=False)


def _heading(text: str) -> None:
    results.print()
    _line(text, "bold underline")


def _colours(seen: Inspection) -> dict[str, str]:
    categories = dict.fromkeys(c for chunk in seen.chunks for c in chunk.categories)
    categories |= dict.fromkeys(group.category for group in seen.groups)
    return {category: COLOURS[n % len(COLOURS)] for n, category in enumerate(categories)}


def _colour(chunk: SeenChunk, colours: dict[str, str]) -> str:
    return colours[chunk.categories[0]] if chunk.categories else "bright_black"


# The timeline ------------------------------------------------------------------------------------


def _timeline(seen: Inspection, colours: dict[str, str]) -> None:
    """One row each: chapters, chunks with their numbers, moments, times."""
    width = min(results.width, WIDTH) - 10

    def cell(at_s: float) -> int:
        return min(width - 1, int(at_s / (seen.duration_s or 1.0) * width))

    def marks(times_s: Iterable[float], mark: str) -> Text:
        row = [" "] * width
        for at_s in times_s:
            row[cell(at_s)] = mark
        return Text("".join(row))

    blocks = Text("─" * width)
    for chunk in seen.chunks:
        start = cell(chunk.start_s)
        end = max(cell(chunk.end_s), start + 1)
        block = f"│{chunk.number}"[: end - start].ljust(end - start, "─")
        coloured = Text(block, style=_colour(chunk, colours))
        blocks = blocks[:start] + coloured + blocks[end:]
    rows = [("chunks", blocks), ("moments", marks((m.start_s for m in seen.moments), "●"))]
    if seen.doubts:
        touched = {
            place
            for doubt in seen.doubts
            for place in range(cell(doubt.start_s), cell(doubt.end_s) + 1)
        }
        doubtful = "".join("?" if place in touched else " " for place in range(width))
        rows.append(("doubts", Text(doubtful, style="yellow")))
    if seen.chapters:
        rows.insert(0, ("chapters", marks((c.start_s for c in seen.chapters), "▾")))
    for name, row in rows:
        results.print(Text(f"{name:9} ", style="dim") + row[:width], highlight=False, no_wrap=True)
    middle, last = clock(seen.duration_s / 2), clock(seen.duration_s)
    axis = f"{'':10}0:00{middle:^{width - 4 - len(last)}}{last}"
    results.print(Text(axis, style="dim"), no_wrap=True)
    legend = Text(" " * 10)
    for category, colour in colours.items():
        legend += Text("■ ", style=colour) + plain(f"{category}  ", "dim")
    results.print(legend)


# Parts -------------------------------------------------------------------------------------------


def _chunk(chunk: SeenChunk, colours: dict[str, str]) -> None:
    results.print()
    head = f"{chunk.number:>3}  {clock(chunk.start_s)}-{clock(chunk.end_s)}  {chunk.label}"
    _line(head, f"bold {_colour(chunk, colours)}", 0, 5)
    measured = []
    if chunk.pause_s is not None and chunk.drop is not None:
        bar = "█" * round(chunk.drop * BAR)
        measured = [f"pause {chunk.pause_s:.1f} s", f"words change {chunk.drop:.2f} {bar:░<{BAR}}"]
    told = [chunk.reason] if chunk.reason else []
    if told or measured:
        _line(f"begins: {' · '.join((*told, *measured))}", "dim", 5)
    if not chunk.moments:
        _line("no moment", "dim", 5)


def _moment(moment: SeenMoment, titles: dict[str, str]) -> None:
    _line(f"● {clock(moment.start_s)}  {moment.title}", "", 5, 7)
    tags = f" ({', '.join(moment.tags)})" if moment.tags else ""
    evidence = f": “{moment.evidence}”" if moment.evidence else ""
    place = f"{moment.category}{tags}{evidence}" if moment.category else "not classified"
    _line(f"{moment.kind}, {place}", "dim", 9)
    if moment.doubt:
        _line(f"not sure: {moment.doubt}", "yellow", 9, 11)
    if moment.doubted:
        _line(f"perhaps misheard: {moment.doubted}", "yellow", 9, 11)
    if moment.page is not None:
        _line(f"→ {titles[moment.page]} [{moment.citation}]", "green", 9, 11)
    elif moment.left_out:
        _line(f"✗ on no page: {moment.left_out}", "red", 9, 11)


def _groups(groups: Sequence[SeenGroup], colours: dict[str, str]) -> None:
    if groups:
        _heading("Groups: what each synthesis call sees")
    for group in groups:
        part = f", part {group.part} of {group.parts}" if group.parts > 1 else ""
        of_bound = f"{group.tokens:,} of {group.max_tokens:,} tokens"
        _line(
            f"{group.number:>3}  {group.category}{part}: {len(group.moments)} moments, {of_bound}",
            f"bold {colours[group.category]}",
        )
        _line(group.why, "dim", 5)
        for member in group.moments:
            _line(f"{clock(member.start_s):>8}  {member.title}", "", 5, 15)


def _pages(pages: Sequence[SeenPage]) -> None:
    if pages:
        _heading("Pages")
    for page in pages:
        of_groups = f", from group {', '.join(map(str, page.groups))}" if page.groups else ""
        _line(page.title, "bold")
        _line(f"{page.category}, {len(page.moments)} moments{of_groups}", "dim", 5)
        results.print(plain(f"     {page.address}", "dim"), soft_wrap=True)  # to be copied


def _heard(seen: Inspection) -> str:
    share = (
        [f"words for {seen.heard_share:.0%} of the speech"] if seen.heard_share is not None else []
    )
    count = len(seen.doubts)
    doubts = [f"{count} doubt{'s' if count > 1 else ''}"] if count else []
    return f"Heard: {', '.join((*share, *doubts))}." if share or doubts else ""


def _doubts(doubts: Sequence[Doubt]) -> None:
    if doubts:
        _heading("Doubts: what may not be what was said")
    for one in doubts:
        times = f"{clock(one.start_s)}-{clock(one.end_s)}"
        _line(f"{times:>15}  {MEANS[one.kind]}: {one.reason}", "", 0, 17)


def _left(heading: str, entries: Sequence[LeftOut]) -> None:
    if entries:
        _heading(heading)
    for one in entries:
        at = clock(one.start_s) if one.start_s is not None else ""
        _line(f"{at:>8}  {one.what}: {one.why}", "", 0, 10)
