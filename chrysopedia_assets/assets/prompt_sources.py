"""What stages read beside each other's results: prompts, the taxonomy, and who answers. Observed, never made.

The version is by content. An edited prompt makes what was made with the old one out of date, and putting the old one
back makes it fresh again. Every run and command looks for itself; *Observe* and the sensor `edited_prompts` do so too.
"""

import dagster as dg

from chrysopedia_assets.models.prompts import TASKS
from chrysopedia_assets.models.stage_defs import TAXONOMY, prompt_source, settings_source
from resources.failures import our_failures
from resources.observations import asset_key
from resources.sources import read_sources

GROUP = {
    "segmentation": "understand",
    "extraction": "understand",
    "classification": "understand",
    "synthesis": "synthesize",
}
"""That of the stage which reads it."""


def _source(name: str, group: str, kind: str, description: str) -> dg.AssetsDefinition:
    @dg.observable_source_asset(
        key=asset_key(name),
        group_name=group,
        description=description,
        tags={f"dagster/kind/{kind}": ""},
    )
    def observed() -> dg.DataVersion:
        with our_failures():
            return dg.DataVersion(read_sources().version(name))

    return observed  # type: ignore[return-value]


prompts = [
    _source(
        prompt_source(task),
        GROUP[task],
        "markdown",
        f"The prompt for {task}: its texts and bounds, as they are in its folder. Its cases do not count.",
    )
    for task in TASKS
]
engines = [
    _source(
        settings_source(task),
        GROUP[task],
        "ai",
        f"Who answers {task}, and how: the engine or model, the kind of server, temperature, thinking.",
    )
    for task in TASKS
]
taxonomy = _source(
    TAXONOMY,
    GROUP["classification"],
    "file",
    "Categories, tags and product names, as they are in the taxonomy file.",
)
