"""Every refresh with what it was expected to cost and what became of it, put together from its record, its runs and the ledger.

Needs no Dagster, so that a command can answer before Dagster would be loaded.
"""

from chrysopedia_assets.inspection.refreshes import RefreshAccount, RefreshRecord, account
from resources.database import open_database
from resources.event_log import run_tables_on_disk
from resources.store.calls import Which
from resources.store.costs import usage_of
from resources.store.dagster_runs import backfill_states, runs_of_refreshes
from resources.store.refreshes import list_refreshes


def refresh_records(which: Which) -> list[RefreshRecord]:
    """Those begun in that time, the newest first."""
    with open_database().reading() as connection:
        records = list_refreshes(connection)
    return [
        record
        for record in records
        if (which.since is None or record.started_at >= which.since)
        and (which.until is None or record.started_at < which.until)
    ]


def refresh_accounts(which: Which) -> list[RefreshAccount]:
    """Those begun in that time, the newest first; also of other processes, and of those that were killed."""
    records = refresh_records(which)
    tables = run_tables_on_disk()
    runs, backfills = runs_of_refreshes(tables), backfill_states(tables)
    with open_database().reading() as connection:
        return [
            account(
                record,
                runs.get(record.refresh_id, ()),
                usage_of(
                    connection,
                    Which(run_ids=[run.run_id for run in runs.get(record.refresh_id, ())]),
                ),
                backfills.get(record.refresh_id),
            )
            for record in records
        ]
