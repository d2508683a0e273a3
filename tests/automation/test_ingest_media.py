"""Media files taken into the library: what is refused, what is one video, whose file counts."""

import wave
from pathlib import Path

import dagster as dg
import pytest

from chrysopedia_assets.automation.ingest import IngestReport, ingest
from chrysopedia_assets.automation.sensors import READ, due, library_folder, of_one_file
from chrysopedia_assets.definitions import build_defs
from resources.clients.library import is_transcript_of, look
from resources.database import open_database
from resources.store.videos import list_videos
from tests.clients.speech.sounds import silence, write_media
from tests.library import put_vtt

TONE = silence(1.0)


@pytest.fixture
def ann(own_world: Path) -> Path:
    folder = own_world / "library" / "Ann"
    folder.mkdir(parents=True)
    return folder


def take_in(ann: Path, instance: dg.DagsterInstance, *paths: Path) -> IngestReport:
    return ingest(look(paths or [ann.parent]).files, open_database(), instance)


def test_what_has_no_sound_in_it_is_refused_with_the_reason_and_the_rest_goes_on(
    instance: dg.DagsterInstance, ann: Path
) -> None:
    write_media(ann / "Kick.m4a", TONE)
    write_media(ann / "Mute.mp4", video="steady")
    (ann / "Empty.mp3").write_bytes(b"")
    (ann / "Text.mkv").write_text("hello")
    put_vtt(ann / "Snare.vtt")
    report = take_in(ann, instance)
    assert {entry.video.video_id for entry in report.plan.new} == {"ann--kick", "ann--snare"}
    told = {Path(path).name: error.what for path, error in report.refused}
    assert told["Empty.mp3"] == "it is empty"
    assert told["Text.mkv"] == "it is no media file, or its index is missing or damaged"
    assert told["Mute.mp4"] == "it has no sound that can be decoded; there is video in it"


def test_a_track_without_any_sound_is_empty(instance: dg.DagsterInstance, ann: Path) -> None:
    with wave.open(str(ann / "Nothing.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
    [(_, error)] = take_in(ann, instance).refused
    assert error.what == "the audio track is empty: it has no sound in it"


def test_the_same_media_under_two_names_is_one_video(
    instance: dg.DagsterInstance, ann: Path
) -> None:
    kick = write_media(ann / "Kick.m4a", TONE)
    (ann / "Zzz.m4a").write_bytes(kick.read_bytes())
    report = take_in(ann, instance)
    assert len(report.plan.new) == len(report.plan.duplicates) == 1
    (ann / "Zzz.m4a").unlink()
    kick.rename(ann / "Kick drum.m4a")
    assert [entry.video.video_id for entry in take_in(ann, instance).plan.moved] == ["ann--kick"]


def test_what_has_not_changed_is_not_read_again(
    instance: dg.DagsterInstance, ann: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_media(ann / "Kick.m4a", TONE)
    take_in(ann, instance)
    monkeypatch.setattr("chrysopedia_assets.automation.ingest.media_hash", None)
    assert len(take_in(ann, instance).plan.unchanged) == 1


def test_of_a_file_that_is_read_the_share_is_told(instance: dg.DagsterInstance, ann: Path) -> None:
    kick = write_media(ann / "Kick.m4a", TONE)
    told: list[tuple[Path, float]] = []
    ingest(
        look([ann.parent]).files,
        open_database(),
        instance,
        lambda path, share: told.append((path, share)),
    )
    assert told == [(kick, 0.0), (kick, 1.0)]


def test_a_transcript_beside_it_is_the_videos_whichever_of_them_is_given(
    instance: dg.DagsterInstance, ann: Path
) -> None:
    kick = write_media(ann / "Kick.m4a", TONE)
    beside = put_vtt(ann / "Kick.en.vtt")
    report = take_in(ann, instance, kick)
    [entry] = report.plan.new
    assert (entry.video.title, entry.source_path) == ("Kick", str(beside))
    assert report.not_heard == ((str(kick), str(beside)),)
    again = take_in(ann, instance)
    assert len(again.plan.unchanged) == 1
    assert again.not_heard == ()


@pytest.mark.parametrize(
    ("transcript", "media", "are_one"),
    [
        ("Kick.vtt", "Kick.mp4", True),
        ("Kick.en-US.srt", "Kick.mp4", True),
        ("Kick v1.2.json", "Kick v1.2.mkv", True),
        ("Kick 2.vtt", "Kick.mp4", False),
        ("Kick.txt", "Kick.mp4", False),
        ("Kick.info.json", "Kick.mp4", False),
        ("Kick.mp4", "Kick.mp3", False),
    ],
)
def test_names_say_which_transcript_is_whose(transcript: str, media: str, are_one: bool) -> None:
    assert is_transcript_of(Path(transcript), Path(media)) is are_one


def test_the_sensor_reads_the_one_again_that_counts_again(ann: Path) -> None:
    kick = write_media(ann / "Kick.m4a", TONE)
    both = {str(kick): ("1", READ), str(ann / "Kick.vtt"): ("1", READ), "other": ("1", READ)}
    assert of_one_file(look([ann]), both).keys() == {str(kick), "other"}
    put_vtt(ann / "Kick.vtt")
    assert of_one_file(look([ann]), both).keys() == {str(ann / "Kick.vtt"), "other"}


def test_a_look_of_the_sensor_reads_no_more_than_it_has_time_for() -> None:
    gigabytes = {name: f"{3 * 2**30}:1" for name in "abc"}
    waiting = due(gigabytes, {}).memory
    first = due(gigabytes, waiting)
    assert len(first.paths) == 1
    assert len(due(gigabytes, first.memory).paths) == 1
    large = {"a": f"{9 * 2**30}:1"}
    assert due(large, due(large, {}).memory).paths == {"a"}


def test_the_sensor_takes_a_video_its_transcript_and_the_video_again(
    instance: dg.DagsterInstance, ann: Path
) -> None:
    cursor = None

    def source() -> str:
        """Of the one video there is, after two looks."""
        nonlocal cursor
        for _ in range(2):
            context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
            found = library_folder(context)
            cursor = found.cursor if isinstance(found, dg.SensorResult) else context.cursor
        with open_database().reading() as connection:
            [entry] = list_videos(connection)
        return Path(entry.source_path).name

    defs = build_defs()
    write_media(ann / "Kick.m4a", TONE)
    assert source() == "Kick.m4a"
    beside = put_vtt(ann / "Kick.vtt")
    assert source() == "Kick.vtt"
    beside.rename(ann.parent.parent / "away.vtt")
    assert source() == "Kick.m4a"
    (ann.parent.parent / "away.vtt").rename(beside)
    assert source() == "Kick.vtt"
