"""The reading site: every page to read and to search, each citation a click away from its second.

Files in one folder (`CHRYSOPEDIA_SITE_DIR`) that open from the disk and on any web server. **Materialize** it to write what has
changed; the sensor `site_watch` does so whenever pages have moved. **Costs** nothing: no page is made, no model is asked.
`chrysopedia site serve` shows it.
"""

import dagster as dg

from chrysopedia_assets.assets._stage_work import stage_work
from chrysopedia_assets.automation.staleness import Staleness
from resources.database import open_database
from resources.observations import event_log
from resources.publishing import Published, publish


@dg.asset(
    description=__doc__,
    group_name="publish",
    owners=["team:publish"],
    kinds={"html"},
    deps=["technique_pages"],
)
def reading_site(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    with stage_work():
        database = open_database()
        found = Staleness(context.instance, database).look()
        done = publish(database, event_log(context.instance), found)
    for line in done.lines():
        context.log.info(line)
    return dg.MaterializeResult(metadata=_of(done), data_version=dg.DataVersion(done.version))


def _of(done: Published) -> dict[str, dg.MetadataValue]:
    numbers = {
        "pages": done.pages,
        "videos": done.videos,
        "stale_pages": done.stale_pages,
        "files": done.files,
        "files_written": done.written,
        "files_removed": done.removed,
    }
    return {
        **{name: dg.MetadataValue.int(number) for name, number in numbers.items()},
        "search_made_anew": dg.MetadataValue.bool(done.indexed),
        "site": dg.MetadataValue.path(str(done.index)),
    }
