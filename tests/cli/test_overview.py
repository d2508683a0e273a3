"""The overview of a real library, on the terminal and as a page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chrysopedia_assets.models.runs import VideoState
from resources.database import open_database
from resources.overview import gather
from resources.store.videos import added_since
from tests.cli.conftest import Command
from tests.cli.test_language_model import use
from tests.fakes.chat_server import ChatServer
from tests.library import put_vtt


@pytest.fixture
def prompts(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import shutil

    from resources.settings import PROJECT

    shutil.copytree(PROJECT / "prompts", own_world / "prompts")
    monkeypatch.setenv("CHRYSOPEDIA_PROMPTS", str(own_world / "prompts"))
    return own_world / "prompts"


def test_it_tells_what_is_new_broken_stale_and_spent(
    chrysopedia: Command, own_world: Path, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    put_vtt(own_world / "library" / "Bob" / "Vocals.vtt", "so the vocal goes up 3 dB", "and the reverb down to 20 percent")  # fmt: skip
    chrysopedia("ingest")
    with ChatServer() as server:
        use(monkeypatch, server, PRICE="1/2/0.5")
        assert chrysopedia("process", "ann--kick").code == 0
        told = prompts / "synthesis" / "system.md"
        told.write_text(told.read_text() + "\nBe brief.\n")
        broken = prompts / "extraction" / "user.md"
        before = broken.read_text()
        broken.write_text("{{ no_such_variable }}")
        chrysopedia("process", "bob--vocals")
        broken.write_text(before)
        found = chrysopedia("overview", "--json").json
        shown = chrysopedia("overview")
    assert found["states"] | {"complete": 1} == found["states"]
    assert [row["video_id"] for row in found["new_videos"]] == ["bob--vocals", "ann--kick"]
    assert found["new_pages"] and {row["creator"] for row in found["new_pages"]} == {"Ann"}
    assert found["stale_videos"] == 1
    assert "prompts/synthesis was edited" in found["stale"][0]["cause"]
    today = found["days"][-1]
    assert today["day"] == datetime.now(UTC).date().isoformat()
    assert today["calls"] == len(server.requests)
    assert sum(today["usd"].values()) == pytest.approx(found["spent_this_month_usd"])
    assert today["passed"] > 0
    assert {row["creator"]: row["stale"] for row in found["creators"]} == {"Ann": 1, "Bob": 0}
    page = own_world / "data" / "overview.html"
    assert str(page) in shown.err
    assert "prompts/synthesis was edited" in page.read_text()


def test_a_run_that_failed_is_broken_with_its_reason(
    chrysopedia: Command, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    (own_world / "library" / "Ann" / "Kick.vtt").unlink()
    assert chrysopedia("process").code == 1
    found = chrysopedia("overview", "--json").json
    state: VideoState = "error"
    assert found["states"][state] == 1
    [broken] = found["broken"]
    assert (broken["video_id"], broken["stage"]) == ("ann--kick", "transcripts")
    assert "its file is gone" in broken["why"]
    assert "ann--kick failed at transcripts" in chrysopedia("overview").told


def test_it_is_written_where_one_wants_it_or_says_why_not(
    chrysopedia: Command, own_world: Path
) -> None:
    there = own_world / "deep" / "down.html"
    assert chrysopedia("overview", "--html", there).code == 0
    assert "No videos yet." in there.read_text()
    found = chrysopedia("overview", "--html", there.parent, "--json")
    assert found.json["days"][0]["usd"] == {}
    assert "No videos yet." in (there.parent / "overview.html").read_text()
    refused = chrysopedia("overview", "--html", there / "below.html")
    assert refused.code == 2
    assert "the page cannot be written" in refused.told


def test_new_and_spent_are_of_today_and_the_six_days_before(
    chrysopedia: Command, own_world: Path
) -> None:
    put_vtt(own_world / "library" / "Ann" / "Kick.vtt")
    chrysopedia("ingest")
    database = open_database()
    with database.reading() as connection:
        [(_, added_at)] = added_since(connection, datetime(2020, 1, 1, tzinfo=UTC))
    midnight = added_at.replace(hour=0, minute=0, second=0, microsecond=0)
    last = gather(database, midnight + timedelta(days=6, hours=23, minutes=59))
    assert [one.video_id for one in last.new_videos] == ["ann--kick"]
    assert last.week[0].day == added_at.date()
    over = gather(database, midnight + timedelta(days=7, seconds=1))
    assert (over.new_videos, over.week[0].day > added_at.date()) == ((), True)
