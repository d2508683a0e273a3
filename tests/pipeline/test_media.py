"""Videos themselves go in: real sound through a real model, until a page cites the second."""

import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import IngestReport, ingest
from chrysopedia_assets.automation.process import Order, Processed, Processor
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.models.stage_defs import NOT_HEARD, SPEECH_RECOGNITION
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.models.transcripts import Transcript
from resources.clients.library import look
from resources.clients.speech.port import NO_HINTS
from resources.database import open_database
from resources.hearing import HowFar, listening, windows_folder
from resources.library import Library
from resources.settings import PROJECT, settings
from resources.store.claims import claim, claim_in
from resources.store.records import load
from tests.clients.speech.sounds import MODEL, SENTENCES, Sound, talk, write_media
from tests.library import put_vtt
from tests.verdicts import by_dagster, by_us

VIDEO = "ann--kick"
SAID = SENTENCES[:5]
"""What the test's model, which is a toy, hears without a slip."""


@pytest.fixture(scope="module")
def spoken() -> tuple[Sound, list[float]]:
    return talk(SAID)


@pytest.fixture
def model(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of the test's own. It knows nothing of hints, which a real one takes in its stride."""
    folder = own_world / "model"
    shutil.copytree(MODEL, folder)
    monkeypatch.setenv("CHRYSOPEDIA_WHISPER_MODEL", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("resources.hearing.hints", lambda creator, taxonomy: NO_HINTS)
    return folder


@pytest.fixture
def kick(own_world: Path, spoken: tuple[Sound, list[float]]) -> Path:
    path = own_world / "library" / "Ann" / "Kick.mp4"
    path.parent.mkdir(parents=True)
    return write_media(path, spoken[0], video="steady")


def take_in(instance: dg.DagsterInstance) -> IngestReport:
    return ingest(look([settings().library_dir]).files, open_database(), instance)


def processed(instance: dg.DagsterInstance, video_id: str = VIDEO) -> Processed:
    processor = Processor(build_defs(), instance, open_database())
    return processor.process(video_id, Order("manual"))


def transcript() -> Transcript:
    with open_database().reading() as connection:
        return cast(Transcript, load(connection, "transcripts", VIDEO))


def causes(instance: dg.DagsterInstance, video_id: str = VIDEO) -> set[tuple[str, str]]:
    """The kinds of cause of its page, with their subject; Dagster says the same of each hop."""
    found = Staleness(instance, open_database()).look()
    graph = build_defs().resolve_asset_graph()
    assert by_us(found.verdicts) == by_dagster(graph, instance)
    roots = found.verdicts[video_id]["technique_pages"].roots
    return {(root.cause.kind, root.cause.subject) for root in roots}


def test_a_video_goes_in_and_a_page_cites_the_second(
    instance: dg.DagsterInstance, model: Path, kick: Path, spoken: tuple[Sound, list[float]]
) -> None:
    [entry] = take_in(instance).plan.new
    assert entry.video.video_id == VIDEO
    assert entry.is_media
    told: list[HowFar] = []
    with listening(told.append):
        assert processed(instance).failed is None
    first, how_far = told
    assert str(first).startswith("0:00 of 0:")
    assert how_far.video_id == VIDEO
    assert how_far.done_s == pytest.approx(how_far.of_s, abs=0.3)
    heard = transcript()
    assert [segment.text for segment in heard.segments] == list(SAID)
    assert "faster-whisper" in heard.made_by
    for segment, begins_s in zip(heard.segments, spoken[1], strict=True):
        assert segment.start_s == pytest.approx(begins_s, abs=0.3)
        assert segment.words
    assert sum(minute.speech_s for minute in heard.minutes) > 5
    with open_database().reading() as connection:
        pages = cast(TechniquePages, load(connection, "technique_pages", VIDEO)).pages
    cited = [citation for page in pages for citation in page.citations]
    assert cited
    assert {c.start_s for c in cited} <= {segment.start_s for segment in heard.segments}
    assert not windows_folder(VIDEO).exists()
    assert processed(instance).ran == ()
    assert causes(instance) == set()


def test_another_model_makes_exactly_what_was_heard_out_of_date(
    instance: dg.DagsterInstance, model: Path, kick: Path
) -> None:
    put_vtt(kick.with_name("Snare.vtt"))
    take_in(instance)
    for video_id in (VIDEO, "ann--snare"):
        assert processed(instance, video_id).failed is None
    (model / "more.json").write_text("{}")
    assert causes(instance) == {("recogniser", SPEECH_RECOGNITION)}
    assert causes(instance, "ann--snare") == set()
    found = Staleness(instance, open_database()).look()
    [root] = found.verdicts[VIDEO]["technique_pages"].roots
    assert root.cause.old and root.cause.new, "else nobody could accept it"
    (model / "more.json").unlink()
    assert causes(instance) == set()


def test_without_a_model_it_is_taken_in_and_what_was_heard_stays_as_it_is(
    instance: dg.DagsterInstance, model: Path, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.delenv("CHRYSOPEDIA_WHISPER_MODEL")
        take_in(instance)
        failed = processed(instance).failed
        assert failed is not None
        assert "Set CHRYSOPEDIA_WHISPER_MODEL" in failed.message
        assert not failed.for_all, "a video with a transcript needs no model"
    assert processed(instance).failed is None
    monkeypatch.delenv("CHRYSOPEDIA_WHISPER_MODEL")
    assert causes(instance) == set()


def test_a_transcript_beside_it_replaces_what_was_heard_and_its_end_brings_that_back(
    instance: dg.DagsterInstance, model: Path, kick: Path
) -> None:
    take_in(instance)
    assert processed(instance).failed is None
    beside = put_vtt(kick.with_name("Kick.en.vtt"))
    report = take_in(instance)
    assert [entry.video.video_id for entry in report.plan.changed] == [VIDEO]
    assert report.not_heard == ((str(kick), str(beside)),)
    assert causes(instance) == {("file", "library_files"), ("recogniser", SPEECH_RECOGNITION)}
    assert processed(instance).failed is None
    assert transcript().made_by == "importer webvtt"
    assert causes(instance) == set()
    assert [entry.video.video_id for entry in take_in(instance).plan.unchanged] == [VIDEO]
    beside.unlink()
    [entry] = take_in(instance).plan.changed
    assert (entry.video.video_id, entry.source_path) == (VIDEO, str(kick))
    assert processed(instance).failed is None
    assert "faster-whisper" in transcript().made_by


def test_who_finds_another_at_the_same_file_does_not_hear_it_too(
    instance: dg.DagsterInstance, model: Path, kick: Path
) -> None:
    take_in(instance)
    with claim(open_database(), f"transcribing {VIDEO}") as ours:
        assert ours
        failed = processed(instance).failed
    assert failed is not None
    assert "another run is transcribing it" in failed.message


def test_one_at_a_time_is_transcribed_on_a_machine(
    instance: dg.DagsterInstance, model: Path, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(instance)
    monkeypatch.setattr("resources.hearing.ASK_AGAIN_S", 0.01)
    told: list[str] = []
    with ExitStack() as elsewhere:
        place = f"recognising speech on {socket.gethostname()}"
        assert elsewhere.enter_context(claim_in(settings().data_dir, place))

        def tell(line: str) -> None:
            told.append(line)
            if line.startswith("Waiting"):
                elsewhere.close()

        said = Library(open_database()).read(VIDEO, tell).said
    assert [segment.text for segment in said.segments] == list(SAID)
    assert told[0].startswith("Waiting: another video")
    assert told[1].startswith("Transcribing ")
    assert told[-1].startswith("Transcribed 0:1")


KILLED = """
import functools, os
import resources.hearing as hearing
from resources.clients.speech.port import NO_HINTS
from resources.clients.speech.whisper import WhisperRecogniser

hearing.hints = lambda creator, taxonomy: NO_HINTS
hearing.Job = functools.partial(hearing.Job, window_s=8)
recognise, windows = WhisperRecogniser.recognise, []

def counted(self, audio, clips, ask):
    if not ask.again:
        windows.append(len(audio))
    if len(windows) == {last}:
        os._exit(9)
    return recognise(self, audio, clips, ask)

WhisperRecogniser.recognise = counted
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from resources.database import open_database
import dagster as dg
with dg.DagsterInstance.get() as instance:
    done = Processor(build_defs(), instance, open_database()).process("ann--kick", Order("manual"))
assert done.failed is None, done.failed
print("windows", len(windows))
"""


def test_killed_in_the_middle_it_goes_on_behind_the_last_finished_window(
    instance: dg.DagsterInstance, model: Path, kick: Path, spoken: tuple[Sound, list[float]]
) -> None:
    take_in(instance)

    def run(last: int) -> subprocess.CompletedProcess[str]:
        told = [sys.executable, "-c", KILLED.replace("{last}", str(last))]
        return subprocess.run(told, cwd=PROJECT, capture_output=True, text=True)

    assert run(2).returncode == 9
    assert len(list(windows_folder(VIDEO).iterdir())) == 1
    second = run(0)
    assert second.returncode == 0, second.stderr
    assert second.stdout.endswith("windows 2\n"), "there are three"
    starts_s = [segment.start_s for segment in transcript().segments]
    assert starts_s == pytest.approx(spoken[1], abs=0.3), "all of it, and nothing twice"
    assert not windows_folder(VIDEO).exists()


def test_the_source_says_of_each_video_who_writes_it_down(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    """Without a model nothing is known of the media file, and nothing said."""
    put_vtt(kick.with_name("Snare.vtt"))
    take_in(instance)
    found = {
        record.partition_key: (record.asset_observation or dg.AssetObservation("-")).tags
        for record in instance.fetch_observations(dg.AssetKey(SPEECH_RECOGNITION), limit=9).records
    }
    assert {video: tags["dagster/data_version"] for video, tags in found.items()} == {
        "ann--snare": NOT_HEARD
    }
