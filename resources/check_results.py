"""What the check `pages_are_fresh` has told before, for whoever may not look into Dagster's tables."""

from collections.abc import Iterable

import dagster as dg

from chrysopedia_assets.freshness.summary import CHECK, PAGES, Reported
from chrysopedia_assets.freshness.verdicts import Verdict
from resources.observations import event_log
from resources.store.check_results import newest_is_of_a_partition, newest_results, runs_of


def known_results(instance: dg.DagsterInstance) -> dict[str, Reported]:
    """By video, the newest result."""
    return newest_results(event_log(instance), PAGES, CHECK)


def badge_is_of_one_video(instance: dg.DagsterInstance) -> bool:
    """Whether what the graph shows of the check is the result for one video, and not the one for all."""
    return newest_is_of_a_partition(event_log(instance), PAGES, CHECK)


def runs_of_pages(instance: dg.DagsterInstance, pages: Iterable[Verdict]) -> dict[int, str]:
    """The run that made each page, by the materialization's id."""
    return runs_of(event_log(instance), [page.made.event_id for page in pages if page.made])
