"""How staleness looks in the web UI: numbers that plot, tables that are not too long, text that forges nothing."""

from dataclasses import replace

import dagster as dg

from chrysopedia_assets.assets._freshness import (
    SAID_CAUSES,
    count_in_words,
    library_in_words,
    of_check,
    of_page,
    of_report,
)
from chrysopedia_assets.assets._metadata import MAX_TABLE_ROWS
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.estimate import Asked, History, estimate
from chrysopedia_assets.freshness.summary import pages
from chrysopedia_assets.freshness.verdicts import Recorded, verdicts
from chrysopedia_assets.models.prompts import TASKS
from chrysopedia_assets.models.records import Video
from resources.freshness import Look
from resources.sources import Prompts, Sources
from resources.store.videos import LibraryVideo
from tests.freshness.test_verdicts import VIDEO, changed, edited, fresh

FREE = estimate([], History(), dict.fromkeys(TASKS, Asked(None, "")), lambda *_: None)
UNKNOWN = replace(FREE, calls=None)


def seen(recorded: Recorded, *faults: ConfigurationError, videos: int = 1) -> Look:
    """A library whose videos all stand as the one that is recorded."""
    of_one = verdicts([VIDEO], recorded)[VIDEO]
    names = [VIDEO, *(f"{VIDEO}-{number}" for number in range(1, videos))]
    entries = {
        name: LibraryVideo(Video(video_id=name, title="Kick", creator="Ann"), "a", "b", "c")
        for name in names
    }
    broken = {f"prompts/{number}": fault for number, fault in enumerate(faults)}
    sources = Sources(Prompts({}), None, {}, broken)
    return Look(entries, dict.fromkeys(names, of_one), recorded, sources, (), {})


STALE = edited(fresh(), "prompts/extraction", "new")


def test_the_report_begins_with_numbers_that_plot_over_time() -> None:
    shown = of_report(seen(STALE), FREE)
    assert list(shown)[:6] == [
        "stale_pages", "fresh_pages", "missing_pages", "overridden_pages", "accepted_pages",
        "predicted_calls",
    ]  # fmt: skip
    for name in list(shown)[:6]:
        assert isinstance(shown[name], dg.IntMetadataValue | dg.FloatMetadataValue), name


def test_calls_that_nobody_can_foresee_are_unknown_and_not_zero() -> None:
    assert of_report(seen(STALE), UNKNOWN)["predicted_calls"] == dg.MetadataValue.text("unknown")


def test_the_tables_say_how_many_videos_have_a_cause_and_which_they_are() -> None:
    shown = of_report(seen(STALE, videos=MAX_TABLE_ROWS + 5), FREE)
    causes, stale = shown["causes"], shown["stale_videos"]
    assert isinstance(causes, dg.TableMetadataValue)
    assert isinstance(stale, dg.TableMetadataValue)
    [cause] = causes.records
    assert cause.data["videos"] == MAX_TABLE_ROWS + 5
    assert (cause.data["cause"], cause.data["to"]) == ("prompts/extraction was edited", "new")
    assert cause.data["since"] == "1970-01-01 00:03 UTC"
    assert len(stale.records) == MAX_TABLE_ROWS
    assert stale.records[0].data["video"] == VIDEO


def test_a_library_in_order_has_no_causes_and_nothing_to_run() -> None:
    assert library_in_words(seen(fresh()), FREE) == "None of 1 pages out of date."
    assert of_check(seen(fresh())) == {"stale_pages": dg.MetadataValue.int(0)}


def test_of_many_causes_the_check_says_the_first_and_where_the_rest_is() -> None:
    recorded = fresh()
    for name in recorded.sources:
        recorded = edited(recorded, name, "new")
    told = library_in_words(seen(recorded), FREE)
    assert told.count("\n* ") == SAID_CAUSES + 1
    assert "more causes: the table has them all" in told


def test_a_file_name_cannot_forge_markdown() -> None:
    fault = ConfigurationError("it is empty", where="/prompts/[x](http://a) <img src=b>/system.md")
    told = library_in_words(seen(fresh(), fault), FREE)
    assert r"\[x\](http://a) \<img src=b\>" in told
    unreadable = of_report(seen(fresh(), fault), FREE)["unreadable"]
    assert r"\<img src=b\>" in str(unreadable.value)


def test_a_page_names_every_override_above_it() -> None:
    found = seen(changed(fresh(), "key_moments", override="0123456789abcdef"))
    shown = of_page(VIDEO, pages(found.verdicts)[VIDEO], found)
    assert shown["override"] == dg.MetadataValue.text("key_moments: 01234567")
    assert shown["verdict"] == dg.MetadataValue.text("override")


def test_a_library_without_a_page_says_so() -> None:
    assert count_in_words({"fresh": 0, "stale": 0, "missing": 2, "override": 0, "accepted": 0}) == (
        "No page yet, 2 never made."
    )
