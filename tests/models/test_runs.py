"""What a run is said to have been started by, and what it is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chrysopedia_assets.models.records import STAGES
from chrysopedia_assets.models.runs import Run, trigger_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def run(**facts: Any) -> Run:
    given: dict[str, Any] = {
        "run_id": "0123456789ab",
        "job": "report_freshness",
        "video_id": None,
        "number": None,
        "trigger": "manual",
        "state": "complete",
        "created_at": NOON,
        "started_at": NOON,
        "ended_at": NOON + timedelta(seconds=9),
        "stages": (),
        "failure": None,
        "tags": {},
    }
    return Run(**given | facts)


@pytest.mark.parametrize(
    ("trigger", "tags", "selected"),
    [
        ("manual", {}, None),
        ("manual", {"dagster/partition": "v"}, None),
        ("manual", {"dagster/partition": "v"}, STAGES),
        ("manual", {"dagster/partition": "v"}, ()),  # a check alone
        ("stage_rerun", {"dagster/partition": "v"}, ("key_moments",)),
        ("manual", {}, ("freshness_report",)),
        ("bulk_resynthesis", {"dagster/partition": "v", "dagster/backfill": "b"}, ("key_moments",)),
        ("sensor", {"dagster/sensor_name": "library_folder", "dagster/partition": "v"}, None),
        ("manual", {"dagster/sensor_name": "library_folder", "dagster/parent_run_id": "r"}, None),
        ("clean_reprocess", {"chrysopedia/fresh": "true", "dagster/parent_run_id": "r"}, None),
    ],
)
def test_who_started_it_is_told_by_what_dagster_knows(
    trigger: str, tags: dict[str, str], selected: tuple[str, ...] | None
) -> None:
    assert trigger_of(tags, selected) == trigger


def test_a_run_is_called_by_its_video_and_number_or_by_its_id() -> None:
    assert run().name == "01234567"
    assert run(video_id="ann--kick", number=3).name == "ann--kick#3"


def test_how_long_it_took_is_known_where_both_ends_are() -> None:
    later = NOON + timedelta(minutes=5)
    assert run().took(later) == timedelta(seconds=9)
    assert run(state="running", ended_at=None).took(later) == timedelta(minutes=5)
    assert run(state="error", ended_at=None).took(later) is None, "it was killed, nobody saw when"
    assert run(state="queued", started_at=None, ended_at=None).took(later) is None
