"""What the house costs beyond the engine's own work, and how much memory a six-hour transcript takes.

Every measurement is a process of its own on an empty data folder. The engine's own work is what the stages record as
`seconds`; everything else is overhead, split by where it goes.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from argparse import SUPPRESS
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.report import Figure, arguments, print_figures

STAGE_COUNT = 6
SIX_HOURS_SEGMENTS = 10_000
SMALL_SEGMENTS = 100
SEGMENT_S = 2.16
SPEECH = (
    "so the first thing I do is cut everything below {0} hertz with Pro-Q 3",
    "because there is nothing down there that a speaker could play",
    "then I set the compressor to a ratio of {1} to 1 with an attack of {0} milliseconds",
    "and the release follows the tempo so that the groove keeps breathing",
    "never boost at 200 hertz to make it bigger, that is where it turns into mud",
    "instead add a little saturation with Saturn 2 at about {1} percent drive",
)
TOPICS = ("kick", "snare", "vocal", "bass", "reverb", "master", "arrangement", "sampler")


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--videos", type=int, default=100, help="how many videos are many")
    parser.add_argument("--measure", help=SUPPRESS)  # VIDEOSxSEGMENTS, in this process
    given = parser.parse_args()
    if given.measure:
        videos, segments = (int(part) for part in given.measure.split("x"))
        print(json.dumps(_measure(videos, segments)))
        return
    one = _in_own_process(1, SMALL_SEGMENTS)
    many = _in_own_process(given.videos, SMALL_SEGMENTS)
    long = _in_own_process(1, SIX_HOURS_SEGMENTS)
    print_figures(_figures(one, many, long, given.videos), given.json)


def _figures(
    one: dict[str, float], many: dict[str, float], long: dict[str, float], videos: int
) -> dict[str, Figure]:
    cells = videos * STAGE_COUNT
    overhead = many["process_s"] - many["engine_s"]
    ours = many["records_s"] + many["verdicts_s"]
    grown_mb = long["peak_mb"] - one["peak_mb"]
    return {
        "start_s": Figure(one["start_s"], "s", "imports and definitions, once per command"),
        "one_video_overhead_s": Figure(
            (one["process_s"] - one["engine_s"]) / STAGE_COUNT, "s/stage", "1 video in one command"
        ),
        "many_videos_overhead_s": Figure(
            overhead / cells, "s/stage", f"{videos} videos in one command"
        ),
        "many_over_one": Figure(
            (overhead / cells) / ((one["process_s"] - one["engine_s"]) / STAGE_COUNT),
            "ratio",
            "below 1: many videos share what one pays alone",
        ),
        "overhead_records_share": Figure(many["records_s"] / overhead, "ratio", "our tables"),
        "overhead_verdicts_share": Figure(many["verdicts_s"] / overhead, "ratio", "what to run"),
        "overhead_dagster_share": Figure(1 - ours / overhead, "ratio", "runs, events, steps"),
        "overhead_over_engine": Figure(overhead / many["engine_s"], "ratio", "short transcripts"),
        "ingest_per_video_s": Figure(many["ingest_s"] / videos, "s/video"),
        "peak_mb_small": Figure(one["peak_mb"], "MB", f"{SMALL_SEGMENTS} segments"),
        "peak_mb_6h": Figure(long["peak_mb"], "MB", f"{SIX_HOURS_SEGMENTS} segments"),
        "transcript_mb": Figure(long["transcript_mb"], "MB", "the six-hour transcript itself"),
        "growth_over_transcript": Figure(
            grown_mb / long["transcript_mb"],
            "ratio",
            "(peak_mb_6h - peak_mb_small) / transcript_mb",
        ),
        "six_hours_s": Figure(long["process_s"], "s", "all stages of the six-hour transcript"),
    }


def _in_own_process(videos: int, segments: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"CHRYSOPEDIA_DATA_DIR": folder}
        environment.pop("CHRYSOPEDIA_DATABASE_URL", None)
        command = [sys.executable, "-m", "benchmarks.overhead", "--measure", f"{videos}x{segments}"]
        done = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure(videos: int, segments: int) -> dict[str, float]:
    started = time.perf_counter()
    from resources.settings import use_project_dagster_home

    use_project_dagster_home()
    import dagster as dg

    from chrysopedia_assets.automation import process, staleness
    from chrysopedia_assets.automation.ingest import ingest
    from chrysopedia_assets.definitions import build_defs
    from resources import record_store
    from resources.clients.library import look
    from resources.database import open_database

    definitions = build_defs()
    found = {"start_s": time.perf_counter() - started}
    library = Path(os.environ["CHRYSOPEDIA_DATA_DIR"]) / "library"
    write_library(library, videos, segments)
    spent = dict.fromkeys(("records_s", "verdicts_s"), 0.0)
    with dg.DagsterInstance.get() as instance:
        started = time.perf_counter()
        ingest(look([library]).files, open_database(), instance)
        found["ingest_s"] = time.perf_counter() - started
        _count_time(record_store.RecordStore, "handle_output", spent, "records_s")
        _count_time(record_store.RecordStore, "load_input", spent, "records_s")
        _count_time(staleness.Staleness, "look", spent, "verdicts_s")
        started = time.perf_counter()
        processor = process.Processor(definitions, instance, open_database())
        video_ids = instance.get_dynamic_partitions("videos")
        assert len(video_ids) == videos, f"{videos} files made {len(video_ids)} videos"
        for video_id in video_ids:
            done = processor.process(video_id, process.Order("manual"))
            assert done.failed is None and len(done.ran) == STAGE_COUNT, done
        found["process_s"] = time.perf_counter() - started
        found["engine_s"] = _engine_seconds(instance)
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["transcript_mb"] = _transcript_mb(library)
    return found | spent


def _count_time(owner: Any, name: str, spent: dict[str, float], to: str) -> None:
    """Add the time inside a method to `spent[to]`."""
    method: Callable[..., Any] = getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        with _adding(spent, to):
            return method(*args, **kwargs)

    setattr(owner, name, timed)


@contextmanager
def _adding(spent: dict[str, float], to: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    spent[to] += time.perf_counter() - started


def _engine_seconds(instance: Any) -> float:
    import dagster as dg

    from chrysopedia_assets.models.records import STAGES

    return sum(
        float(record.asset_materialization.metadata["seconds"].value)
        for stage in STAGES
        for record in instance.fetch_materializations(dg.AssetKey(stage), limit=10_000).records
    )


def _transcript_mb(library: Path) -> float:
    from resources.clients.captions.read import read_transcript

    [first, *_] = sorted(library.rglob("*.json"))
    tracemalloc.start()
    kept = read_transcript(first)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.segments
    return size / 2**20


def write_library(library: Path, videos: int, segments: int) -> None:
    folder = library / "Ann"
    folder.mkdir(parents=True)
    for video in range(videos):
        transcript = {"language": "en", "segments": [segment(video, n) for n in range(segments)]}
        (folder / f"Video {video:04}.json").write_text(json.dumps(transcript))


def segment(video: int, number: int) -> dict[str, object]:
    start = number * SEGMENT_S
    topic = TOPICS[(video + number // 40) % len(TOPICS)]
    line = SPEECH[number % len(SPEECH)].format(20 + number % 300, 2 + number % 60)
    words = f"{line} on the {topic} of track {video}".split()
    each_s = SEGMENT_S / len(words)
    return {
        "id": number,
        "start": round(start, 3),
        "end": round(start + SEGMENT_S, 3),
        "text": f" {' '.join(words)}",
        "words": [
            {"word": word, "start": round(start + n * each_s, 3), "end": round(start + (n + 1) * each_s, 3)}
            for n, word in enumerate(words)
        ],
    }  # fmt: skip


if __name__ == "__main__":
    main()
