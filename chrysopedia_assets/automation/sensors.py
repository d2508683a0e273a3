"""The library folder, watched by polling: a decision that can be tested, and the shell that Dagster calls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.jobs import process_video
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.errors import ConfigurationError, InputUnreadable
from chrysopedia_assets.models.runs import TRIGGER
from resources.clients.library import Look as FolderLook
from resources.clients.library import begins, is_transcript_of, look
from resources.database import open_database
from resources.freshness import Look
from resources.settings import settings

POLL_S = 30
MAX_READS = 20
"""Files of one look: a look that takes a minute is stopped by Dagster. The rest has its turn at the next."""
READ = "read"
WAITING = "waiting"

Memory = dict[str, tuple[str, str]]
"""path -> (stamp, state); a state is READ, WAITING, or the reason why the file was refused."""


@dataclass(frozen=True)
class Due:
    """Paths to read now, and what to remember until the next look: each path's stamp and what became of it."""

    paths: frozenset[str]
    memory: Memory


MAX_READ_BYTES = 4 * 2**30
"""For the same reason. A file that is larger is read alone."""


def due(found: Mapping[str, str], memory: Memory) -> Due:
    """A file is read once for each stamp, and only when it had that stamp at the look before: then nobody writes it.

    What is not found is remembered all the same: a share that is away for a while is not an empty library.
    """
    paths: set[str] = set()
    size = 0
    remembered = dict(memory)
    for path, stamp in found.items():
        before, state = memory.get(path, ("", WAITING))
        if before != stamp:
            remembered[path] = (stamp, WAITING)
        elif state == WAITING and len(paths) < MAX_READS:
            size += int(stamp.partition(":")[0])
            if not paths or size <= MAX_READ_BYTES:
                paths.add(path)
                remembered[path] = (stamp, READ)
    return Due(frozenset(paths), remembered)


@dg.sensor(
    target=process_video,
    minimum_interval_seconds=POLL_S,
    description=(
        "Takes in new and changed transcripts and media files of the library folder (CHRYSOPEDIA_LIBRARY). New videos are "
        "processed. A changed file replaces its transcript; what is below is out of date until you run "
        "`chrysopedia refresh`, and `chrysopedia stale` lists it."
    ),
)
def library_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    library = settings().library_dir
    seen = look([library], library=library)
    memory = {
        path: (stamp, state) for path, (stamp, state) in json.loads(context.cursor or "{}").items()
    }
    now = due({str(file.path): file.stamp for file in seen.files}, of_one_file(seen, memory))
    files = [file for file in seen.files if str(file.path) in now.paths]
    report = ingest(files, open_database(), context.instance)
    for path, what in report.chapters_left_out:
        context.log.warning(f"{path}: {what}")
    for path, error in report.refused:
        # What could not be read may be readable at the next look, without any change of the file.
        state = WAITING if isinstance(error, InputUnreadable) else str(error)
        now.memory[path] = (now.memory[path][0], state)
    cursor = json.dumps(now.memory)
    try:
        requests = _requests(Staleness(context.instance, open_database()).look())
    except ConfigurationError as error:  # no run would succeed, but files are taken in all the same
        context.update_cursor(cursor)
        return dg.SkipReason(str(error))
    if not requests:
        context.update_cursor(cursor)
        return dg.SkipReason(_nothing_to_run(seen, now.memory))
    return dg.SensorResult(run_requests=requests, cursor=cursor)


def of_one_file(seen: FolderLook, memory: Memory) -> Memory:
    """Of a transcript and its media file only that counts which is found: when the other one counts again, it is read
    again though it has not changed."""
    passed_over = {str(file.media) for file in seen.files if file.media}
    media: dict[str, list[Path]] = {}
    for file in seen.files:
        if file.is_media:
            media.setdefault(begins(file.path), []).append(file.path)
    for path in map(Path, memory):
        if any(is_transcript_of(path, one) for one in media.get(begins(path), ())):
            passed_over.add(str(path))
    return {path: state for path, state in memory.items() if path not in passed_over}


def _nothing_to_run(seen: FolderLook, memory: Memory) -> str:
    """What a curator reads at every tick: a refused file is named until it changes."""
    states = [memory[str(file.path)][1] for file in seen.files]
    refused = [str(error) for error in seen.refused]
    refused += [state for state in states if state not in (READ, WAITING)]
    told = (
        f"Nothing to run. {len(seen.files)} files: {states.count(READ)} taken in, "
        f"{states.count(WAITING)} waiting for a second look. {len(refused)} refused."
    )
    return "\n".join([told, *refused])


def _requests(found: Look) -> list[dg.RunRequest]:
    """All stages of a video never processed; of a changed one only the transcript, which costs nothing.

    From what is recorded, not from what this look found: a look that died half-way loses no video. Dagster launches
    one run for each key, so a video whose run failed waits for a person.
    """
    requests = []
    for video_id, by_stage in found.verdicts.items():
        kinds = {root.cause.kind for root in by_stage["transcripts"].roots}
        if not kinds & {"missing", "lost", "file"}:
            continue
        entry = found.videos[video_id]
        requests.append(
            dg.RunRequest(
                run_key=f"{video_id}:{entry.version}:{entry.source_stamp}",
                partition_key=video_id,
                asset_selection=None
                if kinds & {"missing", "lost"}
                else [dg.AssetKey("transcripts")],
                tags={TRIGGER: "sensor"},
            )
        )
    return requests
