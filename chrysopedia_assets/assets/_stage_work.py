"""Around every stage: our errors become Dagster's, the time is taken, and the result is versioned by content."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import dagster as dg

from chrysopedia_assets.assets._metadata import of_usage
from chrysopedia_assets.errors import ChrysopediaError
from chrysopedia_assets.models.prompts import Task
from chrysopedia_assets.models.records import StageRecord, content_version
from chrysopedia_assets.models.runs import FAILURE
from resources.usage import stage_usage

RecordT = TypeVar("RecordT", bound=StageRecord)


@dataclass
class StageWork:
    seconds: float = 0.0
    usage: Mapping[str, dg.MetadataValue] = field(default_factory=dict)

    def result(
        self,
        record: RecordT,
        metadata: Mapping[str, dg.MetadataValue],
        *,
        source_versions: Mapping[str, str] | None = None,
    ) -> dg.MaterializeResult[RecordT]:
        """`source_versions` says which version of an observed source was really used, by asset name."""
        return dg.MaterializeResult(
            value=record,
            data_version=dg.DataVersion(content_version(record)),
            metadata={
                **metadata,
                "made_by": dg.MetadataValue.text(record.made_by),
                "seconds": dg.MetadataValue.float(round(self.seconds, 3)),
                **self.usage,
            },
            tags={
                f"dagster/input_data_version/{name}": version
                for name, version in (source_versions or {}).items()
            },
        )


@contextmanager
def stage_work(
    context: dg.AssetExecutionContext | None = None, task: Task | None = None
) -> Iterator[StageWork]:
    """Time what happens inside; a failure of ours is final, because retries live in the clients.

    A stage that may ask a language model says for which task, so that what it used is shown.
    """
    work = StageWork()
    started = time.perf_counter()
    try:
        yield work
    except ChrysopediaError as error:
        kind = dg.MetadataValue.text(type(error).__name__)
        raise dg.Failure(
            description=str(error), metadata={FAILURE: kind}, allow_retries=False
        ) from error
    work.seconds = time.perf_counter() - started
    if context is not None and task is not None:
        work.usage = of_usage(stage_usage(context.run.run_id, task, context.partition_key))
