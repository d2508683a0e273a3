"""What becomes of a file: content first, then path, then a new video. Plain values, no files."""

from dataclasses import replace

from chrysopedia_assets.automation.ingest import FoundFile, Plan, plan
from chrysopedia_assets.models.records import Video
from resources.store.videos import LibraryVideo

ONE = FoundFile("/lib/Ann/Kick.vtt", "Ann", "1:1", "a" * 64)
KNOWN_ONE = LibraryVideo(
    Video(video_id="ann--kick", title="Kick", creator="Ann"), ONE.path, ONE.hash, ONE.stamp
)


def planned(*found: FoundFile, known: tuple[LibraryVideo, ...] = (), **still_at: str) -> Plan:
    return plan(found, known, {file.path: file.hash for file in found} | still_at)


def ids(entries: list[LibraryVideo]) -> list[str]:
    return [entry.video.video_id for entry in entries]


def test_a_file_never_seen_is_a_new_video_named_by_creator_and_title() -> None:
    made = planned(ONE, replace(ONE, path="/lib/Ann/x.json", hash="b" * 64, title="Fat Bass!"))
    assert ids(made.new) == ["ann--kick", "ann--fat-bass"]


def test_the_same_file_again_changes_nothing() -> None:
    made = planned(ONE, known=(KNOWN_ONE,))
    assert made.unchanged == [KNOWN_ONE]
    assert not (made.new or made.changed or made.moved)


def test_a_renamed_file_stays_the_same_video_with_its_title() -> None:
    made = planned(replace(ONE, path="/lib/Ann/Renamed.vtt"), known=(KNOWN_ONE,))
    [moved] = made.moved
    assert (moved.video, moved.source_path) == (KNOWN_ONE.video, "/lib/Ann/Renamed.vtt")
    assert moved.version == KNOWN_ONE.version


def test_changed_content_at_a_known_path_is_the_same_video_in_another_version() -> None:
    made = planned(replace(ONE, hash="b" * 64), known=(KNOWN_ONE,))
    [changed] = made.changed
    assert changed.video.video_id == "ann--kick"
    assert changed.version != KNOWN_ONE.version


def test_a_file_moved_to_another_creator_is_that_creators_and_changes_its_version() -> None:
    moved = replace(ONE, path="/lib/Bob/Kick.vtt", creator="Bob")
    [changed] = planned(moved, known=(KNOWN_ONE,)).changed
    assert (changed.video.video_id, changed.video.creator) == ("ann--kick", "Bob")


def test_a_copy_is_named_as_such_and_makes_no_video() -> None:
    copy = replace(ONE, path="/lib/Ann/Copy.vtt")
    assert planned(ONE, copy).duplicates == [(copy.path, "ann--kick")]
    assert planned(ONE, copy, known=(KNOWN_ONE,)).duplicates == [(copy.path, "ann--kick")]
    alone = planned(copy, known=(KNOWN_ONE,), **{ONE.path: ONE.hash})
    assert alone.duplicates == [(copy.path, "ann--kick")]
    assert not alone.moved


def test_two_files_that_swap_names_stay_the_videos_they_were() -> None:
    two = FoundFile("/lib/Ann/Snare.vtt", "Ann", "2:2", "b" * 64)
    known_two = LibraryVideo(
        Video(video_id="ann--snare", title="Snare", creator="Ann"), two.path, two.hash, two.stamp
    )
    made = planned(
        replace(ONE, path=two.path), replace(two, path=ONE.path), known=(KNOWN_ONE, known_two)
    )
    assert {e.video.video_id: e.source_path for e in made.moved} == {
        "ann--kick": two.path,
        "ann--snare": ONE.path,
    }
    assert not (made.new or made.changed)


def test_a_new_file_under_the_old_name_of_a_renamed_one_is_a_new_video() -> None:
    renamed = replace(ONE, path="/lib/Ann/A renamed.vtt")
    fresh = replace(ONE, hash="b" * 64)
    for found in ((renamed, fresh), (fresh, renamed)):
        made = planned(*found, known=(KNOWN_ONE,))
        assert ids(made.moved) == ["ann--kick"]
        assert ids(made.new) == ["ann--kick--bbbbbbbb"]


def test_names_that_slug_alike_or_to_nothing_still_give_unique_readable_keys() -> None:
    files = [
        replace(ONE, path=f"/lib/{number}/{name}.vtt", hash=f"{number}" * 64)
        for number, name in enumerate(["Kick!", "kick", "¿Kick?", "🎛️", "日本語"])
    ]
    found = ids(planned(*files).new)
    assert found == ["ann--kick", "ann--kick--11111111", "ann--kick--22222222", "ann--33333333", "ann--44444444"]  # fmt: skip


def test_a_key_is_short_and_safe_whatever_the_title() -> None:
    wild = ["x" * 300, "../../etc/passwd", "a/b\\c:d*?", "\n\t", "CON", "word " * 100]
    for number, title in enumerate(wild):
        [entry] = planned(replace(ONE, title=title, hash=str(number) * 64)).new
        name = entry.video.video_id
        assert len(name) <= 170
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert entry.video.title


def test_a_better_title_in_the_file_replaces_the_old_one() -> None:
    [changed] = planned(replace(ONE, hash="b" * 64, title="Kick, II"), known=(KNOWN_ONE,)).changed
    assert (changed.video.video_id, changed.video.title) == ("ann--kick", "Kick, II")
