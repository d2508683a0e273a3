"""The library folder: the decision when to read a file, and the sensor around it, on real files."""

import json
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.automation.process import Order, Processor
from chrysopedia_assets.automation.sensors import MAX_READS, READ, WAITING, due, library_folder
from chrysopedia_assets.definitions import build_defs
from chrysopedia_assets.errors import InputUnreadable
from resources.database import open_database
from tests.library import LINES, put_vtt

SENSOR = library_folder


def test_a_file_is_read_at_the_second_look_and_then_only_when_it_changed() -> None:
    first = due({"a": "1"}, {})
    assert first.paths == frozenset()
    second = due({"a": "1"}, first.memory)
    assert second.paths == {"a"}
    third = due({"a": "1"}, second.memory)
    assert third.paths == frozenset()
    growing = due({"a": "2"}, third.memory)
    assert growing.paths == frozenset()
    assert due({"a": "3"}, growing.memory).paths == frozenset()
    assert due({"a": "2"}, growing.memory).paths == {"a"}


def test_a_file_that_is_away_for_a_while_is_not_read_again() -> None:
    away = due({}, {"a": ("1", READ)})
    assert due({"a": "1"}, away.memory).paths == frozenset()
    assert due({"a": "1"}, {}).memory == {"a": ("1", WAITING)}


def look_once(
    instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None, str]:
    """What the sensor asks for, remembers, and says."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=build_defs())
    found = SENSOR(context)
    if isinstance(found, dg.SkipReason):
        return [], context.cursor, found.skip_message or ""
    assert isinstance(found, dg.SensorResult)
    return list(found.run_requests or []), found.cursor, ""


def look_twice(
    instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[list[dg.RunRequest], str | None]:
    """A file is taken in at the second look."""
    _, cursor, _ = look_once(instance, cursor)
    requests, cursor, _ = look_once(instance, cursor)
    return requests, cursor


def run(instance: dg.DagsterInstance, video_id: str) -> None:
    done = Processor(build_defs(), instance, open_database()).process(video_id, Order("sensor"))
    assert done.failed is None, done.failed


@pytest.fixture
def kick(own_world: Path) -> Path:
    return put_vtt(own_world / "library" / "Ann" / "Kick.vtt")


def test_a_wrong_setting_is_told_and_keeps_no_file_from_being_taken_in(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as wrong:
        wrong.setenv("CHRYSOPEDIA_LLM_MODLE", "gpt")
        _, cursor, told = look_once(instance)
        assert "Did you mean CHRYSOPEDIA_LLM_MODEL" in told
        _, cursor, _ = look_once(instance, cursor)
        assert instance.get_dynamic_partitions("videos") == ["ann--kick"]
    [request], _, _ = look_once(instance, cursor)
    assert request.partition_key == "ann--kick"


def test_new_files_become_videos_and_ask_for_all_stages(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    requests, cursor, _ = look_once(instance)
    assert requests == []
    [request], _, _ = look_once(instance, cursor)
    assert request.partition_key == "ann--kick"
    assert request.asset_selection is None
    assert request.tags["chrysopedia/trigger"] == "sensor"
    assert instance.get_dynamic_partitions("videos") == ["ann--kick"]


def test_a_processed_video_asks_for_nothing(instance: dg.DagsterInstance, kick: Path) -> None:
    _, cursor = look_twice(instance)
    run(instance, "ann--kick")
    requests, _, told = look_once(instance, cursor)
    assert requests == []
    assert told.startswith("Nothing to run. 1 files: 1 taken in")


def test_a_changed_file_asks_only_for_its_transcript_each_time_it_changes(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    _, cursor = look_twice(instance)
    run(instance, "ann--kick")
    keys = []
    for text in ("something else entirely", *LINES[:1], "something else entirely"):
        put_vtt(kick, text)
        [request], cursor = look_twice(instance, cursor)
        assert request.asset_selection == [dg.AssetKey("transcripts")]
        keys.append(request.run_key)
        run(instance, "ann--kick")
    assert len(set(keys)) == 3  # Dagster never launches the same key twice


def test_a_look_that_died_half_way_loses_no_video(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cursor, _ = look_once(instance)
    with monkeypatch.context() as broken:
        broken.setattr("chrysopedia_assets.automation.ingest.tell_dagster", _die)
        with pytest.raises(RuntimeError):
            look_once(instance, cursor)
    [request], _, _ = look_once(instance, cursor)
    assert request.partition_key == "ann--kick"


def _die(*_: object) -> None:
    raise RuntimeError("database is locked")


def test_a_refused_file_is_named_until_it_changes_and_does_not_stop_the_others(
    instance: dg.DagsterInstance, kick: Path
) -> None:
    (kick.parent / "broken.json").write_text('{"segments": [')
    requests, cursor = look_twice(instance)
    assert [request.partition_key for request in requests] == ["ann--kick"]
    run(instance, "ann--kick")
    for _ in range(2):
        _, cursor, told = look_once(instance, cursor)
        assert "2 files: 1 taken in, 0 waiting for a second look. 1 refused." in told
        assert "broken.json, line 1" in told


def test_a_file_that_cannot_be_read_now_is_tried_again(
    instance: dg.DagsterInstance, kick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(path: Path) -> bytes:
        raise InputUnreadable("it cannot be read: Input/output error", where=str(path))

    with monkeypatch.context() as broken:
        broken.setattr("chrysopedia_assets.automation.ingest.read_bytes", away)
        requests, cursor = look_twice(instance)
        assert requests == []
    [request], _, _ = look_once(instance, cursor)
    assert request.partition_key == "ann--kick"


def test_a_large_library_is_read_in_parts() -> None:
    found = {f"{number:03}": "1" for number in range(MAX_READS + 5)}
    memory = due(found, {}).memory
    first = due(found, memory)
    assert len(first.paths) == MAX_READS
    second = due(found, first.memory)
    assert first.paths | second.paths == set(found)
    assert not first.paths & second.paths


def test_a_file_that_is_nobodys_is_refused(instance: dg.DagsterInstance, own_world: Path) -> None:
    put_vtt(own_world / "library" / "loose.vtt")
    _, _, told = look_once(instance)
    assert "nobody knows whose it is" in told


def test_a_library_that_cannot_be_read_is_not_an_empty_one(instance: dg.DagsterInstance) -> None:
    cursor = json.dumps({"/library/a.vtt": ["1", READ]})
    assert look_once(instance, cursor)[1] == cursor
