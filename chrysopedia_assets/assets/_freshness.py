"""How staleness looks in the Dagster UI: sentences, tables and numbers, for one video's page and for the whole library.

What belongs here: rendering what `freshness` and the estimate say. What does not: looking, deciding, logging.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from chrysopedia_assets.assets._metadata import MAX_TABLE_ROWS, Metadata, bullets, table
from chrysopedia_assets.freshness.estimate import Estimate
from chrysopedia_assets.freshness.summary import count_words, stale_by_cause, stale_pages
from chrysopedia_assets.freshness.verdicts import Root, Verdict, Word
from chrysopedia_assets.freshness.words import version, what, when, why
from chrysopedia_assets.models.technique_pages import as_markdown
from resources.freshness import Look

SAID_CAUSES = 5
"""Of the check on all pages; its table has them all."""
OTHERS: Mapping[Word, str] = {
    "missing": "never made",
    "override": "with an override",
    "accepted": "accepted as equal",
}
NAMES: Mapping[Word, str] = {
    "stale": "stale_pages",
    "fresh": "fresh_pages",
    "missing": "missing_pages",
    "override": "overridden_pages",
    "accepted": "accepted_pages",
}
"""What of their number plots over time, the most urgent first."""


def of_page(video_id: str, page: Verdict, found: Look) -> Metadata:
    """What is told of one video's page. The check's page has it in the order of the alphabet."""
    metadata: dict[str, dg.MetadataValue] = {"verdict": dg.MetadataValue.text(page.word)}
    if page.roots:
        causes = [why(root, found.since_s(root, video_id)) for root in page.roots]
        metadata["causes"] = bullets(causes)
        metadata["to_run"] = dg.MetadataValue.text(f"chrysopedia refresh --video {video_id}")
    made = {stage: verdict.made for stage, verdict in found.verdicts[video_id].items()}
    given = [f"{name}: {version(of.override)}" for name, of in made.items() if of and of.override]
    if given:
        metadata["override"] = dg.MetadataValue.text(", ".join(given))
    if page.made is not None:
        metadata["made_at"] = dg.MetadataValue.timestamp(page.made.at_s)
    return metadata


def library_in_words(found: Look, cost: Estimate) -> str:
    """All that a curator has to know, in Markdown: metadata of a check is hidden behind a click."""
    lines = [count_in_words(count_words(found.verdicts))]
    causes = _causes_in_words(found)
    shown = causes[:SAID_CAUSES]
    if more := len(causes) - len(shown):
        shown.append(f"and {more} more causes: the table has them all")
    lines += [f"* {as_markdown(cause)}" for cause in shown]
    if causes:
        lines.append(
            f"\n`chrysopedia refresh` makes them anew: {as_markdown(str(cost))}. "
            "`chrysopedia stale` lists them."
        )
    lines += [f"\nCannot be read: {as_markdown(fault)}" for fault in _faults(found)]
    return "\n".join(lines)


def count_in_words(counts: Mapping[Word, int]) -> str:
    """One sentence on all pages: what a curator reads first."""
    made = sum(counts.values()) - counts["missing"]
    told = f"{counts['stale'] or 'None'} of {made} pages out of date" if made else "No page yet"
    for word, meaning in OTHERS.items():
        told += f", {counts[word]} {meaning}" if counts[word] else ""
    return f"{told}."


def of_check(found: Look) -> Metadata:
    """What the check on all pages shows beside its words; the number plots over time."""
    stale = count_words(found.verdicts)["stale"]
    causes = {"causes": table(_cause_rows(found))} if stale else {}
    return {"stale_pages": dg.MetadataValue.int(stale), **causes}


def of_report(found: Look, cost: Estimate) -> Metadata:
    """Numbers first, which plot over time; then what is behind them."""
    return {
        **_counts(found),
        "predicted_calls": _predicted(cost),
        "cost_of_refresh": dg.MetadataValue.text(str(cost)),
        "to_run": dg.MetadataValue.text("chrysopedia refresh"),
        "causes": table(_cause_rows(found)),
        "stale_videos": table(_video_rows(found)),
        **({"unreadable": bullets(_faults(found))} if found.sources.broken else {}),
    }


def _faults(found: Look) -> list[str]:
    """A prompt that cannot be read keeps its version, so nothing else tells of it until a stage asks for it."""
    return sorted({str(error) for error in found.sources.broken.values()})


def _counts(found: Look) -> Metadata:
    counts = count_words(found.verdicts)
    return {name: dg.MetadataValue.int(counts[word]) for word, name in NAMES.items()}


def _predicted(cost: Estimate) -> dg.MetadataValue:
    """At most so many: what is spared is known only afterwards."""
    if cost.calls is None:
        return dg.MetadataValue.text("unknown")
    return dg.MetadataValue.float(round(cost.calls.high, 1))


def _causes_in_words(found: Look) -> list[str]:
    return [f"{_videos(n)}: {why(root, found.since_s(root))}" for root, n in _causes(found)]


def _causes(found: Look) -> list[tuple[Root, int]]:
    return list(stale_by_cause(found.verdicts).items())


def _cause_rows(found: Look) -> Sequence[Mapping[str, str | int]]:
    return [
        {
            "videos": videos,
            "cause": what(root),
            "takes effect at": root.stage,
            "from": version(root.cause.old) if root.cause.old else "",
            "to": version(root.cause.new) if root.cause.new else "",
            "since": when(found.since_s(root)),
        }
        for root, videos in _causes(found)
    ]


def _video_rows(found: Look) -> Sequence[Mapping[str, str | int]]:
    stale = list(stale_pages(found.verdicts).items())
    return [
        {
            "video": video_id,
            "creator": found.videos[video_id].video.creator,
            "causes": "; ".join(why(root, found.since_s(root, video_id)) for root in page.roots),
        }
        for video_id, page in stale[:MAX_TABLE_ROWS]
    ]


def _videos(number: int) -> str:
    return "1 video" if number == 1 else f"{number:,} videos"
