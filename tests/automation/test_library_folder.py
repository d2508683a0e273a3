"""The library folder: the decision when to read a file, and the sensor around it, on real files."""

import json
from pathlib import Path

import dagster as dg

from chrysopedia_assets.automation.sensors import READ, WAITING, due, library_folder
from chrysopedia_assets.definitions import build_defs
from tests.library import put_vtt

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


def tick(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=build_defs())
    found = SENSOR(context)
    if isinstance(found, dg.SkipReason):
        return dg.SensorResult(run_requests=[], cursor=context.cursor)
    assert isinstance(found, dg.SensorResult)
    return found


def test_new_files_become_videos_and_ask_for_all_stages(
    instance: dg.DagsterInstance, own_world: Path
) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    first = tick(instance, None)
    assert first.run_requests == []
    second = tick(instance, first.cursor)
    [request] = second.run_requests or []
    assert request.partition_key == "ann--kick"
    assert request.asset_selection is None
    assert request.tags["chrysopedia/trigger"] == "sensor"
    assert instance.get_dynamic_partitions("videos") == ["ann--kick"]
    assert tick(instance, second.cursor).run_requests == []


def test_a_changed_file_asks_only_for_its_transcript(
    instance: dg.DagsterInstance, own_world: Path
) -> None:
    path = own_world / "library" / "Ann" / "Kick.vtt"
    put_vtt(path)
    cursor = tick(instance, tick(instance, None).cursor).cursor
    put_vtt(path, "and now something else entirely")
    [request] = tick(instance, tick(instance, cursor).cursor).run_requests or []
    assert request.asset_selection == [dg.AssetKey("transcripts")]


def test_a_refused_file_is_read_once_and_does_not_stop_the_others(
    instance: dg.DagsterInstance, own_world: Path
) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    (own_world / "library" / "Ann" / "broken.json").write_text('{"segments": [')
    second = tick(instance, tick(instance, None).cursor)
    assert [request.partition_key for request in second.run_requests or []] == ["ann--kick"]
    for _ in range(2):  # named at every look until the file changes, and not read again
        skipped = SENSOR(dg.build_sensor_context(instance=instance, cursor=second.cursor))
        assert isinstance(skipped, dg.SkipReason)
        told = skipped.skip_message or ""
        assert "2 files: 1 taken in, 0 waiting for a second look. 1 refused." in told
        assert "broken.json, line 1" in told


def test_a_file_that_is_nobodys_is_refused(instance: dg.DagsterInstance, own_world: Path) -> None:
    put_vtt(own_world / "library" / "loose.vtt")
    skipped = SENSOR(dg.build_sensor_context(instance=instance))
    assert isinstance(skipped, dg.SkipReason)
    assert "nobody knows whose it is" in (skipped.skip_message or "")


def test_a_library_that_cannot_be_read_is_not_an_empty_one(instance: dg.DagsterInstance) -> None:
    cursor = json.dumps({"/library/a.vtt": ["1", READ]})
    assert tick(instance, cursor).cursor == cursor
