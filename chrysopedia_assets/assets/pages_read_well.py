"""The judge's word on a video's pages, as a check that a person asks for (the job `judge_pages`): it costs money.

Dagster puts every check into the runs that materialise its asset, and has no button that executes a partitioned one
alone. So the check itself asks nobody.

What belongs here: when it is asked, what passes, how it is shown. What does not: what the judge is shown and told
(`harness.judging`, `prompts/judging`).
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from chrysopedia_assets.assets._checks import in_words
from chrysopedia_assets.assets._metadata import Metadata, of_usage
from chrysopedia_assets.automation.partitions import videos
from chrysopedia_assets.freshness.summary import JUDGEMENT, PAGES
from resources.database import open_database
from resources.engine import judge_to_ask
from resources.sources import read_sources
from resources.usage import stage_usage

if TYPE_CHECKING:
    from chrysopedia_assets.harness.scores import Score
    from resources.engine import Judge

TOO_LITTLE = 0.5
"""By the judge's bands a reader notices: half of the values are missing, or one claim is invented."""
NOBODY = (
    "Not judged: no model is set up to judge. Set CHRYSOPEDIA_LLM_JUDGING_MODEL, best to another model than the one that"
    " writes the pages, start the web UI anew, and launch the job `judge_pages` again."
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.PreviewWarning)  # of partitioned checks; the pin is exact
    SPEC = dg.AssetCheckSpec(
        JUDGEMENT,
        asset=PAGES,
        partitions_def=videos,
        description=(
            "What a model as judge thinks of a video's pages: structure, content, voice, readability, facts. Only the job "
            "`judge_pages` asks it: one call for each page, and none for a page that was judged before."
        ),
    )


# One check, declared as if there were more: only then may it give no result.
@dg.multi_asset_check(name=JUDGEMENT, specs=[SPEC], can_subset=True)
def pages_read_well(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    context.log.info("The pages are not judged, for that costs money. The job judge_pages does it.")
    yield from ()


def judged(video_id: str, run_id: str) -> dg.AssetCheckResult:
    """Asks the judge; without one the result says what to set. Raises ChrysopediaError."""
    ask = judge_to_ask(run_id=run_id)
    if ask is None:
        return _result(False, NOBODY)
    scores = _judged(video_id, ask)
    return in_figures(scores, ask.model, of_usage(stage_usage(run_id, "judging", video_id)))


def _judged(video_id: str, ask: "Judge") -> "Sequence[Score]":
    """Loaded here: only who asks for judgement needs the workbench."""
    from chrysopedia_assets.harness.exporting import export
    from chrysopedia_assets.harness.judging import judge

    fixture = export(open_database(), "technique_pages", video_id, read_sources().known_taxonomy())
    return judge(fixture, fixture.given_output, ask) if fixture.given_output else []


def in_figures(scores: "Sequence[Score]", model: str, usage: Metadata) -> dg.AssetCheckResult:
    if not scores:
        return _result(True, "There is no page to judge.")
    overall = sum(score.value for score in scores) / len(scores)
    low = [score for score in scores if score.value <= TOO_LITTLE]
    told = f"{model} gives {overall:.2f} of 1 over all; above {TOO_LITTLE:g} is wanted in each dimension."
    reasons = [f"{score.dimension}: {why}" for score in low or scores for why in score.why]
    values = {score.dimension: dg.MetadataValue.float(score.value) for score in scores}
    metadata = {
        "overall": dg.MetadataValue.float(round(overall, 4)),
        **values,
        "judge": dg.MetadataValue.text(model),
        **usage,
    }
    return _result(not low, in_words(told, reasons), metadata)


def _result(passed: bool, said: str, metadata: Metadata | None = None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=JUDGEMENT,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=said,
        metadata=metadata,
    )
