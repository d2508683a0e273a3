"""What language models have cost: totals from the ledger, what was saved, and refreshes against their estimates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from chrysopedia_assets.cli.output import (
    Json,
    print_json,
    print_table,
    results,
    shown_time,
    unknown,
)
from chrysopedia_assets.errors import ConfigurationError
from chrysopedia_assets.freshness.estimate import Range
from chrysopedia_assets.inspection.refreshes import RefreshAccount, Spared, spared_by
from chrysopedia_assets.models.calls import Usage
from resources.database import open_database
from resources.refreshes import refresh_accounts, refresh_records
from resources.store.calls import Which
from resources.store.costs import By, saved, totals, totals_by_page, usage_of
from resources.store.videos import list_videos

SHOWN = 50
NO_NAME = {"page": "(no page that stands)", "run_id": "(no run)"}
FIGURES = (
    *("calls", "reused", "failed", "tokens_in", "tokens_out", "tokens_cached"),
    *("cost_usd", "unpriced", "seconds"),
)


def costs_command(
    by: Annotated[By, typer.Option(help="What to add up by.")] = By.VIDEO,
    video: Annotated[str | None, typer.Option(help="Only the calls of this video.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only calls from this day on (UTC): 2026-11-03.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Only calls of this month (UTC): 2026-11.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"At most so many rows; default: {SHOWN}, and all with --json."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What calls of language models have cost, and what was saved. The dearest come first.

    calls: sent to a server. reused: answered from the ledger, at no cost. failed: calls that gave nothing of use. tokens
    in, out, cached: read, written, and how many of those read came from the provider's cache. cost usd: US dollars, of the
    calls whose price is known; unpriced: how many others there are. seconds: how long servers took.

    By page: the calls that the page as it stands came from; one that served several pages counts for each in part. Last is
    what no page that stands came from. By refresh: what it was expected to cost and what it did; difference: by how much
    that is more than the high end, or less than the low one. spared: runs of stages that turned out not to be needed.
    """
    which = _which(video, since, month)
    if by is By.REFRESH:
        _tell_refreshes(which, limit, as_json)
        return
    most = limit or (None if as_json else SHOWN)
    with open_database().reading() as connection:
        everything, reused = usage_of(connection, which), saved(connection, which)
        if by is By.PAGE:
            *rows, rest = totals_by_page(connection, everything, which)
            last = [rest] if everything.calls or everything.reused else []
        else:
            rows, last = totals(connection, by, which, most=most and most + 1), []
    rows, are_more = [*rows[:most], *last], len(rows) > (most or len(rows))
    spared = spared_by([] if video else refresh_records(which))
    if as_json:
        told = {"from_ledger": reused, "by_early_cut_off": spared.as_dict()}
        print_json({"by": by.value, "rows": rows, "total": asdict(everything), "saved": told})
        return
    _print_rows(rows, everything)
    if are_more:
        _tell_more()
    _tell_saved(reused, spared)


def _tell_more() -> None:
    results.print(
        "There are more rows; the total is of all. --limit N, or --json.", highlight=False
    )


def _which(video: str | None, since: str | None, month: str | None) -> Which:
    """Raises ConfigurationError."""
    if video is not None:
        with open_database().reading() as connection:
            known = [entry.video.video_id for entry in list_videos(connection)]
        if video not in known:
            raise unknown("video", video, known, "chrysopedia status")
    if month is None:
        return Which(video, _day(since, "--since") if since else None)
    if since is not None:
        raise ConfigurationError(
            "--since and --month are both given", cure="Leave one of them away."
        )
    first = _day(f"{month}-01", "--month")
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return Which(video, first, following)


def _day(text: str, option: str) -> datetime:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise ConfigurationError(
        f"{option} is no date: {text}", cure="Give --since 2026-11-03, or --month 2026-11."
    )


def _print_rows(rows: Sequence[Mapping[str, Any]], everything: Usage) -> None:
    names = [name for name in (rows[0] if rows else {}) if name not in FIGURES]
    head = dict.fromkeys(names, "") | dict.fromkeys(names[:1], "total")
    print_table(
        [_shown(row) for row in rows],
        "No call of a language model is on record for that.",
        total=_shown(head | asdict(everything)),
        right=FIGURES,
    )


def _shown(row: Mapping[str, Any]) -> dict[str, str]:
    """Money and time as people write them; parts of calls and tokens to what can be told apart."""
    return {name: _cell(name, value) for name, value in row.items()}


def _cell(name: str, value: Any) -> str:
    if value is None:
        return NO_NAME.get(name, "-")
    if name == "cost_usd":
        return f"{value:.4f}"
    if name == "seconds" or (name in ("calls", "reused", "failed", "unpriced") and value % 1):
        return f"{value:,.1f}"
    return f"{value:,.0f}" if name in FIGURES else str(value)


def _tell_saved(reused: Mapping[str, Any], spared: Spared) -> None:
    told = []
    if reused["replies"]:
        unpriced = f" and {reused['unpriced']} of unknown price" if reused["unpriced"] else ""
        told.append(
            f"{reused['replies']:,} replies from the ledger, US$ {reused['cost_usd']:.4f}{unpriced}"
        )
    if spared.stages:
        money = f"US$ {Range(*spared.usd)} (estimated)" if spared.usd else "money unknown"
        told.append(f"{spared.stages:,} runs of stages spared by early cut-off, {money}")
    if told:
        results.print(f"Saved: {'; '.join(told)}.", highlight=False, soft_wrap=True)


def _tell_refreshes(which: Which, limit: int | None, as_json: bool) -> None:
    if which.video_id is not None:
        raise ConfigurationError("a refresh is of many videos", cure="Leave --video away.")
    found = refresh_accounts(which)
    most = limit or (None if as_json else SHOWN)
    if as_json:
        names = ("calls", "cost_usd", "unpriced")
        every = [account.as_dict() for account in found]
        sums = {name: sum(row[name] for row in every) for name in names}
        spared = spared_by([account.record for account in found])
        told = {"by_early_cut_off": spared.as_dict()}
        print_json({"by": "refresh", "rows": every[:most], "total": sums, "saved": told})
        return
    calls = sum(account.used.calls for account in found)
    usd = sum(account.used.cost_usd for account in found)
    rows = [_refresh_row(account) for account in found[:most]]
    sums = dict.fromkeys(rows[0] if rows else (), "")
    sums |= {"started": "total", "calls": f"{calls:,}", "cost_usd": f"{usd:.4f}"}
    right = ("videos", "calls", "cost_usd", "difference", "spared", "failed", "left")
    print_table(rows, "No refresh is on record for that.", total=sums, right=right)
    if len(found) > len(rows):
        _tell_more()


def _refresh_row(account: RefreshAccount) -> dict[str, Any]:
    calls, usd = account.expected_calls, account.expected_usd
    difference = account.difference_usd
    unknown_price = f" + {account.used.unpriced} unpriced" if account.used.unpriced else ""
    return {
        "started": shown_time(account.record.started_at, "minutes"),
        "trigger": account.record.trigger,
        "state": account.state,
        "videos": account.videos,
        "expected_calls": str(Range(*calls)) if calls else "unknown",
        "calls": f"{account.used.calls:,}",
        "expected_usd": str(Range(*usd)) if usd else "unknown",
        "cost_usd": f"{account.used.cost_usd:.4f}{unknown_price}",
        "difference": "-" if difference is None else f"{difference:+.4f}" if difference else "none",
        "spared": "-" if account.spared is None else account.spared,
        "failed": len(account.failed),
        "left": len(account.left),
        "refresh": account.record.refresh_id,
    }
