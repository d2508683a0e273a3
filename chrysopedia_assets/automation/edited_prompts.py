"""Notices an edited prompt, taxonomy or setting within seconds, and tells Dagster of its version. Starts nothing."""

from collections.abc import Mapping

import dagster as dg

from chrysopedia_assets.errors import ConfigurationError
from resources.observations import observe_sources
from resources.sources import read_sources

POLL_S = 5


def told(news: Mapping[str, str], broken: Mapping[str, ConfigurationError]) -> str:
    """What a curator reads at every tick: what was edited, and what cannot be read, with the place and the cure."""
    lines = [f"{name} is now version {version}." for name, version in sorted(news.items())]
    faults = sorted({str(error) for error in broken.values()})
    lines += [
        f"Cannot be read, so what was made with it stays as it is: {fault}" for fault in faults
    ]
    return "\n".join(lines) or "Nothing was edited."


@dg.sensor(
    minimum_interval_seconds=POLL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Looks whether a prompt, the taxonomy or who answers has changed, and tells Dagster. What was made with "
        "another version is then out of date; nothing is run. A prompt that cannot be read is named here."
    ),
)
def edited_prompts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    try:
        sources = read_sources()
    except ConfigurationError as error:  # a setting that is wrong for all
        return dg.SkipReason(str(error))
    return dg.SkipReason(told(observe_sources(context.instance, sources), sources.broken))
