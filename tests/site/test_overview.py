"""The overview as HTML: hostile words stay words, pictures show the figures, an empty library has a page too."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from chrysopedia_assets.models.overview import (
    Broken,
    CreatorRow,
    Day,
    NewPage,
    NewVideo,
    Overview,
    RunningNow,
    StaleCause,
)
from chrysopedia_assets.models.prompts import PROMPT_NAMES
from chrysopedia_assets.models.runs import VideoState
from chrysopedia_assets.site.overview import overview_html

AT = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
LAST = AT.date()
HOSTILE = '<img src=x onerror="alert(1)">'


def days(*last: Day) -> tuple[Day, ...]:
    """Four weeks of which only the last days have anything in them."""
    empty = (Day(day=LAST - timedelta(days=27 - number)) for number in range(28 - len(last)))
    return (*empty, *last)


def overview(word: str = "Kick drums", **changes: object) -> Overview:
    made = Overview(
        at=AT,
        states=dict.fromkeys(get_args(VideoState), 1),
        pages=12,
        new_videos=(NewVideo(video_id="a--one", title=word, creator=word, added_at=AT),),
        new_pages=(
            NewPage(page="p", title=word, creator=word, version=2, stored_at=AT),
        ),
        running=(
            RunningNow(run_id="abcdefgh-1", about="a--one", trigger="sensor", queued=False, since=AT),
            RunningNow(run_id="bcdefghi-1", about="refresh_stale", trigger="manual", queued=True, since=None),
        ),
        broken=(Broken(video_id="a--two", title=word, stage="key_moments", why=word),),
        stale_videos=2,
        stale=(StaleCause(cause=word, pages=2),),
        refresh_cost="2 stages: 4 calls, US$ 0.1, 12 s",
        faults=(word,),
        days=days(
            Day(day=LAST - timedelta(days=1), usd={"extraction": 0.5}, calls=3, passed=3, failed=1),
            Day(day=LAST, usd={"extraction": 0.5, "synthesis": 1.5}, calls=7, unpriced=1, judged=0.75),
        ),
        spent_this_month_usd=9.0,
        budget_usd=10.0,
        creators=(CreatorRow(creator=word, videos=5, pages=12, stale=2, broken=1),),
    )  # fmt: skip
    return made.model_copy(update=changes)


def empty() -> Overview:
    none = dict.fromkeys(("new_videos", "new_pages", "running", "broken", "stale", "faults", "creators"), ())  # fmt: skip
    counts = {"states": dict.fromkeys(get_args(VideoState), 0), "pages": 0, "stale_videos": 0}
    money = {"days": days(), "spent_this_month_usd": 0.0, "budget_usd": None}
    return overview(**none, **counts, **money)


def bars(html: str) -> list[tuple[float, float, float]]:
    """Of the picture of money: x, top, height."""
    found = re.findall(r'<rect class="f\d" x="([\d.]+)" width="0.8" y="([\d.]+)" height="([\d.]+)"', html)  # fmt: skip
    return [(float(x), float(y), float(height)) for x, y, height in found]


def test_what_somebody_else_has_written_is_no_html() -> None:
    html = overview_html(overview(HOSTILE))
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=&#34;alert(1)&#34;&gt;") == 9


def test_the_figures_of_the_week_are_added_up() -> None:
    html = " ".join(overview_html(overview()).split())
    assert "<b>US$ 2.50</b><span>in seven days, 10 calls</span>" in html
    assert "1 call of the last seven days without a known price." in html
    assert "This month: US$ 9.00 of US$ 10.00" in html
    assert "<b>5</b><span>videos, 1 complete</span>" in html


def test_bars_stand_on_the_ground_and_on_each_other_and_the_highest_fills_the_picture() -> None:
    assert bars(overview_html(overview())) == [
        (26.1, 7.5, 2.5),
        (27.1, 7.5, 2.5),
        (27.1, 0.0, 7.5),
    ]


def test_without_any_price_calls_are_shown_instead_of_money() -> None:
    unpriced = Day(day=LAST, usd={"extraction": 0.0}, calls=4, unpriced=4)
    html = overview_html(overview(days=days(unpriced)))
    assert "<h2>Calls <small>" in html
    assert bars(html) == [(27.1, 0.0, 10.0)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("checks passed", "26.5,2.5"), ("judged", "27.5,2.5")],
)
def test_quality_is_a_line_of_the_days_that_have_a_value(name: str, shown: str) -> None:
    html = overview_html(overview())
    lines = re.findall(r'<polyline class="s\d" points="([^"]*)"', html)
    assert [line.strip() for line in lines].count(shown) == 1
    assert f"{name}: 0.75" in html


def test_a_budget_of_nothing_is_told() -> None:
    html = overview_html(overview(budget_usd=0.0, spent_this_month_usd=0.0))
    assert "This month: US$ 0.00 of US$ 0.00" in html
    assert "No call that costs anything is sent" in html
    assert "<meter" not in html, "a share of nothing is none"
    assert "This month" not in overview_html(overview(budget_usd=None, spent_this_month_usd=0.0))


def test_every_task_has_a_colour_of_its_own() -> None:
    usd = dict.fromkeys([*PROMPT_NAMES, "check"], 1.0)
    html = overview_html(overview(days=days(Day(day=LAST, usd=usd, calls=7))))
    classes = re.findall(r'<rect class="(f\d+)" x="27.1" width="0.8"', html)
    assert len(set(classes)) == len(usd)
    assert all(f".{name} {{ fill: var(--hue{name[1:]})" in html for name in classes)
    assert all(f"--hue{name[1:]}: light-dark(#" in html for name in classes)


def test_an_empty_library_says_what_to_do_next() -> None:
    html = overview_html(empty())
    assert "No videos yet." in html
    assert "No calls of a language model in four weeks." in html
    assert "No check was evaluated in four weeks." in html
    assert "<svg" not in html
    assert date.today().isoformat() not in html, "only its own time counts"
