"""The checks that a stage makes of its own result, each time it is materialised: names, descriptions, results.

What belongs here: how a check is declared and shown. What does not: what it looks at (`inspection.quality`). All of them
warn, and none stops a stage. A result is about one video only because its declaration has the stage's partitions.
"""

import warnings
from collections.abc import Collection, Mapping

import dagster as dg

from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.inspection.quality import Checked
from chrysopedia_assets.models.records import STAGES, StageName
from chrysopedia_assets.models.technique_pages import as_markdown

SAID_AMISS = 10
"""One after the other they fill a screen; the rest is counted."""

JUDGEMENT = "pages_read_well"
"""The one check that costs money: never a stage's own."""

CHECKS: Mapping[StageName, Mapping[str, str]] = {
    "transcripts": {
        "speech_covers_the_video": "Whether somebody speaks in most of the video, without a long gap: else part of the speech may be missing.",
    },
    "key_moments": {
        "moments_per_hour_in_range": "Whether about as many moments were found as a video of this length has: not next to none, and not the whole transcript once more.",
        "quotes_are_verbatim": "Whether the quote of each moment is in the words that are said at its time.",
    },
    "technique_pages": {
        "citations_resolve": "Whether every [n] leads to a moment, and every moment is on one page or is left out with a reason.",
        "quotes_are_verbatim": "Whether what stands in quotation marks was said: word for word, or shortened.",
        "pages_have_a_fair_length": "Whether pages can be read in about two minutes, in sections of one subject each, and say something at all.",
    },
}
"""Of each stage, what its results are checked for; the descriptions are for curators."""


def check_specs(stage: StageName) -> list[dg.AssetCheckSpec]:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", dg.PreviewWarning
        )  # of partitioned checks; the pin is exact
        return [
            dg.AssetCheckSpec(name, asset=stage, description=description, partitions_def=videos)
            for name, description in CHECKS[stage].items()
        ]


def own_checks(stages: Collection[str] = STAGES) -> list[dg.AssetCheckKey]:
    """The checks that stages make themselves: a run cannot have such a stage without them, and needs no other check."""
    return [
        dg.AssetCheckKey(dg.AssetKey(stage), name)
        for stage, checks in CHECKS.items()
        if stage in stages
        for name in checks
    ]


def check_result(found: Checked) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=found.check,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=in_words(found.said, found.amiss),
        metadata={
            name: dg.MetadataValue.float(value)
            if isinstance(value, float)
            else dg.MetadataValue.int(value)
            for name, value in found.figures.items()
        },
    )


def in_words(said: str, amiss: Collection[str]) -> str:
    """All that a curator has to know, in Markdown: metadata of a check is hidden behind a click."""
    lines = [f"* {as_markdown(one)}" for one in list(amiss)[:SAID_AMISS]]
    if more := len(amiss) - len(lines):
        lines.append(f"* and {more} more")
    return "\n".join([as_markdown(said), *lines])
