"""The judge's word on a video's pages, as a check that a person executes: it asks a model, and that costs money.

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
from chrysopedia_assets.freshness.summary import JUDGE, PAGES
from resources.database import open_database
from resources.engine import judge_to_ask
from resources.failures import our_failures
from resources.sources import read_sources
from resources.usage import stage_usage

if TYPE_CHECKING:
    from chrysopedia_assets.harness.scores import Score
    from resources.engine import Judge

TOO_LITTLE = 0.5
"""By the judge's bands a reader notices: half of the values are missing, or one claim is invented."""
NOBODY = (
    "Not judged: no model is set up to judge. Set CHRYSOPEDIA_LLM_JUDGING_MODEL, best to another model than the one that"
    " writes the pages, start the web UI anew, and execute the check again."
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.PreviewWarning)  # of partitioned checks; the pin is exact
    SPEC = dg.AssetCheckSpec(
        JUDGE,
        asset=PAGES,
        partitions_def=videos,
        description=(
            "What a model as judge thinks of a video's pages: structure, content, voice, readability, facts. Runs only when "
            "you execute it: one call for each page, and none for a page that was judged before."
        ),
    )


# One check, declared as if there could be more: only such a one may be left out of a run that materialises the asset,
# where Dagster puts every check in.
@dg.multi_asset_check(name=JUDGE, specs=[SPEC], can_subset=True)
def pages_read_well(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    if dg.AssetKey(PAGES) in context.job_def.asset_layer.selected_asset_keys:
        context.log.info("The pages are not judged: that costs money. Execute the check to ask.")
        return
    video_id = context.partition_key
    with our_failures():
        ask = judge_to_ask(run_id=context.run.run_id)
        if ask is None:
            yield _result(False, NOBODY)
            return
        scores = _judged(video_id, ask)
    usage = of_usage(stage_usage(context.run.run_id, "judging", video_id))
    yield in_figures(scores, ask.model, usage)


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
        check_name=JUDGE,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=said,
        metadata=metadata,
    )
