"""What may be dropped: by age, by size, the oldest first, and never what has to stay."""

from datetime import UTC, datetime, timedelta

import pytest

from chrysopedia_assets.errors import ConfigurationError
from resources.store.retention import Bounds, Item, Reason, account, to_drop

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def item(days: int, size: int = 10, kept: Reason | None = None) -> Item:
    return Item("exchange", (f"{days} days",), NOW - timedelta(days=days), size, kept)


def dropped(items: list[Item], older_than: str | None, max_size: str | None = None) -> list[str]:
    found = to_drop(items, Bounds.parse(older_than, max_size), NOW)
    return [str(one.key[0]) for one in found]


def test_what_is_older_goes_and_what_is_as_old_stays() -> None:
    assert dropped([item(9), item(10), item(11), item(30)], "10d") == ["30 days", "11 days"]


def test_the_oldest_go_until_the_rest_is_small_enough() -> None:
    items = [item(1, 400), item(2, 300), item(3, 300)]
    assert dropped(items, None, "1KB") == []
    assert dropped([*items, item(4, 1)], None, "1KB") == ["4 days"]
    assert dropped([*items, item(4, 1), item(5, 1, "live")], None, "1KB") == ["4 days", "3 days"]


def test_what_breaks_one_of_two_bounds_goes() -> None:
    items = [item(1, 600), item(2, 600), item(50, 1)]
    assert dropped(items, "40d", "1KB") == ["50 days", "2 days"]


@pytest.mark.parametrize("reason", ["live", "newest", "recent"])
def test_what_has_to_stay_stays_and_the_account_says_why(reason: Reason) -> None:
    items = [item(900, 2_000_000, reason), item(1)]
    bounds = Bounds.parse("0d", "0MB")
    gone = to_drop(items, bounds, NOW)
    assert gone == [items[1]]
    told = account(items, gone, bounds, dry_run=False)
    assert told.kept[reason].exchanges == 1 and told.held == 2_000_000
    assert "none of it may be dropped" in told.lines()[-1]
    assert told.lines()[0] == "Dropped: 1 request with its replies, 0.0 MB."


def test_equal_items_are_counted_one_by_one() -> None:
    twins = [item(5), item(5)]
    told = account(twins, twins[:1], Bounds.parse("9d", None), dry_run=True)
    assert (told.dropped.exchanges, told.kept["within"].exchanges) == (1, 1)


@pytest.mark.parametrize(
    ("older_than", "max_size"),
    [
        *((None, None), ("", ""), ("90", None), ("-1d", None), ("999999d", None), ("soon", None)),
        *((None, "500"), (None, "-1MB"), (None, "1.5MB"), ("90d", "much")),
    ],
)
def test_a_bound_that_says_nothing_is_refused(older_than: str | None, max_size: str | None) -> None:
    with pytest.raises(ConfigurationError):
        Bounds.parse(older_than, max_size)


def test_bounds_are_read_as_people_write_them() -> None:
    assert Bounds.parse("90d", "2 gb") == Bounds(timedelta(days=90), 2 * 10**9)
