"""The job that drops what is old, for the web UI: the same as `chrysopedia prune`."""

import dagster as dg
from pydantic import Field

from resources.database import open_database
from resources.failures import our_failures
from resources.store.pruning import give_back, prune
from resources.store.retention import Bounds


class PruneConfig(dg.Config):
    """What may go. One bound has to be given; with both, whatever breaks one of them is dropped."""

    older_than: str = Field(
        default="", description="What was not asked, or made, for so many days: 90d."
    )
    max_size: str = Field(
        default="", description="The oldest, until no more than this is left: 500MB."
    )
    dry_run: bool = Field(default=False, description="Only say what would be dropped.")


@dg.op(
    description=(
        "Drops old requests and replies of language models, and what earlier runs of stages gave. Keeps what made what "
        "is stored now, or a page that stands, and all figures. Who asks again what was dropped pays for it again."
    )
)
def drop_what_is_old(context: dg.OpExecutionContext, config: PruneConfig) -> None:
    with our_failures():
        bounds = Bounds.parse(config.older_than, config.max_size)
        done = prune(open_database(), bounds, dry_run=config.dry_run)
        lines = done.lines()
        if done.dropped.size and not config.dry_run:
            lines.append(give_back(open_database()))
    for line in lines:
        context.log.info(line)
    context.add_output_metadata(
        {
            "dropped_mb": dg.MetadataValue.float(done.dropped.size / 10**6),
            "held_mb": dg.MetadataValue.float(done.held / 10**6),
            "account": dg.MetadataValue.md("\n".join(f"- {line}" for line in lines)),
        }
    )


@dg.job(name="prune", executor_def=dg.in_process_executor)
def prune_job() -> None:
    """Drop what models were asked and answered, and what earlier runs gave, by age and size. Launchpad: the bounds, a dry run."""
    drop_what_is_old()
