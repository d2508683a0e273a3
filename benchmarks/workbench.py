"""How long trying a prompt takes beside the model's own latency, against a server with a set latency.

`prompt_run_overhead_s`: one `chrysopedia prompt run` on one fixture, from the start of its process to its end, without
the time in which a call was in flight. `loop_s`: edit, run, compare, promote, refresh one video; `loop_ours_s` is what of it
nobody waited for a model. `help_s`: `chrysopedia --help`.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.llm import _environment, _library, _server
from benchmarks.report import Figure, arguments, print_figures
from resources.settings import PROJECT
from resources.store import tables as t
from resources.store.database import Database

SEGMENTS = 250
VIDEOS = 12
"""Enough for a comparison that decides: half of them are held out."""
STARTS = 10
"""Of which the median is taken."""
TRIES = 5


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--latency", type=float, default=2.0, help="seconds of each call")
    given = parser.parse_args()
    with _server(given.latency) as url, _library(VIDEOS, SEGMENTS) as folder:
        print_figures(
            _measured(Bench(folder, _environment(folder, url, 64)), given.latency), given.json
        )


@dataclass
class Bench:
    """A library whose pages are made, and a copy of the prompts to edit."""

    folder: Path
    environment: dict[str, str]

    def __post_init__(self) -> None:
        shutil.copytree(PROJECT / "prompts", self.folder / "prompts")
        self.environment["CHRYSOPEDIA_PROMPTS"] = str(self.folder / "prompts")
        self.command("ingest")
        self.command("process")

    def command(self, *words: object, ends: tuple[int, ...] = (0,)) -> tuple[float, float]:
        """As a user starts it: seconds in all, and seconds in which at least one call was in flight."""
        began, program = self._calls(), "from chrysopedia_assets.cli.main import run; run()"
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, words)],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        wall_s = time.perf_counter() - started
        assert done.returncode in ends, words
        return wall_s, _covered_s(self._calls()[len(began) :])

    def edited(self, name: str, text: str) -> Path:
        """A copy of the synthesis prompt that nobody has tried yet."""
        copy = self.folder / name
        shutil.copytree(self.folder / "prompts" / "synthesis", copy)
        with (copy / "system.md").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")
        return copy

    def _calls(self) -> list[tuple[datetime, float]]:
        path = self.folder / "data" / "chrysopedia.sqlite"
        if not path.exists():
            return []
        calls = t.llm_calls.c
        query = sa.select(calls.started_at, calls.latency_s).where(calls.outcome != "reused")
        database = Database(sa.URL.create("sqlite", database=str(path)))
        with database.reading() as connection:
            found = [
                (at, latency_s)
                for at, latency_s in connection.execute(query.order_by(calls.call_id))
            ]
        database.close()
        return found


def _measured(bench: Bench, latency_s: float) -> dict[str, Figure]:
    fixtures = bench.folder / "fixtures"
    bench.command("prompt", "export", "synthesis", "--all", "--out", fixtures)
    [first, *_] = sorted(fixtures.glob("*.json"))
    overheads = []
    for number in range(TRIES):
        mine = bench.edited(f"try-{number}", f"Try {number}.")
        wall_s, waited_s = bench.command("prompt", "run", first, "--prompt", mine)
        assert waited_s >= latency_s, "it was not asked"
        overheads.append(wall_s - waited_s)
    steps = _loop(bench, first, fixtures)
    ours = {name: wall_s - waited_s for name, (wall_s, waited_s) in steps.items()}
    note = ", ".join(f"{name} {seconds:.1f}" for name, seconds in ours.items())
    total_s = sum(wall_s for wall_s, _ in steps.values())
    return {
        "prompt_run_overhead_s": Figure(statistics.median(overheads), "s", f"median of {TRIES}, beside {latency_s:g} s a call"),
        "help_s": Figure(statistics.median(bench.command("--help")[0] for _ in range(STARTS)), "s", f"median of {STARTS}"),
        "loop_s": Figure(total_s, "s", "edit, run, compare on 12 videos, promote, refresh one"),
        "loop_ours_s": Figure(sum(ours.values()), "s", note),
    }  # fmt: skip


def _loop(bench: Bench, fixture: Path, fixtures: Path) -> dict[str, tuple[float, float]]:
    """Each step with its seconds in all, and those in which a call was in flight."""
    mine = bench.edited("idea", "Name the control before its value.")
    video = json.loads(fixture.read_text("utf-8"))["video"]["video_id"]
    return {
        "run": bench.command("prompt", "run", fixture, "--prompt", mine),
        "compare": bench.command("prompt", "compare", "installed", mine, "--fixtures", fixtures, "--no-judge", "--out", bench.folder / "report"),
        "promote": bench.command("prompt", "promote", mine, "--stage", "synthesis", "--evidence", bench.folder / "report" / "report.json"),
        "refresh": bench.command("refresh", "--video", video),
    }  # fmt: skip


def _covered_s(calls: list[tuple[datetime, float]]) -> float:
    """How long at least one of them was in flight."""
    covered_s, until = 0.0, None
    for at, latency_s in sorted(calls):
        end = at + timedelta(seconds=latency_s)
        begin = at if until is None else max(at, until)
        covered_s += max((end - begin).total_seconds(), 0.0)
        until = end if until is None else max(until, end)
    return covered_s


if __name__ == "__main__":
    main()
