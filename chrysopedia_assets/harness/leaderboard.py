"""What an optimisation found: who leads, as a table and a picture, and the winner as a prompt's folder.

What belongs here: ranking by validation, the check on the hold-out, files. What does not: the search (`optimising`).
"""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from chrysopedia_assets.harness.optimising import Candidate, Split
from resources.clients.prompt_folders import CASES, TUNED_ON
from resources.clients.prompts import PromptTemplate, with_system
from resources.clients.voice import VOICE_FILE

FINALISTS = 3
"""At most so many are scored on the hold-out, beside the seed."""
BAR_CHARS = 40
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 360, 64, 24, 48, 56


@dataclass(frozen=True)
class Row:
    """`number` 0 is the seed; `hold_out` is None for those that were not scored there."""

    number: int
    version: str
    validation: float
    hold_out: float | None
    parents: tuple[int, ...]
    evaluations: int

    @property
    def made_from(self) -> str:
        return ", ".join(map(_named, self.parents)) or "-"


@dataclass(frozen=True)
class Leaderboard:
    """The best in validation first. `winner` beats the seed both in validation and on what the search never saw."""

    rows: tuple[Row, ...]
    winner: Row | None
    paid: str

    @property
    def seed(self) -> Row:
        return next(row for row in self.rows if row.number == 0)

    def name_of(self, row: Row) -> str:
        """As people read it: which is the best is marked."""
        return f"{_named(row.number)}{' (best)' if row == self.winner else ''}"

    @property
    def verdict(self) -> str:
        """In words, where there is no winner; empty where there is one."""
        better = [row for row in self.rows if row.validation > self.seed.validation]
        if self.winner:
            return ""
        if better and (better[0].hold_out is None or self.seed.hold_out is None):
            return "The best could not be checked on the hold-out within the budget: raise it, and run this again."
        if better:
            return "What leads in validation does not beat the seed on the hold-out: there is no candidate."
        return "Nothing beats the prompt that it began with: there is no candidate."


def _named(number: int) -> str:
    return "seed" if number == 0 else str(number)


def ranked(
    candidates: Sequence[Candidate],
    prompt: PromptTemplate,
    held_out: Callable[[str], float | None],
    paid: Callable[[], str],
) -> Leaderboard:
    """`held_out` is the mean of a text on the hold-out, or None when the budget has no room for it."""
    order = sorted(range(len(candidates)), key=lambda n: (-candidates[n].validation, n))
    better = [n for n in order if candidates[n].validation > candidates[0].validation]
    found = {n: held_out(candidates[n].text) for n in (0, *better[:FINALISTS])}
    rows = [_row(n, candidates[n], prompt, found.get(n)) for n in order]
    seed = found[0]
    winner = next(
        (
            row
            for row in rows
            if row.number in better
            and row.hold_out is not None
            and seed is not None
            and row.hold_out > seed
        ),
        None,
    )
    return Leaderboard(tuple(rows), winner, paid())


def _row(number: int, one: Candidate, prompt: PromptTemplate, hold_out: float | None) -> Row:
    version = with_system(prompt, one.text, f"candidate {number}").version
    return Row(number, version, one.validation, hold_out, one.parents, one.evaluations)


def as_markdown_table(board: Leaderboard) -> str:
    lines = [
        "| candidate | prompt | validation | hold-out | made from | after evaluations |",
        "|---|---|---|---|---|---|",
    ]
    for row in board.rows:
        hold_out = "-" if row.hold_out is None else f"{row.hold_out:.3f}"
        lines.append(
            f"| {board.name_of(row)} | {row.version} | {row.validation:.3f} | {hold_out} | {row.made_from} | {row.evaluations} |"
        )
    return "\n".join(lines) + "\n"


def as_markdown_chart(board: Leaderboard) -> str:
    """The trajectory where no picture can be shown: a bar for each candidate, in the order in which they were found."""
    rows = sorted(board.rows, key=lambda row: (row.evaluations, row.number))
    lines = ["| after evaluations | validation | |", "|---|---|---|"]
    for row in rows:
        bar = "█" * round(row.validation * BAR_CHARS)
        lines.append(f"| {row.evaluations} | {row.validation:.3f} | {bar} |")
    return "\n".join(lines) + "\n"


def write(board: Leaderboard, folder: Path) -> None:
    """`leaderboard.json`, `leaderboard.md` and `trajectory.svg`."""
    winner = board.winner.number if board.winner else None
    found = {"winner": winner, "paid": board.paid, "rows": [asdict(row) for row in board.rows]}
    (folder / "leaderboard.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    text = f"# Leaderboard\n\n{as_markdown_table(board)}\n{board.paid}\n\n![Score trajectory](trajectory.svg)\n"
    (folder / "leaderboard.md").write_text(text, "utf-8")
    (folder / "trajectory.svg").write_text(trajectory(board), "utf-8")


def write_candidate(
    prompt: PromptTemplate, text: str, source: Path, split: Split, folder: Path
) -> None:
    """A whole prompt, put in place when it is whole: texts, settings and cases of `source`, what it was tuned on."""
    made = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    (made / "system.md").write_text(text.rstrip("\n") + "\n", "utf-8")
    (made / "user.md").write_text(prompt.user, "utf-8")
    settings = (source / "prompt.toml").read_text("utf-8")
    (made / "prompt.toml").write_text(_with_voice(settings, prompt.settings.voice), "utf-8")
    if (source / VOICE_FILE).is_file():
        shutil.copyfile(source / VOICE_FILE, made / VOICE_FILE)
    if (source / CASES).is_dir():
        shutil.copytree(source / CASES, made / CASES)
    tuned_on = sorted(one.fixture_id for one in (*split.train, *split.validation))
    (made / TUNED_ON).write_text(json.dumps(tuned_on, indent=1) + "\n", "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


def _with_voice(settings: str, voice: float | None) -> str:
    """The dial that it was tuned with stands in its settings."""
    if voice is None:
        return settings
    others = re.sub(r"^voice *=.*\n?", "", settings, flags=re.MULTILINE)
    return f"{others.rstrip()}\nvoice = {voice:g}\n"


# The picture -------------------------------------------------------------------------------------

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; } .title { font-size: 15px; font-weight: 600; }
.frame { fill: #ffffff; } .axis { stroke: #59636e; } .grid { stroke: #d1d9e0; }
.best { fill: none; stroke: #0969da; stroke-width: 2.5; } .seed { stroke: #9a6700; stroke-dasharray: 6 4; stroke-width: 1.5; }
.dot { fill: #0969da; } .hold { fill: none; stroke: #1a7f37; stroke-width: 2; }
.seedtext { fill: #9a6700; } .holdtext { fill: #1a7f37; } .besttext { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; } .frame { fill: #0d1117; } .axis { stroke: #9198a1; } .grid { stroke: #3d444d; }
  .best { stroke: #4493f8; } .dot { fill: #4493f8; } .seed { stroke: #d29922; } .hold { stroke: #3fb950; }
  .seedtext { fill: #d29922; } .holdtext { fill: #3fb950; } .besttext { fill: #4493f8; }
}
"""


def trajectory(board: Leaderboard) -> str:
    """Every candidate at the number of evaluations after which it was found; the line is the best so far."""
    rows = sorted(board.rows, key=lambda row: (row.evaluations, row.number))
    plot = _Plot.of(rows)
    parts = [*plot.axes(), *plot.lines(rows, board.seed), *plot.marks(rows)]
    legend = (
        '<tspan class="besttext">line: best in validation so far</tspan> · '
        '<tspan class="seedtext">dashes: the seed</tspan> · <tspan class="holdtext">rings: on the hold-out</tspan>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">\n'
        f"<title>Score trajectory</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="frame" width="{WIDTH}" height="{HEIGHT}"/>\n'
        f'<text class="title" x="{LEFT}" y="20">Score trajectory</text>\n<text x="{LEFT}" y="38">{legend}</text>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


@dataclass(frozen=True)
class _Plot:
    """From scores and evaluations to places on the picture."""

    low: float
    high: float
    most: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Plot":
        values = [row.validation for row in rows]
        values += [row.hold_out for row in rows if row.hold_out is not None]
        room = max((max(values) - min(values)) * 0.1, 0.02)
        low, high = max(0.0, min(values) - room), min(1.0, max(values) + room)
        return cls(low, high, max(row.evaluations for row in rows) or 1)

    def x(self, evaluations: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * evaluations / self.most, 1)

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part, 1)

    def axes(self) -> list[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = []
        for step in range(5):
            value = self.low + (self.high - self.low) * step / 4
            parts.append(_line("grid", LEFT, self.y(value), right, self.y(value)))
            parts.append(_text(LEFT - 8, self.y(value) + 4, f"{value:.2f}", anchor="end"))
        for at in sorted({round(self.most * step / 4) for step in range(5)}):
            parts.append(_text(self.x(at), bottom + 18, str(at), anchor="middle"))
        parts.append(_line("axis", LEFT, bottom, right, bottom))
        parts.append(_line("axis", LEFT, TOP, LEFT, bottom))
        middle = (TOP + bottom) / 2
        parts.append(_text((LEFT + right) / 2, HEIGHT - 12, "evaluations", anchor="middle"))
        turned = f' transform="rotate(-90 16 {middle})"'
        parts.append(_text(16, middle, "mean score (0 to 1)", anchor="middle", more=turned))
        return parts

    def lines(self, rows: Sequence[Row], seed: Row) -> list[str]:
        best = 0.0
        points: list[str] = []
        for row in rows:
            points += [f"{self.x(row.evaluations)},{self.y(best)}"] if points else []
            best = max(best, row.validation)
            points.append(f"{self.x(row.evaluations)},{self.y(best)}")
        points.append(f"{WIDTH - RIGHT},{self.y(best)}")
        level = self.y(seed.validation)
        return [
            _line("seed", LEFT, level, WIDTH - RIGHT, level),
            f'<polyline class="best" points="{" ".join(points)}"/>',
        ]

    def marks(self, rows: Sequence[Row]) -> list[str]:
        parts = []
        for row in rows:
            x, name = self.x(row.evaluations), "seed" if row.number == 0 else str(row.number)
            parts.append(f'<circle class="dot" cx="{x}" cy="{self.y(row.validation)}" r="4"/>')
            anchor = "end" if x > WIDTH - 2 * RIGHT else "start"
            parts.append(_text(x + (-7 if anchor == "end" else 7), self.y(row.validation) - 7, name, anchor=anchor))  # fmt: skip
            if row.hold_out is not None:
                parts.append(f'<circle class="hold" cx="{x}" cy="{self.y(row.hold_out)}" r="7"/>')
        return parts


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _text(x: float, y: float, text: str, *, anchor: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{more}>{escape(text)}</text>'
