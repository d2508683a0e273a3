"""What asking language models costs beyond their own latency, against a server with a set latency.

`wall_over_critical_path`: one command on a one-hour transcript, its start included. `throughput_of_ideal`: many videos
with 64 calls in flight, in one command, start included; `calls_throughput_of_ideal` is the same without Dagster. `paid_over_needed`: 5 % of all calls
fail, in each way in turn.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from benchmarks.overhead import SEGMENT_S, segment
from benchmarks.report import Figure, arguments, print_figures

HOUR_SEGMENTS = round(3600 / SEGMENT_S)
SHORT_SEGMENTS = 250
MANY_IN_FLIGHT = 64
DEFAULT_IN_FLIGHT = 8
MODEL = "test-model"
LOOK_S = 0.5
"""Between looks at a command's memory."""
FAULT_SHARE = 0.05
FAULTS = (
    "rate_limited", "server_error", "overloaded", "dropped", "dropped_midway", "bad_body", "truncated", "thought_away",
    "not_json", "broken_json", "wrong_schema", "empty", "refusal", "short", "out_of_range", "duplicate", "garbage",
)  # fmt: skip


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of each call")
    parser.add_argument("--videos", type=int, default=200, help="how many videos are many")
    parser.add_argument("--faulty", type=int, default=100, help="videos for each kind of fault")
    parser.add_argument("--part", choices=("hour", "many", "faults"), help="default: all; an hour")
    parser.add_argument("--measure", help=SUPPRESS)  # in this process, with the settings around it
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(_calls_only(int(given.measure))))
        return
    parts = {
        "hour": lambda: _one_hour(given.latency),
        "many": lambda: _many(given.latency, given.videos),
        "faults": lambda: _faults(given.faulty),
    }
    chosen = [given.part] if given.part else list(parts)
    print_figures({k: v for name in chosen for k, v in parts[name]().items()}, given.json)


def _one_hour(latency_s: float) -> dict[str, Figure]:
    with _server(latency_s) as url, _library(1, HOUR_SEGMENTS) as folder:
        _warm(url, HOUR_SEGMENTS)
        environment = _environment(folder, url, DEFAULT_IN_FLIGHT)
        _command(environment, "ingest")
        started = datetime.now(UTC)
        _command(environment, "process")
        ended = datetime.now(UTC)
        calls, first, last = _ledger(folder)
    path_s = sum(ceil(count / DEFAULT_IN_FLIGHT) * latency_s for count in calls.values())
    wall_s = (ended - started).total_seconds()
    note = ", ".join(f"{task} {count}" for task, count in calls.items())
    return {
        "wall_over_critical_path": Figure(
            wall_s / path_s, "ratio", f"one hour, {DEFAULT_IN_FLIGHT} in flight; calls: {note}"
        ),
        "wall_s": Figure(wall_s, "s", "of the whole command"),
        "critical_path_s": Figure(path_s, "s", "what the calls take at least, stage after stage"),
        "before_first_call_s": Figure((first - started).total_seconds(), "s", "Python, our rooms, the openai package"),
        "between_calls_s": Figure((last - first).total_seconds() - path_s, "s", "prompts, replies, the ledger, while Dagster is loaded"),
        "after_last_reply_s": Figure((ended - last).total_seconds(), "s", "Dagster's last stages, and its end"),
    }  # fmt: skip


def _many(latency_s: float, videos: int) -> dict[str, Figure]:
    found: dict[str, Any] = {}
    with _server(latency_s) as url:
        _warm(url, HOUR_SEGMENTS)
        for name, count in (("dagster", videos), ("few", max(videos // 4, 1))):
            with _library(count, HOUR_SEGMENTS) as folder:
                environment = _environment(folder, url, MANY_IN_FLIGHT)
                _command(environment, "ingest")
                wall_s, peak_mb = _command(environment, "process")
                calls = sum(_ledger(folder)[0].values())
                found[name] = {"calls": calls, "wall_s": wall_s, "peak_mb": peak_mb}
        with _library(videos, HOUR_SEGMENTS) as folder:
            found["calls"] = _calls_only_elsewhere(
                _environment(folder, url, MANY_IN_FLIGHT), videos
            )

    def of_ideal(measured: dict[str, float]) -> float:
        return measured["calls"] * latency_s / MANY_IN_FLIGHT / measured["wall_s"]

    many = found["dagster"]
    return {
        "throughput_of_ideal": Figure(
            of_ideal(many), "ratio", f"{videos} one-hour videos, {many['calls']:.0f} calls, {MANY_IN_FLIGHT} in flight"
        ),
        "calls_throughput_of_ideal": Figure(of_ideal(found["calls"]), "ratio", "the same in one process, without Dagster"),
        "calls_per_s": Figure(many["calls"] / many["wall_s"], "calls/s"),
        "peak_mb": Figure(many["peak_mb"], "MB", f"{videos} videos, all processes of the command"),
        "peak_over_a_quarter": Figure(many["peak_mb"] / found["few"]["peak_mb"], "ratio", "beside a quarter of the videos"),
    }  # fmt: skip


def _faults(videos: int) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    ratios, failed = [], 0.0
    for fault in FAULTS:
        with (
            _server(0.02, "--fault", fault, "--fault-rate", str(FAULT_SHARE)) as url,
            _library(videos, SHORT_SEGMENTS) as folder,
        ):
            environment = _environment(folder, url, MANY_IN_FLIGHT)
            found = _calls_only_elsewhere(environment, videos)
        ratios.append(found["paid"] / found["needed"])
        failed += found["failed"]
        figures[f"paid_over_needed_{fault}"] = Figure(
            ratios[-1], "ratio", f"{found['failed']:.0f} of {videos} videos failed by name"
        )
    worst = Figure(max(ratios), "ratio", f"worst of {len(FAULTS)} kinds of fault at 5 % of calls")
    share = Figure(failed / len(FAULTS) / videos, "ratio", "videos that failed, by name")
    return {"paid_over_needed": worst, "failed_videos": share} | figures


# --- in a process of its own


def _calls_only(videos: int) -> dict[str, float]:
    """Every stage of every video, without Dagster and without storing anything but the calls."""
    from chrysopedia_assets.errors import ChrysopediaError
    from resources.engine import engine
    from resources.llm import videos_at_once
    from resources.read_ahead import ask_every_stage

    def one(number: int) -> int:
        try:
            return len(ask_every_stage(_transcript(number), engine(run_id=f"run-{number}")).pages)
        except ChrysopediaError:
            return 0

    started = time.perf_counter()
    with ThreadPoolExecutor(videos_at_once()) as threads:
        pages = list(threads.map(one, range(videos)))
    wall_s = time.perf_counter() - started
    failed = sum(1 for made in pages if not made)
    return _counted() | {"wall_s": wall_s, "failed": failed}


def _transcript(number: int) -> Any:
    from chrysopedia_assets.models.records import Video
    from chrysopedia_assets.stages.transcripts import make_transcript
    from resources.clients.captions.read import read_transcript

    [first, *_] = sorted(Path(os.environ["CHRYSOPEDIA_LIBRARY"]).rglob("*.json"))
    video = Video(video_id=f"ann--video-{number}", title=f"Video {number}", creator="Ann")
    return make_transcript(video, read_transcript(first))


def _counted() -> dict[str, float]:
    """From the ledger: calls that were sent, those that came back with tokens, and how many different ones were needed."""
    import sqlalchemy as sa

    from resources.database import open_database
    from resources.store import tables as t

    calls = t.llm_calls.c
    with open_database().reading() as connection:
        [sent] = connection.execute(
            sa.select(sa.func.count()).where(calls.outcome != "reused")
        ).one()
        [paid] = connection.execute(sa.select(sa.func.count()).where(calls.tokens_out > 0)).one()
        subjects = (
            sa.select(calls.video_id, calls.task, calls.subject).where(calls.tried == 1).distinct()
        )
        needed = len(connection.execute(subjects).all())
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"calls": sent, "paid": paid, "needed": needed, "peak_mb": peak_mb}  # fmt: skip


# --- around it


@contextmanager
def _server(latency_s: float, *arguments: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "tests.fakes.chat_server",
        "--latency",
        str(latency_s),
        *arguments,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, "the server did not start"
            yield found[0]
        finally:
            server.terminate()


@contextmanager
def _library(videos: int, segments: int) -> Iterator[Path]:
    """The same hour of speech under other titles: the server's own work is done once, ours is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "library" / "Ann"
        folder.mkdir(parents=True)
        spoken = [segment(0, number) for number in range(segments)]
        for video in range(videos):
            spoken[-1] |= {"text": f" that was video {video}", "words": []}
            transcript = {"language": "en", "segments": spoken}
            (folder / f"Video {video:04}.json").write_text(json.dumps(transcript))
        yield Path(name)


def _environment(folder: Path, url: str, in_flight: int) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHRYSOPEDIA_")}
    return kept | {
        "CHRYSOPEDIA_DATABASE_URL": "",
        "CHRYSOPEDIA_DATA_DIR": str(folder / "data"),
        "CHRYSOPEDIA_LIBRARY": str(folder / "library"),
        "CHRYSOPEDIA_LLM_MODEL": MODEL,
        "CHRYSOPEDIA_LLM_BASE_URL": url,
        "CHRYSOPEDIA_LLM_CONCURRENCY": str(in_flight),
    }


def _warm(url: str, segments: int) -> None:
    """Let the server find its answers, which are computed, before anything is measured."""
    with _library(1, segments) as folder:
        _calls_only_elsewhere(_environment(folder, url, MANY_IN_FLIGHT), 1)


def _calls_only_elsewhere(environment: dict[str, str], videos: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.llm", "--measure", str(videos)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _command(environment: dict[str, str], *words: str) -> tuple[float, float]:
    """The command as a user starts it: seconds from its start to its end, and the most memory of all its processes."""
    program = "from chrysopedia_assets.cli.main import run; run()"
    command = [sys.executable, "-c", program, *words]
    started, peak_mb = time.perf_counter(), 0.0
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while True:
            try:
                process.wait(LOOK_S)
                break
            except subprocess.TimeoutExpired:
                peak_mb = max(peak_mb, _resident_mb(session=process.pid))
    assert process.returncode == 0, words
    return time.perf_counter() - started, peak_mb


def _resident_mb(session: int) -> float:
    """Of all processes of a session; what they share counts for each."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                pages += int(fields[21])
    return pages * resource.getpagesize() / 2**20


def _ledger(folder: Path) -> tuple[dict[str, int], datetime, datetime]:
    """How many calls each task made, when the first began, and when the last had its reply."""
    import sqlalchemy as sa

    from resources.store import tables as t
    from resources.store.database import Database

    calls = t.llm_calls.c
    database = Database(sa.URL.create("sqlite", database=str(folder / "data/chrysopedia.sqlite")))
    with database.reading() as connection:
        rows = connection.execute(sa.select(calls.task, calls.started_at, calls.latency_s)).all()
    database.close()
    ends = [row.started_at + timedelta(seconds=row.latency_s) for row in rows]
    return Counter(row.task for row in rows), min(row.started_at for row in rows), max(ends)


if __name__ == "__main__":
    main()
