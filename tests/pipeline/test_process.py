"""The whole pipeline on real files, SQLite and PostgreSQL: what runs, what is spared, what a failure leaves."""

import logging
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster_postgres.event_log import PostgresEventLogStorage
from sqlalchemy.engine import URL

from chrysopedia_assets.assets import key_moments
from chrysopedia_assets.automation.dead_runs import end_dead_runs
from chrysopedia_assets.automation.ingest import ingest
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.automation.staleness import Staleness
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.engines.extractive import ExtractiveEngine
from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import PROCESS
from chrysopedia_assets.models.stage_defs import STAGE_DEFS
from chrysopedia_assets.models.technique_pages import TechniquePages
from chrysopedia_assets.stages.ports import Answers, Question, ReplyT
from resources.clients.library import look
from resources.clients.taxonomy import read_taxonomy
from resources.database import close_database, open_database
from resources.event_log import event_log_on_disk
from resources.freshness import look as look_at_verdicts
from resources.processes import mark_of
from resources.settings import settings
from resources.store import tables as t
from resources.store.records import load
from resources.store.videos import list_videos
from resources.video_states import video_states
from tests.library import LINES, put_vtt, put_whisper
from tests.verdicts import Cells, by_dagster, by_us

VIDEO = "ann--kick"


@pytest.fixture
def kick(own_world: Path) -> Path:
    return put_vtt(own_world / "library" / "Ann" / "Kick.vtt")


def take_in(instance: dg.DagsterInstance) -> None:
    report = ingest(look([settings().library_dir]).files, open_database(), instance)
    assert report.refused == ()


def state() -> str:
    [standing] = video_states(
        look_at_verdicts(event_log_on_disk(), open_database()), open_database()
    )
    return standing.state


def processed(instance: dg.DagsterInstance, defs: dg.Definitions | None = None) -> tuple[str, ...]:
    done = Processor(defs or build_defs(), instance, open_database()).process(
        VIDEO, Order("manual")
    )
    assert done.failed is None, done.failed
    return done.ran


def pages() -> TechniquePages:
    with open_database().reading() as connection:
        return cast(TechniquePages, load(connection, "technique_pages", VIDEO))


class Engine:
    """The embedded engine, with a chance to listen in or break down."""

    name = "extractive 2"

    def __init__(self, fail_at: str = "") -> None:
        self._engine = ExtractiveEngine(read_taxonomy(settings().taxonomy_file))
        self.fail_at = fail_at
        self.asked: list[str] = []

    def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
        self.asked += [question.task for question in questions]
        if self.fail_at in self.asked:
            raise RuntimeError("the engine broke down")
        return self._engine(questions)


def test_a_file_becomes_cited_pages_and_a_second_run_does_nothing(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    assert processed(instance) == STAGES
    made = pages()
    assert made.pages
    assert all(citation.quote for page in made.pages for citation in page.citations)
    assert processed(instance) == ()
    take_in(instance)
    assert processed(instance) == ()


def test_the_whole_pipeline_runs_on_postgresql(
    own_world: Path, kick: Path, empty_postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = empty_postgres_url.render_as_string(hide_password=False)
    monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", url)
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.event_log_storage, PostgresEventLogStorage)
        take_in(instance)
        assert processed(instance) == STAGES
        assert processed(instance) == ()
        assert pages().pages
    assert not (own_world / "data").exists()


def test_a_changed_file_replaces_the_transcript_and_what_is_below(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    processed(instance)
    put_vtt(kick, *LINES[:4], "set the limiter to a ceiling of minus 1 dB and leave it there")
    take_in(instance)
    assert processed(instance)[:2] == ("transcripts", "topic_chunks")
    with open_database().reading() as connection:
        transcript = load(connection, "transcripts", VIDEO)
    assert "ceiling" in transcript.model_dump_json()


def test_a_change_that_changes_no_result_stops_where_the_results_are_equal(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    processed(instance)
    kick.write_text(kick.read_text() + "\n\nNOTE a comment that nobody says\n")
    take_in(instance)
    assert processed(instance) == ("transcripts",)


def test_a_file_that_is_gone_takes_nothing_away(instance: dg.DagsterInstance, kick: Path) -> None:
    take_in(instance)
    processed(instance)
    before = pages()
    kick.unlink()
    take_in(instance)
    assert processed(instance) == ()
    assert pages() == before


def test_a_file_that_changed_behind_our_back_is_not_used_under_the_old_name(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    put_vtt(kick, "something else")
    done = Processor(build_defs(), instance, open_database()).process(VIDEO, Order("manual"))
    assert done.failed is not None
    assert (done.failed.stage, done.ran) == ("transcripts", ())
    assert "has changed since it was ingested" in done.failed.message
    assert "chrysopedia ingest" in done.failed.message


def test_a_failure_in_the_middle_keeps_what_was_made_and_the_next_run_goes_on_there(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    broken = Engine(fail_at="classification")
    done = Processor(build_defs(engine=broken), instance, open_database()).process(
        VIDEO, Order("manual")
    )
    assert done.ran == ("transcripts", "topic_chunks", "key_moments")
    assert done.failed is not None
    assert done.failed.stage == "classifications"
    assert "the engine broke down" in done.failed.message
    assert state() == "error"
    assert processed(instance) == ("classifications", "synthesis_groups", "technique_pages")
    assert state() == "complete"


def test_a_reply_that_breaks_the_rules_stores_nothing(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    class Liar(Engine):
        def __call__(self, questions: Sequence[Question[ReplyT]]) -> Answers[ReplyT]:
            found = super().__call__(questions)
            if questions[0].task != "extraction":
                return found
            first, *others = found.replies
            update = {"moments": tuple(
                moment.model_copy(update={"quote": "nobody said this"})
                for moment in first.moments  # type: ignore[attr-defined]
            )}  # fmt: skip
            return Answers([first.model_copy(update=update), *others], found.made_by)

    take_in(instance)
    done = Processor(build_defs(engine=Liar()), instance, open_database()).process(
        VIDEO, Order("manual")
    )
    assert done.failed is not None
    assert done.failed.stage == "key_moments"
    assert "the quote of moment 0 is not said in its segments" in done.failed.message
    with open_database().reading() as connection:
        stored = connection.scalars(sa.select(t.stage_outputs.c.stage)).all()
    assert sorted(stored) == ["topic_chunks", "transcripts"]


def test_every_run_can_be_found_by_video_and_trigger(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    processed(instance)
    [run] = instance.get_runs()
    assert run.tags["dagster/partition"] == VIDEO
    assert run.tags["chrysopedia/trigger"] == "manual"


def test_one_stage_of_one_video_can_be_materialised_alone(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    processed(instance)
    engine = Engine()
    result = build_defs(engine=engine).resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, partition_key=VIDEO, asset_selection=[dg.AssetKey("key_moments")]
    )  # fmt: skip
    assert result.success
    assert set(engine.asked) == {"extraction"}
    assert processed(instance) == ()  # the same result again: nothing below is out of date


def test_a_stage_made_by_hand_from_what_is_out_of_date_says_so_and_goes_on(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(instance)
    processed(instance)
    copy = shutil.copytree(settings().prompts_dir, kick.parents[2] / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(copy))
    text = copy / "segmentation" / "system.md"
    text.write_text(text.read_text() + "\nBe brief.\n")
    job = build_defs().resolve_implicit_global_asset_job_def()

    def warnings_of(stage: str) -> list[str]:
        result = job.execute_in_process(
            instance=instance, partition_key=VIDEO, asset_selection=[dg.AssetKey(stage)]
        )
        assert result.success
        logged = instance.all_logs(result.run_id)
        return [entry.user_message for entry in logged if entry.level == logging.WARNING]

    [told] = warnings_of("key_moments")
    assert "made from topic_chunks, which is out of date" in told
    assert "prompts/segmentation was edited" in told
    assert warnings_of("topic_chunks") == warnings_of("key_moments") == []


def test_a_stage_whose_parent_was_never_made_says_what_to_run(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    result = build_defs().resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        partition_key=VIDEO,
        asset_selection=[dg.AssetKey("technique_pages")],
        raise_on_error=False,
    )  # fmt: skip
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert f"chrysopedia process {VIDEO}" in failure.step_failure_data.error.to_string()


def test_our_verdicts_are_those_of_dagsters_own_resolver(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    put_whisper(kick.parent / "Snare.json", title="Snare", url="https://example.com/snare")
    put_vtt(kick.parent / "Hat.vtt", "hats at 12 kHz")
    take_in(instance)
    defs = build_defs()
    processor = Processor(defs, instance, open_database())
    processor.process(VIDEO, Order("manual"))
    processor.process("ann--snare", Order("manual"))
    put_vtt(kick, *LINES, "and set the reverb to 2 seconds with a pre-delay of 20 milliseconds")
    take_in(instance)
    told_alike(instance, defs)
    defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, partition_key=VIDEO, asset_selection=[dg.AssetKey("transcripts")]
    )
    told_alike(instance, defs)
    processor.process(VIDEO, Order("manual"))
    told_alike(instance, defs)


def test_videos_made_side_by_side_do_not_answer_for_each_other(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    put_whisper(kick.parent / "Snare.json", title="Snare")
    take_in(instance)
    defs = build_defs()
    job = defs.resolve_implicit_global_asset_job_def()

    def run(video: str, *stages: str) -> None:
        chosen = [dg.AssetKey(stage) for stage in stages]
        assert job.execute_in_process(
            instance=instance, partition_key=video, asset_selection=chosen
        ).success

    for video in (VIDEO, "ann--snare"):
        run(video, *STAGES[:3])
    for video in (VIDEO, "ann--snare"):  # the newest moments are by now those of the other
        run(video, *STAGES[3:])
    run(VIDEO, "key_moments")
    assert {status for status, _ in told_alike(instance, defs).values()} == {"FRESH"}
    assert processed(instance) == ()


def told_alike(instance: dg.DagsterInstance, defs: dg.Definitions) -> Cells:
    """Every cell, once Dagster and we were found to say the same of it."""
    ours = by_us(Staleness(instance, open_database()).look().verdicts)
    assert ours == by_dagster(defs.resolve_asset_graph(), instance)
    return ours


def test_new_code_of_a_stage_is_a_verdict_of_both_too(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(instance)
    processed(instance)
    newer = key_moments.key_moments.map_asset_specs(
        lambda spec: spec.replace_attributes(code_version="2")
    )
    monkeypatch.setattr(key_moments, "key_moments", newer)
    now = replace(STAGE_DEFS["key_moments"], code_version="2")
    monkeypatch.setitem(STAGE_DEFS, "key_moments", now)
    defs = build_defs()
    assert told_alike(instance, defs)["key_moments", VIDEO] == ("STALE", {"key_moments"})
    assert processed(instance, defs) == ("key_moments",)


def test_every_materialisation_has_what_the_contract_promises(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    take_in(instance)
    processed(instance)
    for stage in STAGES:
        [record] = instance.fetch_materializations(dg.AssetKey(stage), limit=2).records
        assert record.asset_materialization is not None
        assert {"preview", "made_by", "seconds"} < record.asset_materialization.metadata.keys(), (
            stage
        )


def test_what_a_kill_kept_from_dagster_is_told_before_anything_runs(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("chrysopedia_assets.automation.ingest.tell_dagster", lambda *_: None)
        take_in(instance)
    assert processed(instance) == STAGES
    put_vtt(kick, *LINES, "and one thing more at 440 hertz")
    with monkeypatch.context() as killed:
        killed.setattr("chrysopedia_assets.automation.ingest.tell_dagster", lambda *_: None)
        take_in(instance)
    assert processed(instance)[0] == "transcripts"


def test_a_record_that_was_lost_is_made_again(instance: dg.DagsterInstance, kick: Path) -> None:
    take_in(instance)
    processed(instance)
    with open_database().writing(lock="test") as connection:
        connection.execute(
            sa.delete(t.stage_outputs).where(t.stage_outputs.c.stage == "key_moments")
        )
    assert processed(instance) == ("key_moments",)


def test_several_first_commands_at_once_ruin_and_double_nothing(
    own_world: Path, kick: Path, empty_postgres_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        put_vtt(kick.parent / f"Number {number}.vtt", f"number {number}")
    url = empty_postgres_url.render_as_string(hide_password=False)
    for database_url in ("", url):
        monkeypatch.setenv("CHRYSOPEDIA_DATABASE_URL", database_url)
        command = [
            sys.executable,
            "-c",
            "from chrysopedia_assets.cli.main import run; run()",
            "ingest",
        ]
        started = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(4)
        ]
        told = [process.communicate()[0] for process in started]
        assert [process.returncode for process in started] == [0] * 4, told
        with dg.DagsterInstance.get() as instance, open_database().reading() as connection:
            assert len(instance.get_dynamic_partitions("videos")) == 5
            assert len(list_videos(connection)) == 5
        close_database()


def taken(instance: dg.DagsterInstance) -> int:
    """Places in pools that some run holds."""
    storage = instance.event_log_storage
    return sum(
        len(storage.get_concurrency_info(pool).claimed_slots)
        for pool in storage.get_concurrency_keys()
    )


@pytest.mark.parametrize("stage", ["topic_chunks", "key_moments", "technique_pages"])
def test_killed_in_a_stage_the_next_run_goes_on_from_there(
    own_world: Path, kick: Path, stage: str
) -> None:
    task = {"topic_chunks": "segmentation", "key_moments": "extraction", "technique_pages": "synthesis"}[stage]  # fmt: skip
    marker = own_world / "reached"
    program = KILLED.format(task=task, marker=str(marker), video=VIDEO)
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    assert marker.exists(), "the stage was never reached"
    process.send_signal(signal.SIGKILL)
    process.wait()
    with dg.DagsterInstance.get() as instance:
        assert taken(instance), "it was killed while it held its place in the pool"
        assert state() == "error", "also before anybody has told Dagster"
        ran = processed(instance)
        assert not taken(instance)
        assert state() == "complete"
    assert ran == STAGES[STAGES.index(stage) :]  # type: ignore[arg-type]
    assert pages().pages


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_a_run_whose_process_is_gone_is_ended_wherever_it_stood(
    instance: dg.DagsterInstance, status: str
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as gone:
        was = mark_of(gone.pid)
        gone.kill()
    job = build_defs().resolve_job_def("process_video")

    def begun(mark: str) -> dg.DagsterRun:
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus(status))
        instance.add_run_tags(run.run_id, {PROCESS: mark})
        return run

    dead, living, elsewhere = begun(was), begun(mark_of()), begun("another-machine:1:1")
    end_dead_runs(instance)
    ended = {run.run_id: run.status.value for run in instance.get_runs() if run.is_finished}
    assert ended == {dead.run_id: "CANCELED" if status == "CANCELING" else "FAILURE"}
    assert {living.run_id, elsewhere.run_id}.isdisjoint(ended)


def test_ctrl_c_stops_the_command_and_the_run_is_cancelled(own_world: Path, kick: Path) -> None:
    put_vtt(kick.parent / "Second.vtt", "cut at 300 hertz")
    marker = own_world / "reached"
    program = INTERRUPTED.format(marker=str(marker))
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode not in (0, 2), told
    assert "Traceback" not in told
    with dg.DagsterInstance.get() as instance:
        assert [run.status.value for run in instance.get_runs()] == ["CANCELED"]


KILLED = """
import pathlib, time
import dagster as dg
from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.definitions import build_defs
from resources.database import open_database
from tests.pipeline.test_process import Engine, take_in

class Hangs(Engine):
    def __call__(self, questions):
        if questions[0].task == "{task}":
            pathlib.Path("{marker}").touch()
            time.sleep(600)
        return super().__call__(questions)

with dg.DagsterInstance.get() as instance:
    take_in(instance)
    Processor(build_defs(engine=Hangs()), instance, open_database()).process("{video}", Order("manual"))
"""

INTERRUPTED = """
import pathlib, time
import chrysopedia_assets.definitions as definitions
from chrysopedia_assets.cli.main import run
from tests.pipeline.test_process import Engine

class Hangs(Engine):
    def __call__(self, questions):
        pathlib.Path("{marker}").touch()
        time.sleep(600)

made = definitions.build_defs
definitions.build_defs = lambda: made(engine=Hangs())
import sys
sys.argv = ["chrysopedia", "ingest"]
try:
    run()
except SystemExit:
    pass
sys.argv = ["chrysopedia", "process"]
run()
"""
