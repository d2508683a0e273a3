"""How many calls a refresh makes beside those that it has to, after each kind of edit. One is right, more is waste.

Some videos are processed once with a model server that counts. After each edit everything stale is refreshed. What has
to be called is found without Dagster, verdicts and ledger: every stage is asked about every video in an empty data
folder, and what was never sent before is what is new. An edit that asks for nothing new may call nothing.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import dagster as dg

from benchmarks.overhead import segment
from benchmarks.report import Figure, arguments, print_figures
from chrysopedia_assets.assets import key_moments
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.prompts import TASKS
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.stages.transcripts import make_transcript
from resources.clients.library import look
from resources.database import close_database, open_database
from resources.engine import engine
from resources.library import Library
from resources.llm import close_llm
from resources.read_ahead import ask_every_stage
from resources.settings import PROJECT
from tests.fakes.chat_server import COMPLETIONS, ChatServer

SEGMENTS = 250
FAREWELL = "and that was it for today"
MODELS = ("test-model", "another-model")


def main() -> None:
    parser = arguments(str(__doc__).splitlines()[0])
    parser.add_argument("--videos", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _settings(Path(folder)):
        print_figures(_measured(World(Path(folder), given.videos)), given.json)


class World:
    """A library, prompts to edit, and two servers: one that is paid, and one that is asked what there is to ask."""

    def __init__(self, folder: Path, videos: int) -> None:
        self.folder = folder
        self.paid, self.asked = ChatServer(models=MODELS), ChatServer(models=MODELS)
        self.prompts = folder / "prompts"
        shutil.copytree(PROJECT / "prompts", self.prompts)
        for number in range(videos):
            self.write_transcript(number, FAREWELL)

    def write_transcript(self, number: int, last_words: str) -> None:
        """The same speech under other titles but for its last words: as many calls, and none of them the same."""
        path = self.folder / "library" / "Ann" / f"Video {number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        spoken = [segment(number, at) for at in range(SEGMENTS)]
        spoken[-1] |= {"text": f" {last_words}", "words": []}
        path.write_text(json.dumps({"language": "en", "segments": spoken}))

    def append(self, name: str, text: str) -> None:
        path = self.prompts / name
        path.write_text(path.read_text() + text)

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.prompts / name
        assert old in path.read_text(), (name, old)
        path.write_text(path.read_text().replace(old, new, 1))


def _edits(world: World) -> Iterator[str]:
    """Makes one edit after the other, each on top of those before, and says which it was."""
    for task in TASKS:
        world.append(f"{task}/system.md", "\nBe brief.\n")
        yield f"prompt_{task}"
    world.replace("extraction/system.md", "\nBe brief.\n", "")
    yield "prompt_put_back"
    world.append("extraction/user.md", "\nNow.\n")
    world.append("synthesis/user.md", "\nNow.\n")
    yield "two_prompts"
    world.replace("taxonomy.toml", 'key = "mixing"', 'key = "mixdown"')
    yield "taxonomy"
    os.environ["CHRYSOPEDIA_LLM_SYNTHESIS_MODEL"] = MODELS[1]
    yield "model"
    del os.environ["CHRYSOPEDIA_LLM_SYNTHESIS_MODEL"]
    yield "model_put_back"
    world.replace("extraction/prompt.toml", "temperature = 0.2", "temperature = 0.3")
    yield "temperature"
    world.write_transcript(0, "and set the limiter to a ceiling of minus 1 dB")
    yield "transcript"
    world.write_transcript(0, FAREWELL)
    yield "transcript_put_back"
    world.write_transcript(99, FAREWELL)
    yield "new_video"
    world.append("synthesis/prompt.toml", "\n# A comment.\n")
    world.replace("synthesis/prompt.toml", "timeout_s = 300.0", "timeout_s = 301.0")
    world.append("synthesis/cases/two_pages.yaml", "\n# A comment.\n")
    yield "cosmetic"
    key_moments.key_moments = key_moments.key_moments.map_asset_specs(
        lambda spec: spec.replace_attributes(code_version="raised")
    )
    STAGE_DEFS["key_moments"] = replace(STAGE_DEFS["key_moments"], code_version="raised")
    yield "code"


@dataclass(frozen=True)
class Counted:
    """Calls that were made, those that had to be, and the results that were made anew."""

    made: int
    minimal: int
    results: int

    @property
    def over_minimal(self) -> float:
        return self.made / self.minimal if self.minimal else 1.0 + self.made


def _measured(world: World) -> dict[str, Figure]:
    found: dict[str, Counted] = {}
    sent: set[str] = set()
    with world.paid, world.asked, dg.DagsterInstance.get() as instance:
        for edit in chain(["first_time"], _edits(world)):
            ingest(look([world.folder / "library"]).files, open_database(), instance)
            video_ids = instance.get_dynamic_partitions("videos")
            new = _all_there_is_to_ask(world, video_ids) - sent
            before = len(world.paid.requests)
            results = _refresh(world, instance, video_ids)
            calls = _sent_to(world.paid, before)
            found[edit] = Counted(len(calls), len(new), results)
            sent |= set(calls)
            assert new <= sent, f"{edit}: something was not asked that had to be"
    made, minimal = (sum(getattr(c, name) for c in found.values()) for name in ("made", "minimal"))
    worst = max(counted.over_minimal for counted in found.values())
    return {
        "calls_over_minimal": Figure(worst, "ratio", f"the worst; {made} calls made, {minimal} had to be"),
        **{
            f"calls_over_minimal_{edit}": Figure(c.over_minimal, "ratio", f"{c.made} calls of {c.minimal}, {c.results} results made")
            for edit, c in found.items()
        },
    }  # fmt: skip


def _refresh(world: World, instance: dg.DagsterInstance, video_ids: Sequence[str]) -> int:
    """Bring everything up to date; gives how many results were made."""
    with _set(CHRYSOPEDIA_LLM_BASE_URL=world.paid.base_url):
        processor = Processor(build_defs(), instance, open_database())
        done = list(processor.process_many(video_ids, Order("manual")))
    assert not any(video.failed for video in done), done
    return sum(len(video.ran) for video in done)


def _all_there_is_to_ask(world: World, video_ids: Sequence[str]) -> set[str]:
    """The requests that it takes to make everything from nothing."""
    read = [Library(open_database()).read(video_id) for video_id in video_ids]
    before = len(world.asked.requests)
    url = world.asked.base_url
    with (
        tempfile.TemporaryDirectory() as empty,
        _set(CHRYSOPEDIA_DATA_DIR=empty, CHRYSOPEDIA_LLM_BASE_URL=url),
    ):
        for source in read:
            ask_every_stage(make_transcript(source.entry.video, source.said), engine())
    return set(_sent_to(world.asked, before))


def _sent_to(server: ChatServer, since: int) -> list[str]:
    sent = server.requests[since:]
    return [json.dumps(one.body, sort_keys=True) for one in sent if one.path == COMPLETIONS]


@contextmanager
def _settings(folder: Path) -> Iterator[None]:
    """Nothing but what is said here."""
    for name in [name for name in os.environ if name.startswith("CHRYSOPEDIA_")]:
        del os.environ[name]
    with _set(
        CHRYSOPEDIA_DATABASE_URL="",
        CHRYSOPEDIA_DATA_DIR=str(folder / "data"),
        CHRYSOPEDIA_LIBRARY=str(folder / "library"),
        CHRYSOPEDIA_PROMPTS=str(folder / "prompts"),
        CHRYSOPEDIA_TAXONOMY=str(folder / "prompts" / "taxonomy.toml"),
        CHRYSOPEDIA_LLM_MODEL=MODELS[0],
        CHRYSOPEDIA_LLM_API_KEY="sk-of-the-benchmark",
        DAGSTER_HOME=str(PROJECT),
    ):
        yield


@contextmanager
def _set(**variables: str) -> Iterator[None]:
    """As if a process had been started with them: what is open was opened with others."""
    before = {name: os.environ.get(name) for name in variables}
    _close()
    os.environ.update(variables)
    try:
        yield
    finally:
        _close()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _close() -> None:
    close_llm()
    close_database()


if __name__ == "__main__":
    main()
